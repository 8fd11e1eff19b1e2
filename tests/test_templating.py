"""The build id names what a process runs: code, templates, static files, fonts and libraries."""

from __future__ import annotations

import shutil

import pytest
from fontTools.ttLib import TTFont

from reader.templating import PACKAGE, Renderer


@pytest.fixture
def build_id(tmp_path):
    """That of a folder of templates with this name, in which one more file has this content."""

    def build_id(folder: str, name: str, content: bytes) -> str:
        for path, written in {"pages/home.html": "<p>今天</p>".encode(), name: content}.items():
            target = tmp_path / folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(written)
        return Renderer(tmp_path / folder, tmp_path / folder).build_id

    return build_id


def test_equal_files_in_another_folder_have_the_same_build_id(build_id):
    assert build_id("one", "a.css", b"p{}") == build_id("two", "a.css", b"p{}")


def test_another_name_or_content_is_another_build_id(build_id):
    known = {build_id("1", "a.css", b"p{}"), build_id("2", "b.css", b"p{}"), build_id("3", "a.css", b"p{ }")}
    assert len(known | {build_id("4", "pages/a.css", b"p{}")}) == 4


def test_what_python_compiles_is_not_part_of_it(build_id, tmp_path):
    (tmp_path / "two" / "__pycache__").mkdir(parents=True)
    (tmp_path / "two" / "__pycache__" / "a.pyc").write_bytes(b"compiled")
    assert build_id("one", "a.css", b"p{}") == build_id("two", "a.css", b"p{}")


def test_a_font_with_one_other_letter_is_another_build_id(build_id, tmp_path):
    """Only the head of a font file is read, which holds a checksum of each table."""
    source = PACKAGE / "exports" / "fonts" / "mono.ttf"
    changed = tmp_path / "changed.ttf"
    shutil.copy(source, changed)
    font = TTFont(changed)
    glyph = font["glyf"]["A"]
    glyph.coordinates[0] = (glyph.coordinates[0][0] + 1, glyph.coordinates[0][1])
    font.save(changed)
    assert abs(changed.stat().st_size - source.stat().st_size) < 2000
    assert build_id("one", "mono.ttf", source.read_bytes()) != build_id("two", "mono.ttf", changed.read_bytes())
