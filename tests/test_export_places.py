"""Where ``export`` may write: nothing that it writes becomes an article, and no place ends in a traceback."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from reader.cli import main

RAIN = "---\ntitle: 大雨\npublished: 2026-05-01 06:00\n---\n今天下雨。\n"


@pytest.fixture
def export(settings, tmp_path, monkeypatch):
    settings.articles.mkdir(parents=True)
    (settings.articles / "rain.md").write_text(RAIN, "utf-8")
    monkeypatch.chdir(tmp_path)
    for name in ("articles", "instance"):
        monkeypatch.setenv(f"READER_{name.upper()}", str(tmp_path / name))
    return lambda *words: CliRunner().invoke(main, ["export", *words])


@pytest.mark.parametrize(
    "place", ["articles", "articles/public", "instance", "link/public", "public/../articles/x.zim"]
)
def test_the_site_is_not_exported_into_the_folders_that_a_server_reads(export, settings, place):
    (settings.articles.parent / "link").symlink_to(settings.articles)
    result = export("--all", "-o", place)
    assert result.exit_code == 2
    assert "choose another place" in result.output
    assert [path.name for path in settings.articles.iterdir()] == ["rain.md"]


def test_an_article_is_not_exported_among_the_articles(export, settings):
    assert export("rain", "--format", "md", "-o", "articles/copy.md").exit_code == 2
    assert [path.name for path in settings.articles.iterdir()] == ["rain.md"]


@pytest.mark.parametrize("words", [("--all",), ("rain", "--format", "txt")], ids=" ".join)
def test_a_place_that_cannot_be_written_is_one_line_with_its_name(export, tmp_path, words):
    (tmp_path / "file").write_text("mine")
    result = export(*words, "-o", "file/below")
    assert result.exit_code == 1
    assert next(line for line in result.output.splitlines() if line.startswith("Error: ")).startswith("Error: file")
    assert isinstance(result.exception, SystemExit)
    assert (tmp_path / "file").read_text() == "mine"
