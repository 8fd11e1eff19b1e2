"""Pictures that are made to cost much: in pages, in each export, in each process they are tried once, then never again."""

from __future__ import annotations

import io
import struct
import threading
import time
import zipfile
import zlib
from functools import cache, partial

import pymupdf
import pytest
from faults.running import Server, running, wait_for
from long_forms import few
from PIL import Image

from reader.errors import UnusablePicture
from reader.media import failed_pictures, renditions
from reader.media.images import measure
from reader.media.renditions import exported_picture, render_all, write_record
from reader.storage.file_cache import FileCache

pytestmark = pytest.mark.slow

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="700" height="700">{}</svg>'
CACHE_BYTES = 10_000_000


@cache
def png(width: int, height: int) -> bytes:
    """A black picture of one bit a pixel: 450 KB for 3,600 million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packed = zlib.compressobj()
    row = bytes((width + 7) // 8 + 1)
    data = b"".join(packed.compress(row) for _ in range(height)) + packed.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def gif(frames: int) -> bytes:
    head = b"GIF89a" + struct.pack("<HH", 2000, 2000) + b"\x80\0\0" + b"\0\0\0\xff\xff\xff"
    frame = b"!\xf9\x04\0\x05\0\0\0," + struct.pack("<HHHH", 0, 0, 1, 1) + b"\0\x02\x02\x44\x01\0"
    return head + frame * frames + b";"


def filters() -> bytes:
    stages = '<feTurbulence numOctaves="9999" baseFrequency=".9"/><feMorphology radius="90"/>' * 200
    return SVG.format(f'<filter id="f">{stages}</filter><rect width="700" height="700" filter="url(#f)"/>').encode()


def nested_filters(depth: int = 60) -> bytes:
    begin = '<g filter="url(#f)">' * depth
    blur = '<filter id="f"><feMorphology operator="dilate" radius="50"/></filter>'
    rectangle = '<rect width="700" height="700"/>'
    return SVG.format(f"{blur}{begin}{rectangle}{'</g>' * depth}").encode()


def copies_of_copies() -> bytes:
    groups = "".join(f'<g id="g{n}">' + f'<use href="#g{n - 1}"/>' * 10 + "</g>" for n in range(1, 12))
    return SVG.format(f'<defs><rect id="g0" width="9" height="9"/>{groups}</defs><use href="#g11"/>').encode()


def deep(depth: int) -> bytes:
    return SVG.format("<g>" * depth + '<rect width="9" height="9"/>' + "</g>" * depth).encode()


REFUSED = {"wide.png": partial(png, 60_000, 60_000), "deep.svg": partial(deep, 100_000)}
"""They are refused when the article is read."""
COSTLY = {"filters.svg": filters, "nested.svg": nested_filters, "copies.svg": copies_of_copies}
FINE = {"frames.gif": partial(gif, 10_000), "high.png": partial(png, 5_000, 9_000)}


@pytest.fixture
def tries(monkeypatch):
    """The digests for which a child was asked to draw."""
    asked: list[str] = []
    ask = renditions.render_in_child

    def counted(original, digest, keys):
        asked.append(digest)
        return ask(original, digest, keys)

    monkeypatch.setattr(renditions, "render_in_child", counted)
    monkeypatch.setattr(renditions, "LIMITS", renditions.Limits(memory_mb=2000, cpu_seconds=2, nice=5))
    return asked


@pytest.fixture
def record(settings, tmp_path):
    """Writes a picture and its record; its address."""

    def record(name: str, content: bytes) -> str:
        path = tmp_path / name
        path.write_bytes(content)
        picture = measure(io.BytesIO(content))
        write_record(settings.instance, picture, path)
        return picture.address

    return record


@pytest.mark.parametrize("name", COSTLY)
def test_a_drawing_that_costs_too_much_is_tried_once_by_all_processes_together(settings, record, tries, name, caplog):
    address = record(name, COSTLY[name]())
    for _ in range(3):
        with pytest.raises(UnusablePicture):
            exported_picture(settings.instance, address, CACHE_BYTES)
    picture_file = renditions.ImageRenderer(settings)  # as another process has it, with nothing in its memory
    digest = address.rpartition("/")[2].partition("-")[0]
    with pytest.raises(UnusablePicture):
        picture_file.file(digest, 360, "webp")
    assert len(tries) == 1
    assert len([line for line in caplog.messages if "cannot be rendered" in line]) == 1


def test_a_drawing_that_costs_too_much_is_tried_once_by_all_who_ask_at_the_same_time(tmp_path, monkeypatch):
    store, tries, both = FileCache(tmp_path, CACHE_BYTES), [], threading.Barrier(3)

    def fails(*_):
        tries.append(1)
        time.sleep(0.2)  # the others ask meanwhile
        raise UnusablePicture("timed out", lasting=False) from renditions.ChildFailed("timed out", "time")

    def ask():
        both.wait()
        with pytest.raises(UnusablePicture, match="timed out"):
            render_all(FileCache(tmp_path, CACHE_BYTES), tmp_path / "a.svg", "0" * 16, ["a.jpg"])

    monkeypatch.setattr(renditions, "render_in_child", fails)
    asking = [threading.Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert len(tries) == 1
    assert store.find(f"{'0' * 16}-failed.txt")


@pytest.mark.parametrize("name", FINE)
def test_many_frames_and_many_pixels_within_the_limits_are_drawn(settings, record, tries, name):
    content = exported_picture(settings.instance, record(name, FINE[name]()), CACHE_BYTES)
    assert max(Image.open(io.BytesIO(content)).size) <= 2_300


def test_other_libraries_try_a_picture_again(settings, record, tries, monkeypatch):
    address = record("copies.svg", copies_of_copies())
    for libraries in ("pillow 1", "pillow 1", "pillow 2"):
        monkeypatch.setattr(failed_pictures, "_libraries", lambda libraries=libraries: libraries)
        with pytest.raises(UnusablePicture):
            exported_picture(settings.instance, address, CACHE_BYTES)
    assert len(tries) == 2


@pytest.mark.parametrize(("lasting", "expected"), [(True, 1), (False, 2)])
def test_what_a_busy_machine_may_have_caused_is_tried_again_later(tmp_path, monkeypatch, lasting, expected):
    store, tries = FileCache(tmp_path, CACHE_BYTES), []

    def fails(*_):
        tries.append(1)
        raise UnusablePicture("timed out", lasting=lasting) from renditions.ChildFailed("timed out", "time")

    monkeypatch.setattr(renditions, "render_in_child", fails)
    for age in (0.0, 10.0, failed_pictures.PASSING_SECONDS + 1.0):
        monkeypatch.setattr(failed_pictures, "_age_seconds", lambda _, age=age: age)
        with pytest.raises(UnusablePicture, match="timed out"):
            render_all(store, tmp_path / "a.svg", "0" * 16, ["a.jpg"])
    assert len(tries) == expected


def test_a_missing_file_is_no_reason_to_remember(settings, record, tries, tmp_path):
    address = record("high.png", FINE["high.png"]())
    (tmp_path / "high.png").rename(tmp_path / "away.png")
    with pytest.raises(UnusablePicture):
        exported_picture(settings.instance, address, CACHE_BYTES)
    (tmp_path / "away.png").rename(tmp_path / "high.png")
    assert exported_picture(settings.instance, address, CACHE_BYTES)


def test_a_page_its_pdf_and_its_epub_come_although_their_pictures_are_bombs(tmp_path):
    server = Server(tmp_path, workers=1)
    costly, fine = few(["copies.svg", "filters.svg"]), few(FINE)
    pictures = [*REFUSED, *costly, *fine]
    for name in pictures:
        (tmp_path / "articles" / name).write_bytes((REFUSED | COSTLY | FINE)[name]())
    server.publish("bombs", "\n\n".join(f"![图 {name}]({name})" for name in pictures))
    with running(server):
        wait_for(lambda: server.status("/a/bombs.pdf") == 200, server)
        wait_for(lambda: server.status("/a/bombs.epub") == 200, server)
        pdf = pymupdf.open("pdf", server.get("/a/bombs.pdf")[1])
        epub = zipfile.ZipFile(io.BytesIO(server.get("/a/bombs.epub")[1]))
        body = server.get("/a/bombs")[1].decode()
    shown = "".join(page.get_text() for page in pdf).replace("\u200b", "")
    assert all(f"[图 {name}]" in shown.replace("\n", "") for name in costly)
    assert len([name for name in epub.namelist() if name.endswith(".jpg")]) == len(fine)
    assert not any(name in body for name in REFUSED)
