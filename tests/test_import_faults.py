"""Import of damaged, empty, wrong and hostile sources: each is a failure with its name, and the rest is imported."""

from __future__ import annotations

import io
import json
import os
import random
import re
import resource
import socket
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from test_import_sites import SAMPLES, run  # noqa: F401 (a fixture)

from reader.commands import import_
from reader.errors import NotImported
from reader.importing import drafting
from reader.importing.drafting import build_draft
from reader.importing.sources import sources
from reader.importing.sources.file_selection import KNOWN
from reader.importing.sources.items import Found, SourceItem

STORY = "# 雨\n\n今天下雨，市民带伞出行，公交照常运行，学校不停课。\n"
CONTAINER = '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="a.opf"/></rootfiles></container>'
PACKAGE = (
    '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>书</dc:title>'
    '<dc:date>2018-01-01</dc:date></metadata><manifest><item id="a" href="a.xhtml"/><item id="b" href="b.xhtml"/></manifest>'
    '<spine><itemref idref="a"/><itemref idref="b"/></spine></package>'
)
CHAPTER = f"<html><body><h1>第一章</h1><p>{'今天下雨。' * 30}</p></body></html>"
BOOK = {
    "META-INF/container.xml": CONTAINER,
    "a.opf": PACKAGE,
    "a.xhtml": CHAPTER,
    "b.xhtml": CHAPTER.replace("一", "二"),
}


class NoNetwork:
    def fetch(self, address, **_):
        raise NotImported(address, "no network in this test")


def zipped(members: dict[str, str | bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return target.getvalue()


def result_of(path: Path) -> list[Found]:
    found = sources.items_of(str(path), NoNetwork())
    assert found, "never empty"
    for item in found[:5]:
        if isinstance(item, SourceItem):
            with suppress(NotImported):
                build_draft(item)
    return found


# -- nothing imported is a failure that says so -------------------------------------------------------------------

NOTHING = {
    "an EPUB whose package document is damaged": ("a.epub", zipped({**BOOK, "a.opf": "<package"})),
    "an EPUB whose package document is a page": ("a.epub", zipped({**BOOK, "a.opf": "<html><body>Not found</body></html>"})),
    "an EPUB without package document": ("a.epub", zipped({**BOOK, "META-INF/container.xml": "<container/>"})),
    "an EPUB whose chapters are missing": ("a.epub", zipped({k: v for k, v in BOOK.items() if not k.endswith("xhtml")})),
    "an EPUB of empty chapters": ("a.epub", zipped({**BOOK, "a.xhtml": "", "b.xhtml": "<html/>"})),
    "a zip of zips": ("a.zip", zipped({"1.zip": zipped({"a.md": STORY}), "2.zip": zipped({"b.md": STORY})})),
    "a zip of pictures": ("a.zip", zipped({"a.png": b"\x89PNG", "b.jpg": b"\xff\xd8"})),
    "a zip of copies": ("a.zip", zipped({"a - Copy.md": STORY, "_drafts/b.md": STORY})),
    "an empty zip": ("a.zip", zipped({})),
    "a cut zip": ("a.zip", zipped({"a.md": STORY})[:-40]),
    "an empty file": ("a.md", b""),
    "an empty page": ("a.html", b"<html></html>"),
    "an empty feed": ("a.xml", b'<feed xmlns="http://www.w3.org/2005/Atom"/>'),
    "an empty JSON feed": ("a.json", b'{"version": "https://jsonfeed.org/version/1", "items": null}'),
    "an empty list of feeds": ("a.opml", b"<opml/>"),
    "an empty Evernote export": ("a.enex", b"<en-export/>"),
    "an empty Ghost export": ("a.json", b'{"db": [{"meta": {}, "data": {"posts": []}}]}'),
    "an empty mail": ("a.eml", b"MIME-Version: 1.0\r\nFrom: a@example.org\r\n\r\n"),
    "JSON of another program": ("a.json", b'{"a": 1}'),
    "a document that is a picture": ("a.docx", b"\x89PNG\r\n\x1a\n"),
    "a directory with the name of a page": ("a.html/x.png", b"\x89PNG"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content"), NOTHING.values(), ids=NOTHING.keys())
@pytest.mark.parametrize("place", ["alone", "folder", "zip"])
def test_an_import_of_nothing_ends_with_a_reason_and_status_1(run, tmp_path, name, content, place):  # noqa: F811
    source = tmp_path / "source"
    path = source / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    if place == "zip":
        source = tmp_path / "source.zip"
        source.write_bytes(zipped({name: content}))
    result = run(source / name if place == "alone" else source)
    assert result.exit_code == 1, result.output
    *reasons, summary = result.output.strip().splitlines()
    assert re.fullmatch(r"0 imported, \d+ skipped, \d+ failed", summary)
    assert reasons, "a reason is given"
    assert all(re.match(r"[!-] .+: .+", reason) for reason in reasons), reasons


def test_one_bad_part_costs_no_other(run, tmp_path):  # noqa: F811
    source = tmp_path / "source"
    source.mkdir()
    for number, (name, content) in enumerate(NOTHING.values()):
        if "/" not in name:
            (source / f"{number}{Path(name).suffix}").write_bytes(content)
    (source / "rain.md").write_text(STORY, "utf-8")
    (source / "book.epub").write_bytes(zipped({k: v for k, v in BOOK.items() if k != "a.xhtml"}))
    result = run(source)
    assert re.search(r"^2 imported, \d+ skipped, \d\d failed$", result.output, re.MULTILINE), result.output
    assert "book.epub: a.xhtml: not in the archive" in result.output


def test_what_needs_too_much_memory_costs_one_file(run, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setattr(import_, "MOST_MEMORY_MB", 300)
    monkeypatch.setattr(sources, "book_items", lambda *_: iter([bytes(10**9)]))
    monkeypatch.setitem(drafting._FORMS, "text", lambda *_: bytes(10**9))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.epub").write_bytes(zipped(BOOK))
    (tmp_path / "in" / "b.txt").write_text("雨\n\n下雨。", "utf-8")
    (tmp_path / "in" / "c.md").write_text(STORY, "utf-8")
    result = run(tmp_path / "in")
    assert result.output.count("MB of memory") == 2
    assert "1 imported, 0 skipped, 2 failed" in result.output
    assert len(bytes(10**9)) == 10**9  # the limit is that of the import


@pytest.fixture
def full_disk():
    """No file can grow beyond 20 bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_a_failure_with_a_reason_and_leaves_no_half_of_an_article(run, tmp_path, settings, request):  # noqa: F811
    (tmp_path / "rain.md").write_text(STORY, "utf-8")
    request.getfixturevalue("full_disk")
    result = run(tmp_path / "rain.md")
    assert result.exit_code == 1
    assert "cannot be written" in result.output
    assert "0 imported, 0 skipped, 1 failed" in result.output
    assert [path for path in settings.articles.rglob("*") if path.is_file()] == []


def test_a_bug_in_an_importer_costs_one_file(run, tmp_path, monkeypatch):  # noqa: F811
    def broken(*_):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(sources, "book_items", broken)
    monkeypatch.setitem(drafting._FORMS, "text", broken)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.epub").write_bytes(zipped(BOOK))
    (tmp_path / "in" / "b.txt").write_text("雨\n\n下雨。", "utf-8")
    (tmp_path / "in" / "c.md").write_text(STORY, "utf-8")
    result = run(tmp_path / "in")
    assert result.output.count("internal error: ZeroDivisionError('a bug')") == 2
    assert "1 imported, 0 skipped, 2 failed" in result.output


# -- a folder with things that are not files ----------------------------------------------------------------------


def test_things_in_a_folder_that_are_no_files_are_failures_with_their_names(run, tmp_path, settings):  # noqa: F811
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "ok.md").write_text(STORY, "utf-8")
    (folder / "sub" / "deep.md").write_text(STORY.replace("雨", "雪"), "utf-8")
    for suffix in (".md", ".zip", ".docx", ".xml"):
        os.mkfifo(folder / f"pipe{suffix}")
        with (folder / f"sparse{suffix}").open("wb") as file:
            file.truncate(5_000_000_000)
    (folder / "loop.md").symlink_to("loop.md")
    (folder / "gone.md").symlink_to("nowhere.md")
    (folder / "out.md").symlink_to("/etc/passwd")
    (folder / "disk").symlink_to("/")
    (folder / "self").symlink_to(".")
    (folder / "sub" / "up").symlink_to("..")
    with socket.socket(socket.AF_UNIX) as server:
        handle = os.open(folder, os.O_RDONLY)
        server.bind(f"/proc/self/fd/{handle}/sock.html")
        os.close(handle)
        result = run(folder)
    assert result.exit_code == 1
    failures = {
        match[1] for match in re.finditer(rf"^! {re.escape(str(folder))}/([^:]+): .", result.output, re.MULTILINE)
    }
    kinds = (".md", ".zip", ".docx", ".xml")
    assert failures == {
        *(f"pipe{suffix}" for suffix in kinds),
        *(f"sparse{suffix}" for suffix in kinds),
        *("loop.md", "gone.md", "out.md", "disk", "sock.html"),
    }
    assert "2 imported" in result.output
    for name in ("self", "sub/up"):
        assert f"- {folder}: {name}: a link to what is read in its own place" in result.output


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero", "/dev/full"])
def test_a_device_is_refused(run, tmp_path, device):  # noqa: F811
    result = run(device)
    assert result.exit_code == 1
    assert f"! {device}: not a regular file" in result.output


def test_copies_and_drafts_in_a_source_are_left_out_by_name_or_by_number(run, tmp_path):  # noqa: F811
    folder = tmp_path / "in"
    (folder / "_drafts").mkdir(parents=True)
    names = ["ok.md", "~$ok.docx", "ok - 副本.docx", "ok (SFConflict a 2026-01-01-12-00-00).md", "_drafts/plan.md"]
    for name in [*names, *(f"a{n}.bak.md" for n in range(5))]:
        (folder / name).write_text(STORY, "utf-8")
    for source in (folder, tmp_path / "in.zip"):
        if source.suffix:
            source.write_bytes(zipped({p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}))
        result = run(source)
        assert result.exit_code == 0, result.output
        assert "~$ok.docx: a temporary file of a program" in result.output
        assert "ok - 副本.docx: a copy made by a file manager" in result.output
        assert "5 × a backup copy of an editor" in result.output
        assert "_drafts" in result.output
        assert "9 skipped, 0 failed" in result.output or "10 skipped, 0 failed" in result.output


# -- fuzzing ------------------------------------------------------------------------------------------------------

INPUTS = {path.name: path.read_bytes() for path in sorted(SAMPLES.iterdir()) if path.is_file()}
INPUTS["book.epub"] = zipped(BOOK)
_DAMAGE = (
    b"",
    b'""',
    b"><",
    b'"\x01"',
    b'"99999999999999999999"',
    b'"http://[::1"',
    b'"https://x:99999/"',
    b"null",
    b"\xff\xfe",
)


def damaged(name: str, seed: int) -> bytes:
    """A sample, cut or with some bytes, tags, values or members replaced; the same for the same *seed*."""
    chance, content = random.Random(f"{name} {seed}"), INPUTS[name]
    if content.startswith(b"PK") and seed % 2:
        return _damaged_members(content, chance)
    if seed % 3 == 0:
        return content[: chance.randrange(len(content) + 1)]
    for _ in range(chance.randint(1, 8)):
        spots = list(re.finditer(rb'>[^<]*<|"[^"<>]*"|\d+|<[^<>]*>', content)) if seed % 3 == 1 else []
        start, end = chance.choice(spots).span() if spots else (chance.randrange(len(content)),) * 2
        content = content[:start] + chance.choice((*_DAMAGE, chance.randbytes(2))) + content[max(end, start + 1) :]
    return content


def _damaged_members(content: bytes, chance: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        members = {name: file.read(name) for name in file.namelist()}
    victim = chance.choice(sorted(members))
    members[victim] = members[victim][: chance.randrange(len(members[victim]) + 1)]
    members.pop(chance.choice(sorted(members)))
    return zipped(members)


@pytest.mark.parametrize("name", INPUTS)
def test_a_damaged_export_never_meets_a_bug(name, tmp_path, caplog):
    """It is imported as far as it can be read, or refused with a reason."""
    for seed in range(25):
        path = tmp_path / f"{seed}{Path(name).suffix}"
        path.write_bytes(damaged(name, seed))
        result_of(path)
    assert caplog.records == []


@pytest.mark.parametrize("suffix", KNOWN)
def test_content_under_the_wrong_suffix_never_meets_a_bug(suffix, tmp_path, caplog):
    for number, content in enumerate([b"", b"\0" * 99, b"<", b"{", b"[", b"PK\3\4", b"\x1f\x8b", *INPUTS.values()]):
        path = tmp_path / f"{number}{suffix}"
        path.write_bytes(content)
        result_of(path)
    assert caplog.records == []


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FEED_KEYS = ("items", "title", "url", "authors", "author", "tags", "content_html", "content_text", "date_published")
GHOST_KEYS = ("posts", "tags", "users", "posts_tags", "posts_authors", "html", "id", "sort_order", "status")


def nested(keys: tuple[str, ...]) -> st.SearchStrategy[dict[str, object]]:
    inner = st.dictionaries(st.sampled_from(keys), ANYTHING, max_size=5)
    return st.dictionaries(st.sampled_from(keys), ANYTHING | st.lists(inner | ANYTHING, max_size=3), max_size=5)


@examples(max_examples=150)
@given(
    nested(FEED_KEYS).map(lambda feed: {"version": "https://jsonfeed.org/version/1.1", **feed})
    | nested(GHOST_KEYS).map(lambda data: {"db": [{"meta": {"version": "5"}, "data": data}]})
    | ANYTHING
)
def test_json_of_any_shape_never_meets_a_bug(tmp_path_factory, value):
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(value), "utf-8")
    assert not any("internal error" in str(item) for item in result_of(path))
