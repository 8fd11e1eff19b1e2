"""The slug and file content of an imported article. ``new_files`` creates the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, count

from markupsafe import Markup

from ..formats import read_draft
from ..formats.fields import front_matter
from ..formats.markdown_writer import comparable, to_markdown
from ..library.skipped_names import original_of, reason_to_skip_name
from ..models import INDEX_NAMES, Draft, slug_of
from ..sanitizer import sanitize

LONGEST_SLUG = 60
_CODE = re.compile(r"<pre>(?:<code>)?([^<]*)(?:</code>)?</pre>")
_BARE_FIGURE = re.compile(r"<figure>(<img[^>]*>)</figure>")
_COMMENT_END = re.compile("--(!?)>")
"""The end of an HTML comment (HTML standard, 13.2.5.51, 13.2.5.52)."""
ORIGIN = "# imported from "
"""The prefix of the first line of the front matter, a comment with the source address."""


def to_file(draft: Draft, origin: str, suffix: str) -> tuple[str, bytes]:
    """(suffix, content) of the article file: Markdown, or HTML if Markdown can't represent the body or *suffix* is
    ``.html``."""
    head = front_matter.write(draft)
    if origin:
        head = head.replace("---\n", f"---\n{ORIGIN}{_one_line(origin)}\n", 1)
    if suffix == ".md":
        body = to_plain_markdown(draft.body_html)
        if _body_in(f"{head}\n{body}") == comparable(_clean(draft.body_html)):
            return ".md", f"{head}\n{body}".encode()
    comment = _COMMENT_END.sub(r"--\1\\u003e", head)  # YAML quotes such a value, so it reads the escape
    return ".html", f"<!--\n{comment}-->\n<article>\n{draft.body_html.strip()}\n</article>\n".encode()


def to_plain_markdown(body_html: str) -> str:
    """Any HTML body as Markdown."""
    return to_markdown(_clean(body_html))


def _clean(body_html: str) -> Markup:
    """Simplifies HTML that Markdown has syntax for: a figure without a caption to a picture, preformatted text to
    code."""
    html = _BARE_FIGURE.sub(r"<p>\1</p>", str(sanitize(body_html)))
    return sanitize(_CODE.sub(lambda found: f"<pre><code>{found[1].rstrip()}\n</code></pre>", html))


def _body_in(markdown: str) -> str:
    return comparable(sanitize(read_draft(".md", markdown.encode()).body_html))


def _one_line(text: str) -> str:
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()


def slug_for(draft: Draft, existing: set[str]) -> str:
    """A slug for the draft that is not in *existing*: its own slug, else a short one from its title.

    A number is appended if the slug exists, or if a file of that name would not be read as an article (``DNA的複製.md``
    looks like a copy). ``article`` if that does not help.
    """
    names = (slug_of(draft.slug), slug_of(draft.title)[:LONGEST_SLUG].strip("-_"), "article")
    slugs = chain.from_iterable(map(_numbered, filter(None, names)))
    return next(
        slug for slug in slugs if slug not in existing and not _is_copy(slug, existing) and _is_article_name(slug)
    )


def _is_copy(slug: str, existing: set[str]) -> bool:
    """Whether a file with this name would be taken for a copy of one beside it, such as ``rain_old.md``."""
    found = original_of(f"{slug}.md")
    return found is not None and not found[1] and found[0].removesuffix(".md") in existing


def _numbered(name: str) -> Iterator[str]:
    """*name*, then with 2, 3, … without names that would be skipped."""
    yield name
    if _is_article_name(f"{name}-2"):
        yield from (f"{name}-{number}" for number in count(2))


def _is_article_name(stem: str) -> bool:
    """Whether a file with this name is read as an article with the slug *stem*."""
    return stem.lower() not in INDEX_NAMES and not reason_to_skip_name(f"{stem}.md")
