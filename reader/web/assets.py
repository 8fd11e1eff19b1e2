"""The style sheets and the script, minified once, to be written into pages: what a page has to ask for comes late."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import rcssmin
import rjsmin
from markupsafe import Markup

_ZERO = re.compile(r"(?<=[\s:,(-])0\.")
"""The nought of 0.6em, which CSS does without."""


class InlineStyles:
    """``styles("reader", "article")`` is the style of a page made of these files of ``static/css/``."""

    def __init__(self, folder: Path) -> None:
        self._minified = {
            path.relative_to(folder).with_suffix("").as_posix(): _minified(path) for path in folder.rglob("*.css")
        }

    def __call__(self, *names: str) -> Markup:
        return Markup("").join(self._minified[name] for name in names)

    def of_body(self, kinds: Iterable[str]) -> Markup:
        """What the tags and classes of a body need: ``body/table.css`` for a table; most need nothing."""
        return self(*(f"body/{name}" for name in kinds if f"body/{name}" in self._minified))

    def of_choices(self, classes: str) -> Markup:
        """What the reader's choices add: ``choices/dark.css`` for the class ``dark``; s3 and the like need none."""
        return self(*(f"choices/{name}" for name in classes.split() if f"choices/{name}" in self._minified))


def script(path: Path) -> Markup:
    return Markup(rjsmin.jsmin(path.read_text("utf-8")))  # noqa: S704  our own file


def _minified(path: Path) -> Markup:
    return Markup(_ZERO.sub(".", rcssmin.cssmin(path.read_text("utf-8"))))  # noqa: S704  our own file
