"""Every setting, command, format and URL is documented in both languages, and everything documented exists.

The tables of settings, addresses, formats, exports and benchmarks are in ``docs/reference/*.md`` and ``*.zh.md``, those
of commands in the READMEs; ``documentation.py`` reads both.
"""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest
from documentation import (
    LANGUAGES,
    ROOT,
    code_blocks,
    code_spans,
    commands_in,
    table_row,
    table_rows,
    text_of_documents,
    user_documents,
)

from reader.cli import COMMANDS, command_of, main
from reader.exports import EXPORTS
from reader.feeds import FEEDS
from reader.formats import FORMATS
from reader.formats.fields import front_matter
from reader.formats.fields.field_names import ROWS
from reader.i18n import translated
from reader.settings import Settings

READMES = [ROOT / "README.md", ROOT / "README.zh.md"]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
BENCHMARKS = {path.name for path in (ROOT / "benchmarks").glob("*.py")}

each_language = pytest.mark.parametrize("text", [text_of_documents(language) for language in LANGUAGES], ids=LANGUAGES)


def shape(address: str) -> str:
    """A URL with its variables normalized: ``/a/<slug:slug>.<suffix>`` → ``/a/<>.<>``."""
    return re.sub(r"<[^>]*>", "<>", address)


@each_language
def test_every_setting_is_in_the_table(text):
    for setting in fields(Settings):
        assert f"| `READER_{setting.name.upper()}` |" in text


@each_language
def test_the_table_holds_no_setting_that_is_not_there(text):
    known = {f"READER_{setting.name.upper()}" for setting in fields(Settings)}
    assert set(re.findall(r"READER_[A-Z_]+", text)) <= known


@each_language
def test_the_defaults_in_the_table_are_the_real_ones(text):
    for setting in fields(Settings):
        default = setting.default
        assert table_row(text, f"READER_{setting.name.upper()}")[1] == shown(default)


def shown(default: object) -> str:
    """A default as in the table: folders relative to the checkout, booleans as 1 or 0, empty as empty."""
    if isinstance(default, Path):
        return f"`{default.relative_to(ROOT)}`"
    if isinstance(default, bool):
        return f"`{int(default)}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`" if str(default) else ""


@each_language
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_explained_and_helps(text, name, runner):
    assert f"`python -m reader {name}" in text
    answer = runner.invoke(main, [name, "--help"])
    assert answer.exit_code == 0
    assert len(answer.output.splitlines()) > 3


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name):
    silent = [p.name for p in command_of(name).params if p.param_type_name == "option" and not getattr(p, "help", "")]
    assert not silent


@each_language
def test_every_article_format_is_named(text):
    missing = {f".{suffix.lstrip('.')}" for suffix in FORMATS} - code_spans(text)
    assert not missing, "add a row to docs/reference/articles.md and articles.zh.md"


@each_language
def test_every_export_is_named(text):
    missing = {f".{suffix}" for suffix in EXPORTS} - code_spans(text)
    assert not missing, "add a row to docs/reference/exports.md and exports.zh.md"


@each_language
def test_every_feed_is_named(text):
    missing = set(FEEDS) - code_spans(text)
    assert not missing, "add a row to docs/reference/addresses.md and addresses.zh.md"


@each_language
def test_every_page_of_the_exports_is_named(text):
    assert {f"?page={page}" for export in EXPORTS.values() for page in export.PAGES} <= code_spans(text)


@each_language
def test_every_address_is_listed(app, text):
    listed = {shape(span) for span in code_spans(text) if span.startswith("/")}
    missing = {shape(str(rule)) for rule in app.url_map.iter_rules()} - listed
    assert not missing, "add a row to docs/reference/addresses.md and addresses.zh.md"


@each_language
def test_every_benchmark_is_named_and_every_named_one_exists(text):
    assert set(re.findall(r"benchmarks/(\w+\.py)", text)) >= BENCHMARKS


@each_language
def test_every_make_target_is_named(text):
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)[1].split()
    assert not [target for target in targets if target != "help" and f"make {target}" not in text]


@pytest.mark.parametrize("document", user_documents("en"), ids=lambda path: path.name)
def test_both_languages_show_the_same_commands_and_tables(document):
    english = document.read_text("utf-8")
    chinese = document.with_suffix(".zh.md").read_text("utf-8")
    assert commands_in(english) == commands_in(chinese)
    assert [line.count("|") for line in english.splitlines() if line.startswith("|")] == [
        line.count("|") for line in chinese.splitlines() if line.startswith("|")
    ]
    assert re.findall(r"^#+", english, re.MULTILINE) == re.findall(r"^#+", chinese, re.MULTILINE)


@pytest.mark.parametrize("document", READMES, ids=LANGUAGES)
def test_a_readme_is_short_enough_for_a_newcomer(document):
    assert len(document.read_text("utf-8").splitlines()) <= 150


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_inside_the_repository_leads_somewhere(document):
    text = re.sub(r"^```.*?^```", "", document.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text)
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
    """The text line by line, without code, link targets and table bars; empty if nothing is left."""
    text = re.sub(r"^```.*?^```", lambda block: "\n" * block[0].count("\n"), text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`|\]\([^)]*\)|[\[\]!]", "", text).splitlines()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_of_front_matter_is_explained_with_its_other_names(language):
    (page,) = [path for path in user_documents(language) if path.name.startswith("articles.")]
    rows = {row[0].strip("`"): row for row in table_rows(page.read_text("utf-8")) if len(row) == 3}
    for name in front_matter.NAMES:
        others = {other for row in ROWS if row.field == name for other in row.names} - {name}
        assert code_spans(rows[name][2]) >= {other for other in others if not other.isascii()}


def test_every_name_of_a_field_stands_in_the_page_of_fields():
    text = (ROOT / "docs" / "reference" / "fields.md").read_text("utf-8")
    said = {row[0].strip("`"): code_spans(row[2]) for row in table_rows(text) if len(row) == 3}
    for row in ROWS:
        assert said[row.how if row.field == "draft" else row.field] == set(row.names)


def test_every_decision_has_one_question_one_answer_and_its_reason():
    text = (ROOT / "docs" / "decisions.md").read_text("utf-8")
    questions = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert len(questions) == len(set(questions))
    for decision in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        for part in ("**Decision.**", "**Why.**", "**What would change our minds.**"):
            assert decision.count(part) == 1, decision.splitlines()[0]


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_has_its_reason(file):
    decisions = (ROOT / "docs" / "decisions.md").read_text("utf-8").lower()
    names = re.findall(r"^([\w-]+)==", (ROOT / file).read_text("utf-8"), re.MULTILINE)
    libraries = [name for name in names if not re.match(r"types-|.*-stubs", name)]
    assert [name for name in libraries if name.lower() not in decisions] == []


@pytest.mark.parametrize("language", ["", ".zh"])
def test_the_article_of_the_tutorial_is_published_and_its_mistake_explained(language, publish, client):
    text = (ROOT / "docs" / f"tutorial{language}.md").read_text("utf-8")
    (article,) = [block for block in code_blocks(text) if block.startswith("---")]
    publish({"2026-05-01/rain.md": article})
    page = client.get("/a/rain").text
    assert "今天凌晨开始下雨，雨量约20毫米。" in page
    first, second, rest = article.split("---\n", 2)
    (problem,) = publish({"2026-05-01/rain.md": f"{first}---\n{second}{rest}"}).problems
    assert translated(problem.message, "zh-CN" if language else "en") in " ".join(text.split())
    assert "今天凌晨开始下雨" in client.get("/a/rain").text


def test_a_test_file_named_in_the_code_exists():
    places = [ROOT / name for name in ("reader", "static", "templates", "scripts", "docs")]
    files = [path for place in places for path in place.rglob("*.*") if path.suffix in (".py", ".css", ".js", ".md")]
    named = {name for path in files for name in re.findall(r"tests/[\w/]+\.py", path.read_text("utf-8"))}
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_test_named_in_the_page_of_reliability_exists():
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "reliability.md").read_text("utf-8")))
    files = [
        path for folder in ("", "cluster", "faults", "browser") for path in (ROOT / "tests" / folder).glob("test_*.py")
    ]
    defined = {name for path in files for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)}
    assert named
    assert named - defined == set()


def test_a_module_named_in_the_docstring_of_its_package_exists():
    for package in (ROOT / "reader").rglob("__init__.py"):
        docstring = ast.get_docstring(ast.parse(package.read_text("utf-8"))) or ""
        named = {line.split()[0] for line in docstring.splitlines() if re.match(r"\s*[a-z_]+\.py ", line)}
        assert not {name for name in named if not (package.parent / name).exists()}, package


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_pictures_of_a_readme_are_there_and_light(name):
    """``scripts/make_screenshots.py`` makes them."""
    found = re.findall(r'<img src="([^"]+)"', (ROOT / name).read_text("utf-8"))
    assert found
    assert all(0 < (ROOT / picture).stat().st_size <= 60_000 for picture in found)
