"""A file with neither title nor text is no fault: a section's index, a stub. It is not published, and a note says so."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from reader.cli import main

STUBS = {
    "index.md": "---\nweight: 3\ndescription: 本栏目的文章\n---\n",
    "toml.md": '+++\ndate = "2026-05-01"\n+++\n',
    "comment.md": "---\nweight: 3\n---\n<!-- 以后再写 -->\n",
    "json.md": '{"date": "2026-05-01"}\n',
    "index.html": "---\nlayout: section\n---\n",
    "comment.html": "---\nlayout: section\n---\n<!-- 以后再写 -->\n",
    "page.html": "<!doctype html><html><head></head><body></body></html>",
    "index.txt": "---\ndate: 2026-05-01\n---\n",
    "lines.txt": "date: 2026-05-01\n",
    "index.org": "#+DATE: 2026-05-01\n",
    "index.rst": ":date: 2026-05-01\n",
    "index.adoc": ":date: 2026-05-01\n",
    "empty.md": "",
    "empty.txt": "\n",
    "empty.org": "",
    "empty.rst": "",
    "empty.adoc": "",
    "empty.html": "",
}
RAIN = "---\ntitle: 大雨\npublished: 2026-05-01 06:00\n---\n今天下雨。\n"


@pytest.fixture
def check(settings):
    env = {"READER_ARTICLES": str(settings.articles), "READER_INSTANCE": str(settings.instance), "LANG": "C.UTF-8"}
    return lambda *options: CliRunner().invoke(main, ["check", *options], env=env)


@pytest.mark.slow
def test_a_file_without_title_and_text_is_a_note_in_every_format(services, publish):
    publish({f"{number}/{name}": text for number, (name, text) in enumerate(STUBS.items())})
    assert services.catalog.problems() == []
    assert [str(note.cause) for note in services.catalog.remarks()] == ["nothing to publish"] * len(STUBS)
    assert services.catalog.count() == 0


@pytest.mark.slow
def test_check_counts_it_as_a_note_and_ends_well(drop, check):
    drop("2026-05-01/rain.md", RAIN)
    drop("news/index.md", STUBS["index.md"])
    said = check()
    assert (said.exit_code, said.stdout.splitlines()[-1]) == (0, "1 article published, no problems")
    assert "note: news/index.md: nothing to publish" in said.stderr
    told = json.loads(check("--json").stdout)
    assert told["errors"] == []
    assert {note["path"]: note["cause"] for note in told["notes"]}["news/index.md"] == "nothing to publish"


def test_an_article_whose_file_was_emptied_stays_up_and_the_file_is_an_error(services, publish):
    publish({"2026-05-01/rain.md": RAIN})
    publish({"2026-05-01/rain.md": "---\n---\n"})
    assert [str(problem) for problem in services.catalog.problems()] == [
        "2026-05-01/rain.md: nothing to publish (write a headline and text into it)"
    ]
    assert services.catalog.article("rain").title == "大雨"


def test_a_stub_that_is_written_becomes_an_article(services, publish):
    publish({"2026-05-01/rain.md": "---\nweight: 3\n---\n"})
    publish({"2026-05-01/rain.md": RAIN})
    assert services.catalog.article("rain").title == "大雨"
    assert services.catalog.remarks() == []


def test_a_title_that_nobody_sees_above_a_text_is_an_error(services, publish):
    publish({"rain.md": '---\ntitle: "\\u202e"\n---\n今天下雨。\n'})
    assert [problem.cause for problem in services.catalog.problems()] == ["no title"]
