from __future__ import annotations

from datetime import datetime

import pytest
from factories import SHANGHAI, make_article

from reader.models import Problem, Publication, fingerprint, format_minute, is_slug, slug_of


def test_a_version_changes_with_anything_a_reader_can_see():
    version = make_article().version
    assert make_article().version == version
    for change in ({"title": "暴雨"}, {"editor": "张岩"}, {"tags": ("雨",)}, {"slug": "storm"}):
        assert make_article(**change).version != version


def test_parts_of_a_fingerprint_do_not_run_into_each_other():
    assert len({fingerprint("ab", "c"), fingerprint("a", "bc"), fingerprint("abc"), fingerprint("abc", "")}) == 4


@pytest.mark.parametrize(
    ("name", "slug"),
    [("台风 登陆", "台风-登陆"), ("a.b/c", "a-b-c"), ("Cafe\u0301", "Café"), ("  ..  ", ""), ("字" * 200, "字" * 80)],
)
def test_a_slug_is_a_name_made_fit_for_an_address(name, slug):
    assert slug_of(name) == slug
    assert is_slug(slug) == bool(slug)


def test_a_moment_shows_no_time_of_day_where_none_was_given():
    assert format_minute(datetime(2018, 11, 23, 10, 40, tzinfo=SHANGHAI)) == "2018-11-23 10:40"
    assert format_minute(datetime(2018, 11, 23, tzinfo=SHANGHAI)) == "2018-11-23"


def test_a_publication_is_as_old_as_its_first_chapter_and_as_new_as_its_last_correction():
    chapters = (make_article("a"), make_article("b", "2026-05-02 06:00"))
    book = Publication("2026-05-02", "电子报", "zh-CN", "/d/2026-05-02/", chapters)
    assert (book.published, book.updated) == (chapters[0].published, chapters[1].updated)


def test_a_problem_names_the_file_the_line_and_the_mend():
    assert str(Problem("a.md", 3, "no date", "write one")) == "a.md:3: no date (write one)"
    assert str(Problem("a.md", 0, "no date")) == "a.md: no date"


def test_a_files_name_can_neither_command_the_terminal_nor_forge_a_line_of_the_log():
    problem = Problem("雨 a\x1b[2Jb\nERROR forged.md", 3, "no title")
    assert str(problem) == r"雨 a\x1b[2Jb\nERROR forged.md:3: no title"
