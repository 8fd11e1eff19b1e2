from __future__ import annotations

import fcntl
import os
import subprocess
from contextlib import contextmanager
from urllib.request import urlopen

import pytest
from libzim.reader import Archive
from libzim.search import Query, Searcher
from serving import free_port
from waiting import answers, wait_for

from reader.cli import main
from reader.commands.output_file import replacement_for
from reader.exports import EXPORTS
from reader.exports.zim import iso_639_3

RAIN = {"2026-05-01/rain.md": "# 北京大雨\n\n今天下雨。\n", "2026-05-01/sun.md": "# 晴\n\n今天晴。\n"}


@pytest.fixture
def run(runner, settings, monkeypatch, tmp_path, drop):
    monkeypatch.setenv("READER_ARTICLES", str(settings.articles))
    monkeypatch.setenv("READER_INSTANCE", str(settings.instance))
    monkeypatch.chdir(tmp_path)
    for name, content in RAIN.items():
        drop(name, content)
    return lambda *arguments: runner.invoke(main, arguments)


@pytest.mark.parametrize("suffix", EXPORTS)
def test_an_article_is_written_in_any_format(run, tmp_path, suffix):
    assert run("export", "rain", "--format", suffix).exit_code == 0
    assert (tmp_path / f"rain.{suffix}").stat().st_size > 0


@pytest.mark.parametrize("named", ["/articles/rain.md", "out/rain.md", None, ""])
def test_an_error_of_a_command_that_writes_a_file_names_the_file_that_it_is_of(tmp_path, named):
    """Also if the file that was read lies beside the written one. Without a name it is of the written one."""
    target = tmp_path / "out" / "rain.pdf"
    with pytest.raises(OSError, match="Input/output error") as raised, replacement_for(target) as place:
        name = place if named == "" else named and tmp_path / named
        raise OSError(5, "Input/output error", str(name) if name else None)
    assert raised.value.filename == str(tmp_path / named if named else target)


def test_what_a_killed_command_left_behind_is_removed_by_the_next_one(tmp_path):
    left, young, in_use = (tmp_path / f".reader-export-abcd123{n}" for n in range(3))
    for folder in (left, young, in_use):
        folder.mkdir()
        (folder / "news.zip").write_bytes(b"half")
    (of_a_person := tmp_path / ".reader-export-of-2026").mkdir()
    for folder in (left, in_use, of_a_person):
        os.utime(folder, (0, 0))
    lock = os.open(in_use, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with replacement_for(tmp_path / "news.zip") as place:
        place.write_bytes(b"whole")
        os.utime(place.parent, (0, 0))
        with replacement_for(tmp_path / "other.zip") as other:  # removes nothing of a command that runs
            other.write_bytes(b"whole")
    os.close(lock)
    assert {path.name for path in tmp_path.iterdir()} == {
        "news.zip",
        "other.zip",
        *(f.name for f in (young, in_use, of_a_person)),
    }
    assert (tmp_path / "news.zip").read_bytes() == b"whole"


def test_an_export_is_what_the_server_would_send(run, tmp_path, services):
    run("export", "rain", "--format", "epub")
    again = run("export", "rain", "--format", "epub", "-o", "again.epub")
    assert again.exit_code == 0
    assert (tmp_path / "rain.epub").read_bytes() == (tmp_path / "again.epub").read_bytes()


@pytest.mark.parametrize("suffix", EXPORTS)
def test_the_name_of_the_output_tells_the_format(run, tmp_path, suffix):
    assert run("export", "rain", "-o", f"named.{suffix.upper()}").exit_code == 0
    run("export", "rain", "--format", suffix)
    assert (tmp_path / f"named.{suffix.upper()}").read_bytes() == (tmp_path / f"rain.{suffix}").read_bytes()


def test_a_day_and_a_selection_are_books_too(run, tmp_path):
    assert run("export", "2026-05-01", "--format", "epub").exit_code == 0
    assert run("export", "sun", "rain", "--format", "epub", "-o", "both.epub").exit_code == 0
    assert {p.name for p in tmp_path.glob("*.epub")} == {"2026-05-01.epub", "both.epub"}


@pytest.mark.parametrize(
    ("arguments", "status", "word"),
    [
        (("nobody",), 1, "nobody"),
        (("rain", "--format", "docx"), 2, "epub"),
        (("rain", "-o", "rain.docx"), 2, "epub"),
        (("rain", "--page", "b5"), 1, "phone"),
        ((), 2, "SLUG"),
    ],
)
def test_a_wrong_wish_ends_with_one_clear_line(run, arguments, status, word):
    result = run("export", *arguments)
    assert result.exit_code == status
    assert word in result.output
    assert "Traceback" not in result.output


def test_build_makes_everything_once(run, settings):
    first = run("build", "--format", "epub")
    assert first.exit_code == 0
    assert "3 of 3 exports finished" in first.output  # two articles, one issue
    made = {path: path.stat().st_ino for path in (settings.instance / "exports").rglob("*.epub")}
    assert len(made) == 3
    run("build", "--format", "epub")
    assert {path: path.stat().st_ino for path in made} == made


def test_the_library_is_one_zim_that_zimcheck_finds_clean_and_kiwix_serves(run, tmp_path):
    result = run("export", "--all", "-o", "library.zim")
    assert result.exit_code == 0, result.output
    checked = subprocess.run(["zimcheck", "--all", "library.zim"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    assert "[ERROR]" not in checked.stdout
    searcher = Searcher(Archive(tmp_path / "library.zim"))
    found = [searcher.search(Query().set_query(text)).getEstimatedMatches() for text in ("下雨", "天下雨", "天大雨")]
    assert [bool(count) for count in found] == [True, True, False]
    with kiwix(tmp_path / "library.zim") as url:
        front = urlopen(f"{url}/library/index.html").read().decode()
        assert "北京大雨" in front
        assert "今天下雨。" in urlopen(f"{url}/library/a/rain.html").read().decode()
        assert "北京大雨" in urlopen(f"{url}/search?content=library&pattern=%E4%B8%8B%E9%9B%A8").read().decode()


@pytest.mark.parametrize(
    ("languages", "named"),
    [
        (["ja", "ja"], "jpn"),
        (["ug", "zh-TW", "zh-CN", "bo"], "zho,"),
        (["en-GB", "yue-HK", "en"], "eng,yue"),
        (["nb"], "nob"),
        (["und"], "zho"),
    ],
    ids=",".join,
)
def test_a_zim_names_the_languages_of_its_articles_the_main_one_first(run, settings, tmp_path, drop, languages, named):
    for name in RAIN:
        (settings.articles / name).unlink()
    for n, language in enumerate(languages):
        drop(f"2026-05-01/n{n}.md", f"---\ntitle: T{n}\nlanguage: {language}\n---\nText.\n")
    result = run("export", "--all", "-o", "library.zim")
    assert result.exit_code == 0, result.output
    found = Archive(tmp_path / "library.zim").get_metadata("Language").decode()
    assert found.startswith(named)
    assert sorted(found.split(",")) == sorted({iso_639_3(language) for language in languages} - {"und"} or {"zho"})


@contextmanager
def kiwix(path):
    port = free_port()
    server = subprocess.Popen(["kiwix-serve", "--address", "127.0.0.1", "--port", str(port), path])
    try:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/"))
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()
