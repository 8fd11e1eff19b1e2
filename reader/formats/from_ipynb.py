"""Reads Jupyter notebooks (``.ipynb``): text, code, and the output of the code: text, tables, pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from ..errors import UnreadableArticle
from ..i18n import Message
from ..models import Draft
from .decoding import decode_text
from .fields import front_matter
from .fields.field_values import Field
from .from_markdown import body_and_warnings, with_title
from .json_reader import read_json

SUFFIXES = (".ipynb",)
SAMPLE = (
    '{"cells": [{"cell_type": "raw", "source": ["---\\n", "title: 大雨\\n", "published: 2026-05-01 06:00\\n", "---"]},'
    ' {"cell_type": "markdown", "source": ["今天下雨。"]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
).encode()

_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_ATTACHMENT = re.compile(r'src="attachment:([^"]+)"')
_MAGIC = re.compile(r"^(?:%%?\w.*|%load_ext.*)$")
_TERMINAL = re.compile("\x1b\\[[0-9;]*[A-Za-z]")
_HIDDEN = frozenset({"remove-cell", "remove_cell", "hide", "hide-cell", "remove"})
_LONGEST_OUTPUT = 20_000
"""In characters. A longer output, such as the log of a training run, is truncated."""


def read(data: bytes) -> Draft:
    """Reads fields from a first raw or Markdown cell, and from the notebook's metadata."""
    notebook = _parse(decode_text(data))
    metadata = _as_mapping(notebook.get("metadata"))
    cells = [
        cell
        for cell in _cells(notebook)
        if not _HIDDEN & set(_string_list(_as_mapping(cell.get("metadata")).get("tags")))
    ]
    values, first = _front_matter(cells)
    nikola = {**metadata, **_as_mapping(metadata.get("nikola"))}
    fields = [Field(name, _as_text(value), 1, "json") for name, value in nikola.items() if front_matter.may_hold(name)]
    values = {**front_matter.values_of(tuple(fields)), **values}
    language = str(_as_mapping(metadata.get("language_info")).get("name") or "python")
    warnings: list[str] = list(values.get("warnings", ()))
    body = "".join(_html_of(cell, language, warnings) for cell in [*first, *cells[1 if first or values else 0 :]])
    return with_title({**values, "warnings": tuple(warnings)}, body)


def _parse(text: str) -> dict[str, Any]:
    try:
        found = read_json(text, strict=False)  # decode_text may have made line ends of U+2028 in strings
    except ValueError as error:
        line = getattr(error, "lineno", 0)
        hint = Message("open it in Jupyter, and save it again")
        raise UnreadableArticle(Message("invalid JSON: %(problem)s", problem=error), hint, line) from error
    return _as_mapping(found)


def _as_mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _string_list(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _as_text(value: object, depth: int = 0) -> Any:
    if isinstance(value, list) and depth < 4:
        return [_as_text(item, depth + 1) for item in value]
    if isinstance(value, dict) and depth < 4:
        return {str(key): _as_text(item, depth + 1) for key, item in value.items()}
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _cells(notebook: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The cells of a notebook of version 4, or of the worksheets of version 3."""
    sheets = notebook.get("worksheets")
    inside = (
        [_as_mapping(sheet).get("cells") for sheet in sheets] if isinstance(sheets, list) else [notebook.get("cells")]
    )
    return [_as_mapping(cell) for cells in inside if isinstance(cells, list) for cell in cells]


def _joined_text(value: object) -> str:
    """The text of a value that is a string or a list of lines; empty for other values."""
    return "".join(_string_list(value)) if isinstance(value, list) else value if isinstance(value, str) else ""


def _front_matter(cells: list[dict[str, Any]]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The fields in the first cell, and a list of the cell without them; empty if nothing remains or it has none."""
    if not cells or cells[0].get("cell_type") not in ("raw", "markdown"):
        return {}, []
    values, rest, lines = front_matter.split_markdown(_joined_text(cells[0].get("source")))
    return (values, [{**cells[0], "source": rest}] if rest.strip() else []) if lines else ({}, [])


def _html_of(cell: dict[str, Any], language: str, warnings: list[str]) -> str:
    kind, source = cell.get("cell_type"), _joined_text(cell.get("source", cell.get("input")))
    if kind == "heading":
        level = cell.get("level")
        level = level if level in (1, 2, 3, 4, 5, 6) else 2
        return f"<h{level}>{escape(source)}</h{level}>"
    if kind == "markdown":
        return _markdown(source, _as_mapping(cell.get("attachments")), warnings)
    if kind != "code":
        return ""
    code = "\n".join(line for line in source.split("\n") if not _MAGIC.match(line)).strip("\n")
    code_block = (
        f'<pre><code class="language-{escape(language)}">{escape(code, quote=False)}</code></pre>' if code else ""
    )
    outputs = cell.get("outputs")
    return code_block + "".join(_output_html(outputs if isinstance(outputs, list) else []))


def _markdown(source: str, attachments: dict[str, Any], warnings: list[str]) -> str:
    body, body_warnings = body_and_warnings(source)
    warnings += body_warnings

    def attached(found: re.Match[str]) -> str:
        files = _as_mapping(attachments.get(found[1]))
        kind = next((kind for kind in _PICTURES if kind in files), "")
        return f'src="data:{kind};base64,{"".join(_joined_text(files[kind]).split())}"' if kind else found[0]

    return _ATTACHMENT.sub(attached, body)


def _output_html(outputs: list[Any]) -> Iterator[str]:
    text = ""
    for output in map(_as_mapping, outputs):
        if output.get("output_type") == "stream":
            text += _joined_text(output.get("text")) if output.get("name") != "stderr" else ""
            continue
        yield from _block(text)
        text = ""
        if output.get("output_type") in ("error", "pyerr"):
            yield from _block(f"{output.get('ename', '')}: {output.get('evalue', '')}")
        else:
            yield from _result_html(_as_mapping(output.get("data")) or output)
    yield from _block(text)


def _result_html(data: dict[str, Any]) -> Iterator[str]:
    """The HTML of a result: its picture, else its table, Markdown or plain text."""
    data = {**data, **{f"image/{kind}": data[kind] for kind in ("png", "jpeg") if kind in data}}  # version 3
    if kind := next((kind for kind in _PICTURES if kind in data), ""):
        yield f'<p><img alt="" src="data:{kind};base64,{"".join(_joined_text(data[kind]).split())}"></p>'
    elif "<table" in (table := _joined_text(data.get("text/html", data.get("html")))):
        yield table
    elif markdown := _joined_text(data.get("text/markdown")):
        yield body_and_warnings(markdown)[0]
    else:
        yield from _block(_joined_text(data.get("text/plain", data.get("text"))))


def _block(text: str) -> Iterator[str]:
    text = _TERMINAL.sub("", text).strip("\n")
    if text and not re.fullmatch(r"<[\w.]+ at 0x[0-9a-f]+>|\[?<matplotlib[^\n]*", text):
        more = "\n…" if len(text) > _LONGEST_OUTPUT else ""
        yield f"<pre>{escape(text[:_LONGEST_OUTPUT], quote=False)}{more}</pre>"
