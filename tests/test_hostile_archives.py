"""Malicious archives and XML: import limits their size, makes no requests, and reports what it rejected."""

from __future__ import annotations

import io
import os
import stat
import struct
import tracemalloc
import zipfile
from contextlib import suppress

import pytest
from PIL import Image

from reader.errors import NotImported
from reader.formats import read_draft
from reader.formats.archives import open_archive
from reader.importing.duplicates import scan
from reader.importing.image_downloads import picture_type
from reader.importing.sources import feed_entries, sources
from reader.importing.sources.epub import chapters
from reader.importing.sources.items import SourceItem

CONTAINER = b'<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="a.opf"/></rootfiles></container>'
LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(12))
BILLION_LAUGHS = f'<!DOCTYPE x [<!ENTITY l0 "lol">{LAUGHS}]>'
EXTERNAL = '<!DOCTYPE x [<!ENTITY e SYSTEM "{address}">]>'


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return target.getvalue()


def refusal_of(content: bytes) -> str:
    with pytest.raises(NotImported) as refused:
        archive = open_archive("a.zip", content)
        for path in archive.paths:
            archive.read(path)
        list(chapters("a.zip", archive))
    return str(refused.value)


def peak_bytes(work) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_member_that_grows_too_much_is_refused_by_name():
    assert "zip bomb: big.txt" in refusal_of(zipped({"ok.md": b"# a", "big.txt": bytes(30_000_000)}))


def test_a_member_that_lies_about_its_size_gives_no_more_than_it_claims():
    content = bytearray(zipped({"lie.txt": bytes(30_000_000)}))
    true = (30_000_000).to_bytes(4, "little")
    content = content.replace(true, (1_000).to_bytes(4, "little"))
    archive = open_archive("a.zip", bytes(content))
    refused = []

    def read():
        with pytest.raises(NotImported) as error:
            archive.read("lie.txt")
        refused.append(str(error.value))

    assert peak_bytes(read) < 5_000_000
    assert "lie.txt" in refused[0]


def test_too_many_members_are_refused():
    assert "more than 20000 files" in refusal_of(zipped({f"{n}.txt": b"" for n in range(20_001)}, zipfile.ZIP_STORED))


@pytest.mark.parametrize("form", ["plain", "with a comment", "zip64", "a signature in the end record"])
def test_a_directory_of_very_many_entries_is_refused_before_it_is_parsed(form, monkeypatch):
    """zipfile takes 19 s and 576 MB for a million."""
    monkeypatch.delattr(zipfile.ZipFile, "_RealGetContents")
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    directory, comment = entry * 20_001, b"PK" * 1000 if form == "with a comment" else b""
    offset = int.from_bytes(b"PK\5\6", "little") if form == "a signature in the end record" else 0
    size, more = len(directory), b""
    if form == "zip64":
        more = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, size, 0)
        more, size = more + struct.pack("<4sIQI", b"PK\6\7", 0, size, 1), 1
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, size, offset, len(comment)) + comment
    assert "more than 20000 files" in refusal_of(directory + more + end)


def test_members_that_are_large_together_are_refused(monkeypatch):
    monkeypatch.setattr("reader.formats.archives.LARGEST_UNPACKED_BYTES", 1_000_000)
    content = zipped({f"{n}.txt": os.urandom(400_000) for n in range(3)})
    assert "larger than 1 MB when unpacked" in refusal_of(content)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_a_bound_are_refused_by_name(method):
    assert "a.txt is packed by a method that is not supported" in refusal_of(zipped({"a.txt": b"text"}, method))


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\3\4", b"PK\3\4" + bytes(1000), zipped({"a.txt": b"text"})[:-30]],
    ids=["empty", "signature only", "zeros", "truncated"],
)
def test_what_is_no_zip_is_refused(content):
    assert "not a zip file" in refusal_of(content)


def test_a_damaged_member_is_refused_by_name():
    content = bytearray(zipped({"a.txt": os.urandom(1000)}))
    content[100] ^= 255
    assert "a.txt: cannot be unpacked" in refusal_of(bytes(content))


def test_links_in_a_zip_are_left_out():
    link = zipfile.ZipInfo("passwords.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        file.writestr(link, "/etc/passwd")
        file.writestr("a.md", "# a")
    assert open_archive("a.zip", target.getvalue()).paths == ["a.md"]


@pytest.mark.parametrize(
    "name", ["../../outside.md", "/outside.md", "..\\..\\outside.md", "a/../../outside.md", "C:\\outside.md"]
)
def test_a_path_that_climbs_writes_nothing_outside_the_articles_folder(name, tmp_path):
    from click.testing import CliRunner

    from reader.cli import main

    archive = tmp_path / "deep" / "er" / "a.zip"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(zipped({name: "# 标题\n\n![图](../../../secret.png)\n\n正文在这里。".encode()}))
    (tmp_path / "secret.png").write_bytes(png())
    before = set(tmp_path.rglob("*"))
    environment = {"READER_ARTICLES": str(tmp_path / "articles"), "READER_INSTANCE": str(tmp_path / "instance")}
    CliRunner().invoke(main, ["import", str(archive)], env=environment)
    new = set(tmp_path.rglob("*")) - before
    assert {path.relative_to(tmp_path).parts[0] for path in new} <= {"articles", "instance"}
    assert not [path for path in (tmp_path / "articles").rglob("*") if path.suffix == ".png"]


def png() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (30, 30)).save(target, "PNG")
    return target.getvalue()


def test_a_file_of_gigabytes_in_the_articles_folder_is_not_read_by_import(tmp_path):
    articles, memory = tmp_path / "articles", tmp_path / "imported.json"
    articles.mkdir()
    with (articles / "sparse.md").open("wb") as file:
        file.truncate(5_000_000_000)
    assert peak_bytes(lambda: scan(articles, memory)) < 5_000_000


def test_a_page_takes_no_file_through_a_link_and_a_folder_names_those_it_refuses(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "loop.txt").symlink_to("loop.txt")
    os.mkfifo(folder / "fifo.txt")
    (folder / "huge.png").touch()
    os.truncate(folder / "huge.png", 3_000_000_000)
    (folder / "ok.txt").write_text("text")
    found = sources.items_of(str(folder), None)
    assert [item.name for item in found if isinstance(item, SourceItem)] == [str(folder / "ok.txt")]
    assert [str(item) for item in found if isinstance(item, NotImported)] == [
        f"{folder}/fifo.txt: not a regular file but a FIFO (replace it by a file)",
        f"{folder}/loop.txt: a link that leads to itself (remove it)",
        f"{folder}/out.txt: a link out of the folder (put a copy in its place)",
    ]
    for name in ("out.txt", "loop.txt", "fifo.txt", "huge.png", "../secret.txt", "%2e%2e/secret.txt", "a\0b"):
        assert sources._read_sibling_file(folder, name) is None
    assert sources._read_sibling_file(folder, "ok.txt?a#b") == b"text"


@pytest.mark.parametrize(
    "doctype", [BILLION_LAUGHS, EXTERNAL.format(address="file:///etc/hostname")], ids=["laughs", "external"]
)
@pytest.mark.parametrize(
    "use", ["<dc:title>{entity}</dc:title>", '<item id="{entity}" href="x.html"/>'], ids=["text", "attribute"]
)
def test_entities_of_a_book_are_neither_expanded_nor_fetched(doctype, use):
    entity = "&l12;" if "l12" in doctype else "&e;"
    package = f'<?xml version="1.0"?>{doctype}<package xmlns:dc="d"><metadata>{use.format(entity=entity)}</metadata></package>'
    book = zipped({"META-INF/container.xml": CONTAINER, "a.opf": package.encode()})
    found = []

    def read():
        with suppress(NotImported):
            found.extend(chapters("a.epub", open_archive("a.epub", book)))

    assert peak_bytes(read) < 20_000_000
    assert found == []


@pytest.mark.parametrize("content", [b"", b"<", b"\0", b"<a>" * 100_000, b"plain", b"<?xml version='1.0'?>"])
def test_a_book_with_a_broken_description_is_refused_by_name(content):
    assert "a.zip" in refusal_of(zipped({"META-INF/container.xml": content}))


@pytest.mark.parametrize(
    "doctype", [BILLION_LAUGHS, EXTERNAL.format(address="file:///etc/hostname")], ids=["laughs", "external"]
)
def test_entities_of_a_feed_are_bounded_and_none_is_fetched(doctype):
    entity = "&l12;" if "l12" in doctype else "&e;"
    feed = f'<?xml version="1.0"?>{doctype}<rss version="2.0"><channel><item><title>{entity}</title><link>https://a.example/</link></item></channel></rss>'
    with open("/etc/hostname", encoding="utf-8") as file:
        secret = file.read().strip()
    found = []
    # Expat stops at a hundred times the input, but not below 8 MB.
    assert peak_bytes(lambda: found.extend(feed_entries.entries(feed.encode(), ""))) < 150_000_000
    assert all(not secret or secret not in item.draft.title for item in found)


def test_aliases_in_front_matter_stand_for_nothing():
    laughs = "".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]\n" for n in range(10))
    bomb = f"---\ntitle: a\na0: &a0 lol\n{laughs}tags: *a10\n---\n# a\n".encode()
    drafts = []
    assert peak_bytes(lambda: drafts.append(read_draft(".md", bomb))) < 10_000_000
    assert (drafts[0].title, drafts[0].tags) == ("a", ())


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked():
    target = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(target, "PNG")
    with pytest.raises(NotImported, match="pixels"):
        picture_type("bomb.png", target.getvalue())
