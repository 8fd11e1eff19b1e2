"""Whatever a user can set, type, put in or ask for stands in both READMEs; whatever they promise is there."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from reader.cli import main
from reader.exports import EXPORTS
from reader.formats import FORMATS
from reader.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
READMES = [ROOT / "README.md", ROOT / "README.zh.md"]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
BENCHMARKS = {path.name for path in (ROOT / "benchmarks").glob("*.py")}

each_readme = pytest.mark.parametrize("readme", [path.read_text("utf-8") for path in READMES], ids=["en", "zh"])


def code_spans(text: str) -> set[str]:
    return set(re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text))


def code_blocks(text: str) -> list[str]:
    return re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def commands_in(text: str) -> list[str]:
    """The first words of each line in a code block, comments left out: what a reader would type."""
    lines = [line.split("#")[0].strip() for block in code_blocks(text) for line in block.splitlines()]
    return [line for line in lines if line]


def shape(address: str) -> str:
    """An address with its variables made alike: ``/a/<slug:slug>.<suffix>`` → ``/a/<>.<>``."""
    return re.sub(r"<[^>]*>", "<>", address)


@each_readme
def test_every_setting_is_in_the_table(readme):
    for setting in fields(Settings):
        assert f"| `READER_{setting.name.upper()}` |" in readme


@each_readme
def test_the_table_holds_no_setting_that_is_not_there(readme):
    known = {f"READER_{setting.name.upper()}" for setting in fields(Settings)}
    assert set(re.findall(r"READER_[A-Z_]+", readme)) <= known


@each_readme
def test_the_defaults_in_the_table_are_the_real_ones(readme):
    for setting in fields(Settings):
        default = setting.default
        row = next(line for line in readme.splitlines() if line.startswith(f"| `READER_{setting.name.upper()}` |"))
        assert row.split("|")[2].strip() == shown(default)


def shown(default: object) -> str:
    """As the table prints a default: folders from the checkout's root, switches as 1 or 0, nothing as nothing."""
    if isinstance(default, Path):
        return f"`{default.relative_to(ROOT)}`"
    if isinstance(default, bool):
        return f"`{int(default)}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`" if str(default) else ""


@each_readme
@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_is_explained_and_helps(readme, name, runner):
    assert f"`python -m reader {name}" in readme
    answer = runner.invoke(main, [name, "--help"])
    assert answer.exit_code == 0
    assert len(answer.output.splitlines()) > 3


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_option_says_what_it_does(name):
    silent = [
        p.name for p in main.commands[name].params if p.param_type_name == "option" and not getattr(p, "help", "")
    ]
    assert not silent


@each_readme
def test_every_article_format_is_named(readme):
    assert {f".{suffix.lstrip('.')}" for suffix in FORMATS} <= code_spans(readme)


@each_readme
def test_every_export_is_named(readme):
    assert {f".{suffix}" for suffix in EXPORTS} <= code_spans(readme)


@each_readme
def test_every_page_of_the_exports_is_named(readme):
    assert {f"?page={page}" for export in EXPORTS.values() for page in export.PAGES} <= code_spans(readme)


@each_readme
def test_every_address_is_listed(app, readme):
    listed = {shape(span) for span in code_spans(readme) if span.startswith("/")}
    assert {shape(str(rule)) for rule in app.url_map.iter_rules()} - listed == set()


@each_readme
def test_every_benchmark_is_named_and_every_named_one_exists(readme):
    assert set(re.findall(r"benchmarks/(\w+\.py)", readme)) >= BENCHMARKS


@each_readme
def test_every_make_target_is_named(readme):
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)[1].split()
    assert not [target for target in targets if target != "help" and f"make {target}" not in readme]


def test_both_languages_show_the_same_commands_and_tables():
    english, chinese = (path.read_text("utf-8") for path in READMES)
    assert commands_in(english) == commands_in(chinese)
    assert [line.count("|") for line in english.splitlines() if line.startswith("|")] == [
        line.count("|") for line in chinese.splitlines() if line.startswith("|")
    ]
    assert re.findall(r"^#+", english, re.MULTILINE) == re.findall(r"^#+", chinese, re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_inside_the_repository_leads_somewhere(document):
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", document.read_text("utf-8"))
    assert not [target for target in targets if not (document.parent / target).exists()]


def test_chinese_documents_are_punctuated_as_chinese():
    slips = [
        f"{path.name}:{number}: {line.strip()}"
        for path in DOCUMENTS
        if path.name.endswith(".zh.md")
        for number, line in enumerate(prose(path.read_text("utf-8")), 1)
        if re.search(r"[\u4e00-\u9fff][,;:!?()]|[,;:!?()][\u4e00-\u9fff]", line)
    ]
    assert not slips


def prose(text: str) -> list[str]:
    """Line by line, without code, links' targets and tables' bars; blank where nothing is left."""
    text = re.sub(r"^```.*?^```", lambda block: "\n" * block[0].count("\n"), text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`|\]\([^)]*\)|[\[\]!]", "", text).splitlines()
