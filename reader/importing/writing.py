"""Writes an imported article into the articles folder: whole or not at all, and never over another."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from markupsafe import Markup

from ..formats import front_matter, read_draft
from ..formats.markdown_writer import comparable, to_markdown
from ..models import Draft, slug_of
from ..sanitizer import sanitize

LONGEST_SLUG = 60
_CODE = re.compile(r"<pre>(?:<code>)?([^<]*)(?:</code>)?</pre>")
_BARE_FIGURE = re.compile(r"<figure>(<img[^>]*>)</figure>")
ORIGIN = "# imported from "
"""The front matter's first line is a comment that tells where the article came from."""


def to_file(draft: Draft, origin: str, suffix: str) -> tuple[str, bytes]:
    """(suffix, content) of the article's file: Markdown, unless it would lose something or HTML is wished for."""
    head = front_matter.write(draft)
    if origin:
        head = head.replace("---\n", f"---\n{ORIGIN}{_one_line(origin)}\n", 1)
    if suffix == ".md":
        body = to_plain_markdown(draft.body_html)
        if _body_in(f"{head}\n{body}") == comparable(_clean(draft.body_html)):
            return ".md", f"{head}\n{body}".encode()
    comment = head.replace("-->", "--\\u003e")  # such a value is quoted, so YAML reads the escape
    return ".html", f"<!--\n{comment}-->\n<article>\n{draft.body_html.strip()}\n</article>\n".encode()


def to_plain_markdown(body_html: str) -> str:
    """Any body as Markdown."""
    return to_markdown(_clean(body_html))


def _clean(body_html: str) -> Markup:
    """A figure of a picture alone as the picture, preformatted text as code: what Markdown has signs for."""
    html = _BARE_FIGURE.sub(r"<p>\1</p>", str(sanitize(body_html)))
    return sanitize(_CODE.sub(lambda found: f"<pre><code>{found[1].rstrip()}\n</code></pre>", html))


def _body_in(markdown: str) -> str:
    return comparable(sanitize(read_draft(".md", markdown.encode()).body_html))


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def slug_for(draft: Draft, taken: set[str]) -> str:
    """The article's own name, else a short one from its title; numbered when another has it."""
    wanted = slug_of(draft.slug) or slug_of(draft.title)[:LONGEST_SLUG].strip("-_") or "article"
    number = 2
    slug = wanted
    while slug in taken:
        slug = f"{wanted}-{number}"
        number += 1
    return slug


def put(path: Path, content: bytes) -> None:
    """Makes *path* appear with all its *content* at once. Raises FileExistsError rather than replace a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".import-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        _take_name(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _take_name(temporary: str, path: Path) -> None:
    """Unlike rename, link fails when the name is taken. Where a file system has no links, the name is taken first."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        path.touch(exist_ok=False)
        Path(temporary).replace(path)


def put_picture(path: Path, content: bytes) -> None:
    """As ``put``; the same picture, left there by an article that is gone, is good as it is."""
    if not (path.is_file() and path.read_bytes() == content):
        put(path, content)
