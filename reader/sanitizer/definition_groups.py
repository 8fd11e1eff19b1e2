"""Removes the ``div`` that HTML allows around each group of a ``dl`` (HTML 4.4.9), so that its items stay items."""

from __future__ import annotations

import re

_TAG = re.compile(r"<(/?)(dl|dt|dd|div)\b[^>]*>")


def without_definition_groups(clean: str) -> str:
    """The *clean* HTML of nh3, whose tags are balanced, without each ``div`` that is directly in a ``dl``."""
    if "<dl" not in clean or "<div" not in clean:
        return clean
    around: list[str] = []

    def kept(tag: re.Match[str]) -> str:
        if tag[1]:
            is_group = bool(around) and around.pop() == "group"
        else:
            is_group = tag[2] == "div" and around[-1:] in (["dl"], ["group"])
            around.append("group" if is_group else tag[2])
        return "" if is_group else tag[0]

    return _TAG.sub(kept, clean)
