"""Exports of articles with many large pictures: the worker's memory does not grow with their pixels."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from long_forms import few
from PIL import Image

from reader.child_process.parent import ChildProcess
from reader.exports import to_html
from reader.exports.options import Options
from reader.exports.publications import of_article
from reader.exports.zim import write_zim
from reader.formats.data_pictures import take_data_pictures
from reader.jobs import export_worker
from reader.jobs.job_message import serialize
from reader.settings import ROOT

pytestmark = pytest.mark.slow

PICTURES = 6
DECODED_MB = 96
"""One picture of 24 megapixels in memory; Pillow takes four bytes a pixel."""


def pictures() -> Iterator[bytes]:
    """PNG files of 6000 × 4000 pixels that differ in a comment."""
    target = io.BytesIO()
    Image.linear_gradient("L").resize((6000, 4000)).convert("RGB").save(target, "PNG", compress_level=1)
    png = target.getvalue()
    for number in range(PICTURES):
        text = b"tEXtComment\0%d" % number
        yield png[:33] + struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text)) + png[33:]


def peak_mb(pid: int | str) -> float:
    """The most resident memory that the process had (proc(5): VmHWM)."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text("ascii"))
    assert found
    return int(found[1]) / 1000


@pytest.fixture
def article(publish, services):
    files: dict[str, str | bytes] = {f"2026-05-01/p{n}.png": content for n, content in enumerate(pictures())}
    body = "\n\n".join(f"今天下雨。\n\n![图{n}](p{n}.png)" for n in range(PICTURES))
    publish(files | {"2026-05-01/rain.md": f"# 雨\n\n{body}\n", "2026-05-01/dry.md": "# 晴\n\n今天晴。\n"})
    assert services.catalog.article("rain").body.count("<img") == PICTURES
    return services.catalog.article("rain")


def test_a_worker_holds_no_decoded_picture_in_any_format_and_paper(article, services):
    press = services.export_service
    orders = few([("pdf", "a4"), ("pdf", "a6"), ("epub", ""), ("pdf", "phone"), ("pdf", "large"), ("html", "")])
    with ChildProcess(
        export_worker.command(press.store), export_worker.limits(services.settings.export_memory_mb)
    ) as child:

        def export(publication, suffix: str, page: str) -> None:
            key = press.key(publication, suffix, page)
            answer = child.request(serialize(press._job(key, publication, suffix, page, "")), 200)
            assert '"size"' in answer, answer

        for order in orders:
            export(of_article(services.catalog.article("dry")), *order)
        before = peak_mb(child.pid)
        for order in orders:
            export(of_article(article), *order)
        assert peak_mb(child.pid) - before < DECODED_MB / 2


def test_the_library_as_zim_holds_no_decoded_picture(article, services, tmp_path):
    from reader.exports.options import options_of

    options, icon = options_of(services.settings, "", ""), ROOT / "static/icons/192.png"
    articles = [services.catalog.article("dry")]
    write_zim(tmp_path / "a.zim", articles, options, services.render.render, icon, "zh-CN")
    before = peak_mb("self")
    write_zim(tmp_path / "b.zim", [article], options, services.render.render, icon, "zh-CN")
    assert peak_mb("self") - before < DECODED_MB / 2
    assert (tmp_path / "b.zim").stat().st_size > (tmp_path / "a.zim").stat().st_size


def test_a_picture_that_occurs_thousands_of_times_does_not_make_a_file_of_gigabytes(publish, services, monkeypatch):
    monkeypatch.setattr(to_html, "REPEATED_BYTES", 20_000)
    target = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(target, "PNG")
    body = "\n\n".join(f"第{n}段。\n\n![图{n}](p.png)" for n in range(50))
    publish({"2026-05-01/p.png": target.getvalue(), "2026-05-01/rain.md": f"# 雨\n\n{body}\n"})
    options = Options(instance=services.settings.instance)
    page = to_html.export(of_article(services.catalog.article("rain")), options, services.render.render).decode()
    embedded, others = page.count('src="data:image/jpeg'), page.count('src="data:,')
    assert (embedded >= 1, others > 0, embedded + others) == (True, True, 50)
    assert sum(map(len, re.findall(r'src="data:image/jpeg[^"]*"', page))) <= 20_000
    read, pictures = take_data_pictures(page.encode())  # the import loses none
    assert [read.count(f'src="{address}"'.encode()) for address in pictures][:1] == [50]
