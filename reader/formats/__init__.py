"""The formats an article file may have. A format is one file ``from_*.py`` here with ``SUFFIXES`` and ``read``.

``SUFFIXES`` are those of its file names, with the dot; ``read(data: bytes) -> Draft`` raises UnreadableArticle.
"""

from __future__ import annotations

import pkgutil
from dataclasses import replace
from importlib import import_module
from typing import Any, Protocol, cast

from ..errors import UnknownFormat, UnreadableArticle
from ..i18n import Message
from ..models import Draft
from ..sanitizer import strip_control_characters

LARGEST_BYTES = 2_000_000
"""About 650,000 Chinese characters, a long novel. A larger file is no article, and would only cost time."""


class Format(Protocol):
    SUFFIXES: tuple[str, ...]

    def read(self, data: bytes) -> Draft: ...


def _formats() -> dict[str, Format]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name.startswith("from_"))
    modules = [cast("Format", import_module(f"{__name__}.{name}")) for name in names]
    return {suffix: module for module in modules for suffix in module.SUFFIXES}


FORMATS = _formats()
"""By suffix: ``.md``, ``.html``, ``.txt`` …"""


def _without_control_characters(draft: Draft) -> Draft:
    """*draft* without characters that XML cannot hold: YAML and HTML can write what their bytes do not show."""
    texts = {name: value for name, value in vars(draft).items() if isinstance(value, str) and name != "body_html"}
    lists = {name: value for name, value in vars(draft).items() if isinstance(value, tuple)}
    said = "".join([*texts.values(), *(text for value in lists.values() for text in value)])
    if strip_control_characters(said) == said:
        return draft
    changed: dict[str, Any] = {name: strip_control_characters(text).strip() for name, text in texts.items()}
    changed |= {
        name: tuple(filter(None, (strip_control_characters(text) for text in value))) for name, value in lists.items()
    }
    return replace(draft, **changed)


def read_draft(suffix: str, data: bytes, limit_bytes: int = LARGEST_BYTES) -> Draft:
    """The file's content as a Draft, by its *suffix* (with or without dot, any case).

    Raises UnknownFormat, or UnreadableArticle with the line to blame; nothing else, whatever the bytes.
    """
    known = FORMATS.get("." + suffix.lower().lstrip("."))
    if known is None:
        raise UnknownFormat(suffix, sorted(FORMATS))
    if len(data) > limit_bytes:
        raise UnreadableArticle(
            Message("too large for an article: %(size)s bytes", size=f"{len(data):,}"),
            Message("the limit is %(most)s bytes; split the file", most=f"{limit_bytes:,}"),
        )
    draft = _without_control_characters(known.read(data))
    if not draft.title:
        raise UnreadableArticle(
            Message("no title"), Message("add title: … to the front matter, or begin with a heading")
        )
    return draft
