"""Adds ids to headings that links within a text point to, by GitHub's rule, which authors of Markdown expect.

GitHub's rule: lower case, without punctuation, a hyphen for each space, ``-1`` for the second heading of that name.
Other programs keep some punctuation or capitals: without an exact match, only letters and digits are compared.
"""

from __future__ import annotations

import re
from collections import Counter
from html import escape, unescape
from urllib.parse import unquote

from .attributes import attributes_of

_LINK = re.compile(r'<a\b[^>]* href="#([^"]*)"')
_HEADING = re.compile(r"<(h[1-6])((?: [^>]*)?)>(.*?)</\1>", re.DOTALL)
_ID = re.compile(r' id="([^"]*)"')
_TAG = re.compile(r"<[^>]*>")
_NOT_IN_SLUG = re.compile(r"[^\w\- ]")
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")


def github_name(text: str) -> str:
    """The slug of a heading: ``Git Bash 使用说明`` → ``git-bash-使用说明``; ``一、背景`` → ``一背景``."""
    return _NOT_IN_SLUG.sub("", " ".join(text.split()).lower()).replace(" ", "-")


def with_linked_headings(clean: str) -> str:
    """*clean* (the output of nh3) with an id for each heading without one that a link points to."""
    if ' href="#' not in clean or "<h" not in clean:
        return clean
    targets = {unquote(unescape(found)) for found in _LINK.findall(clean)}
    names = dict(zip(_exact_names(clean), _HEADING.finditer(clean), strict=True))
    return _with_ids(clean, targets - set(map(unescape, _ID.findall(clean))), names)


def heading_names(html: str) -> dict[str, str]:
    """The ids of the headings of a body by their slugs, and by ``loose`` of their slugs unless that is a slug, too."""
    found: dict[str, str] = {}
    for name, heading in zip(_exact_names(html), _HEADING.finditer(html), strict=True):
        if heading_id := attributes_of(heading[2]).get("id"):
            found.setdefault(name, heading_id)
            found.setdefault(loose(name), heading_id)
    return found


def loose(name: str) -> str:
    """*name* with only letters and digits, in lower case."""
    return _NOT_ALPHANUMERIC.sub("", name).lower()


def _exact_names(html: str) -> list[str]:
    repetitions: Counter[str] = Counter()
    used: set[str] = set()
    names = []
    for heading in _HEADING.finditer(html):
        name = first = github_name(unescape(_TAG.sub("", heading[3])))
        while name in used:
            repetitions[first] += 1
            name = f"{first}-{repetitions[first]}"
        used.add(name)
        names.append(name)
    return names


def _with_ids(clean: str, targets: set[str], names: dict[str, re.Match[str]]) -> str:
    by_letters: dict[str, str] = {}
    for name in names:
        by_letters.setdefault(loose(name), name)
    slugs: dict[int, str] = {}
    for link in sorted(targets):
        name = link if link in names else by_letters.get(loose(link), "") if loose(link) else ""
        heading = names.get(name)
        if heading and "id" not in attributes_of(heading[2]):
            slugs.setdefault(heading.start(), link)
    out, done = [], 0
    for start, link in sorted(slugs.items()):
        end = clean.index(">", start)
        out.append(f'{clean[done:end]} id="{escape(link)}"')
        done = end
    return "".join([*out, clean[done:]])
