"""The inline markup of Org, as rules for ``inline_to_markdown``."""

from __future__ import annotations

import re
from html.entities import html5

from ...patterns import lazy_pattern
from .inline_to_markdown import Keep, code, is_picture, markdown_link, picture, surround

STAMP = lazy_pattern(r"[<\[](\d{4}-\d\d-\d\d)(?: [^\d\s<>\]]{1,40})?( \d?\d:\d\d)?[^<>\]\n]{0,200}[>\]]")
"""A date in brackets: ``<2026-05-01 Fri 06:00>``."""
_NOT_EXPORTED = r":exports[ \t]+(?:none|results)\b"
"""Code that Org does not export."""
_BEFORE, _AFTER = r"(?:^|(?<=[\s\-({'\"\u200b\u2e80-\uffef]))", r"(?=$|[\s\-.,;:!?)}'\"\u200b\u2e80-\uffef])"


def _emphasis(sign: str) -> re.Pattern[str]:
    return lazy_pattern(rf"{_BEFORE}{sign}(?=\S)(.{{1,800}}?(?:\n.{{0,800}}?)?)(?<=\S){sign}{_AFTER}")


def _link(found: re.Match[str], keep: Keep) -> str:
    target = re.sub(r"^(?:file|attachment):(?://)?", "", " ".join(found[1].split()))
    text = " ".join((found[2] or "").split())
    if is_picture(target) and not text:
        return keep(picture(target))
    if target.startswith("#") or re.match(r"https?:|mailto:|[^:]*$", target):
        if target.startswith("*"):  # a heading, by its words
            return markdown_link(
                "#" + re.sub(r"\s+", "-", target[1:].strip().lower()), text or target[1:].strip(), keep
            )
        return markdown_link(target, text, keep)
    return text or target


def _entity(found: re.Match[str], _keep: Keep) -> str:
    """The character of an entity such as ``\\alpha``. Org uses the names of HTML entities."""
    return html5.get(f"{found[1]};", found[0])


INLINE_RULES = (
    (lazy_pattern(r"@@html:(.{0,800}?)@@"), lambda found, keep: keep(found[1])),
    (lazy_pattern(r"<<<([^<>\n]{1,800})>>>"), lambda found, _: found[1]),
    (lazy_pattern(r"@@\w+:.{0,800}?@@|\{\{\{.{0,800}?\}\}\}|<<[^<>\n]{1,800}>>"), lambda *_: ""),
    (
        lazy_pattern(rf"\bsrc_\w{{1,40}}\[[^\[\]]{{0,800}}{_NOT_EXPORTED}[^\[\]]{{0,800}}\]\{{[^{{}}]{{1,800}}\}}"),
        lambda *_: "",
    ),
    (
        lazy_pattern(r"\$\$[^$]{1,800}\$\$|\\\(.{1,800}?\\\)|\\\[.{1,800}?\\\]|\{\{[<%].{0,800}?[>%]\}\}"),
        lambda found, keep: keep(found[0]),
    ),
    (lazy_pattern(r"\bsrc_\w{1,40}(?:\[[^\[\]]{0,800}\])?\{([^{}]{1,800})\}"), code),
    (_emphasis("="), code),
    (_emphasis("~"), code),
    (lazy_pattern(r"\[\[([^\[\]]{1,800})\](?:\[((?:[^\]]|\](?!\])){1,800})\])?\]"), _link),
    (lazy_pattern(r"\[fn:[\w-]*:[ ]?([^\[\]]{1,800})\]"), lambda found, keep: keep("^[") + found[1] + keep("]")),
    (lazy_pattern(r"\[fn:([\w-]+)\]"), lambda found, keep: keep(f"[^{found[1]}]")),
    (STAMP, lambda found, _: found[1] + (found[2] or "")),
    (
        lazy_pattern(r"\[cite(?:/[\w/-]{1,40})?:([^\[\]]{1,800})\]"),
        lambda found, _: f"({found[1].replace('@', '').strip()})",
    ),
    (lazy_pattern(r"\\([A-Za-z]{1,20}[0-9]?)(?:\{\}|(?![A-Za-z0-9]))"), _entity),
    (lazy_pattern(r"https?://[^\s<>\[\]，。；：！？（）《》、]{1,800}"), lambda found, keep: keep(found[0])),
    (_emphasis(r"\*"), surround("**")),
    (_emphasis("/"), surround("*")),
    (_emphasis("_"), surround("<u>")),
    (_emphasis(r"\+"), surround("~~")),
    (lazy_pattern(r"(?<=\S)_\{([^{}]{1,800})\}"), surround("<sub>")),
    (lazy_pattern(r"(?<=\S)\^\{([^{}]{1,800})\}"), surround("<sup>")),
    (lazy_pattern(r"\\\\[ \t]*$", re.MULTILINE), lambda _, keep: keep("<br>")),
    (lazy_pattern(r"(?<=[^-])---(?=[^-])"), lambda *_: "—"),
    (lazy_pattern(r"(?<=[^-])--(?=[^-])"), lambda *_: "–"),
)
