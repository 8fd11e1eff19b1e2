"""Minifies style sheets and scripts at the start. Pages contain them inline, which saves requests."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import rcssmin
import rjsmin
from markupsafe import Markup

_ZERO = re.compile(r"(?<=[\s:,(-])0\.")
"""The zero of ``0.6em``, which CSS does not need."""


class InlineStyles:
    """``styles("reader", "article")`` returns the minified content of these files of ``static/css/``."""

    def __init__(self, folder: Path) -> None:
        self._minified = {
            path.relative_to(folder).with_suffix("").as_posix(): _minified(path) for path in folder.rglob("*.css")
        }
        self._joined = lru_cache(maxsize=256)(self._join)

    def __call__(self, *names: str) -> Markup:
        return self._joined(names)

    def of_body(self, kinds: Iterable[str]) -> Markup:
        """The style sheets for the tags and classes in a body, such as ``body/table.css``, where they exist."""
        return self._joined(tuple(name for kind in kinds if (name := f"body/{kind}") in self._minified))

    def of_choices(self, classes: str) -> Markup:
        """The style sheets for preference classes, such as ``choices/dark.css`` for ``dark``, where they exist."""
        return self._joined(
            tuple(name for choice in classes.split() if (name := f"choices/{choice}") in self._minified)
        )

    def _join(self, names: tuple[str, ...]) -> Markup:
        return Markup("").join(self._minified[name] for name in names)


def script(source: str) -> Markup:
    """The minified JavaScript *source*."""
    return Markup(rjsmin.jsmin(source))  # noqa: S704  our own file


def _minified(path: Path) -> Markup:
    return Markup(_ZERO.sub(".", rcssmin.cssmin(path.read_text("utf-8"))))  # noqa: S704  our own file
