"""Flat headings to the tree of a list of contents."""

from __future__ import annotations

from dataclasses import dataclass, field

from .bodies import Heading


@dataclass
class Entry:
    """One line of contents; ``href`` is where it leads."""

    text: str
    href: str
    below: list[Entry] = field(default_factory=list)


def nested(headings: list[Heading], file: str) -> list[Entry]:
    """The headings as a tree. A skipped level (h2, h4) makes no empty step."""
    top: list[Entry] = []
    path: list[tuple[int, list[Entry]]] = [(0, top)]
    for heading in headings:
        while path[-1][0] >= heading.level:
            path.pop()
        entry = Entry(heading.text, f"{file}#{heading.id}")
        path[-1][1].append(entry)
        path.append((heading.level, entry.below))
    return top
