"""Reads the user documentation for tests: the READMEs and ``docs/reference/``, in English and Chinese.

A Chinese document is beside the English one: ``settings.md``, ``settings.zh.md``.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("en", "zh")


def user_documents(language: str) -> list[Path]:
    """README and reference pages in one language, README first."""
    chinese = language == "zh"
    pages = [*sorted(ROOT.glob("README*.md")), *sorted((ROOT / "docs" / "reference").glob("*.md"))]
    return [path for path in pages if path.name.endswith(".zh.md") == chinese]


def text_of_documents(language: str) -> str:
    """The text of all user documents in one language."""
    return "\n".join(path.read_text("utf-8") for path in user_documents(language))


def table_rows(text: str) -> list[list[str]]:
    """The cells of every table row, including headings, without delimiter rows."""
    lines = [line.strip() for line in text.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in lines]
    return [row for row in rows if not all(set(cell) <= {"-", ":"} for cell in row)]


def table_row(text: str, thing: str) -> list[str]:
    """The cells of the row whose first cell names `thing` in backticks. Raises LookupError."""
    for row in table_rows(text):
        if f"`{thing}`" in row[0]:
            return row
    raise LookupError(f"no table row names `{thing}`")


def code_spans(text: str) -> set[str]:
    """The content of code spans."""
    return set(re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text))


def code_blocks(text: str) -> list[str]:
    """The contents of fenced code blocks."""
    return re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def commands_in(text: str) -> list[str]:
    """The lines of all code blocks, without comments and blank lines: the commands that a user types."""
    lines = [line.split("#")[0].strip() for block in code_blocks(text) for line in block.splitlines()]
    return [line for line in lines if line]
