"""Marks within a line of AsciiDoc, as rules for ``inline_to_markdown``."""

from __future__ import annotations

import re

from .inline_to_markdown import Keep, around, code, linked, picture

_NAMED = re.compile(r'([\w-]+)=(?:"([^"]*)"|(.*))')


def attributes_in(text: str) -> dict[str, str]:
    """``source,ruby,linenums`` → 0: source, 1: ruby …; ``link="x"`` by its name."""
    found: dict[str, str] = {}
    for number, part in enumerate(re.findall(r'(?:[^,"]|"[^"]*")+', text)):
        named = _NAMED.fullmatch(part.strip())
        found[named[1] if named else str(number)] = (named[2] or named[3] or "") if named else part.strip().strip('"')
    return found


def _link(found: re.Match[str], keep: Keep) -> str:
    return linked(found[1], re.sub(r",\s*(?:window|role|opts|options)=.*|\^$", "", found[2]).strip('"'), keep)


def _literal(found: re.Match[str], keep: Keep) -> str:
    """``+text+``, in which nothing is a mark."""
    return keep(re.sub(r"[^\w\s]", lambda sign: f"&#{ord(sign[0])};", found[1]))


def _cross(found: re.Match[str], keep: Keep) -> str:
    """A link to a heading of this file, or to another file."""
    target, text = found[1].strip(), (found[2] or "").strip()
    if not re.search(r"\.adoc|[#/]", target):
        target = f"#{target}"
    return linked(target, text or target.lstrip("#").replace("_", " ").strip(), keep)


def _with_role(found: re.Match[str], keep: Keep) -> str:
    """``[.line-through]#text#``; a role that says nothing without its style sheet leaves the text."""
    sign = _ROLES.get(found[1].lower(), "")
    return f"{keep(sign)}{found[2]}{keep(sign.replace('<', '</'))}" if sign else found[2]


_ROLES = {"line-through": "<del>", "underline": "<u>"}
MARKS = (
    (re.compile(r'(?<!\w)"`(?=\S)([^`"]{1,800}?)(?<=\S)`"(?!\w)'), lambda found, _: f"“{found[1]}”"),
    (re.compile(r"(?<!\w)'`(?=\S)([^`']{1,800}?)(?<=\S)`'(?!\w)"), lambda found, _: f"‘{found[1]}’"),
    (re.compile(r"`\+([^`]{1,800}?)\+`|\+\+\+?(.{1,800}?)\+\+\+?"), code),
    (re.compile(r"``([^`\n]{1,800})``|(?<![\w`])`([^`\n]{1,800})`(?![\w`])"), code),
    (re.compile(r"(?<![\w+])\+(?=[^\s+])([^+\n]{1,800}?)(?<=\S)\+(?![\w+])"), _literal),
    (re.compile(r"(?:stem|latexmath|asciimath):\[(.{1,800}?)\]"), lambda found, keep: keep(f"${found[1]}$")),
    (re.compile(r"\({3}[^()]{1,800}\){3}|(?:indexterm:|anchor:[^\s\[]{1,800})\[[^\]]{0,800}\]"), lambda *_: ""),
    (
        re.compile(r"(?<![\w(])\(\(([^()]{1,800})\)\)(?!\))|indexterm2:\[([^\]]{1,800})\]"),
        lambda found, _: found[1] or found[2],
    ),
    (re.compile(r"menu:([^\s\[]{1,800})\[([^\]]{1,800})\]"), lambda found, _: f"{found[1]} > {found[2]}"),
    (re.compile(r"(?:pass|kbd|btn|menu|icon):[^\s\[]{0,800}\[([^\]]{0,800})\]"), lambda found, _: found[1]),
    (
        re.compile(r"image:([^:\s\[][^\[\n]{0,800})\[([^\]]{0,800})\]"),
        lambda found, keep: keep(picture(found[1], attributes_in(found[2]).get("0", ""))),
    ),
    (re.compile(r"footnote:\w*\[([^\[\]]{1,800})\]"), lambda found, keep: keep("^[") + found[1] + keep("]")),
    (re.compile(r"(?:link|mailto):([^\s\[]{1,800})\[([^\]]{0,800})\]"), _link),
    (re.compile(r"((?:https?|ftp|irc)://[^\s<>\[\]]{1,800})\[([^\]]{0,800})\]"), _link),
    (re.compile(r"<?(https?://[^\s<>\[\]，。；：！？（）《》、]{1,800})>?"), lambda found, keep: keep(f"<{found[1]}>")),
    (re.compile(r"<<([^<>,]{1,800})(?:,([^<>]{1,800}))?>>"), _cross),
    (re.compile(r"xref:([^\s\[]{1,800})\[([^\]]{0,800})\]"), _cross),
    (re.compile(r"\[\.([\w-]{1,40}+)[\w.#-]{0,80}\]##?(?=\S)([^#\n]{1,800}?)(?<=\S)##?"), _with_role),
    (re.compile(r"\[\[\[(?:[^\[\],]{1,800},\s*)?([^\[\],]{1,800})\]\]\]"), lambda found, _: f"[{found[1]}]"),
    (re.compile(r"\[\[[^\[\]]{1,800}\]\]|\[[.#][\w.-]+\](?=[#*_`])"), lambda *_: ""),
    (re.compile(r"\*\*(.{1,800}?)\*\*|(?<![\w*])\*(?=\S)([^*\n]{1,800}?)(?<=\S)\*(?![\w*])"), around("**")),
    (re.compile(r"__(.{1,800}?)__|(?<![\w_])_(?=\S)([^_\n]{1,800}?)(?<=\S)_(?![\w_])"), around("*")),
    (re.compile(r"(?<![\w#&])#(?=\S)([^#\n]{1,800}?)(?<=\S)#(?![\w#])"), around("<mark>")),
    (re.compile(r"(?<!~)~([^\s~]{1,80})~(?!~)"), around("<sub>")),
    (re.compile(r"\^([^\s^]{1,80})\^"), around("<sup>")),
    (re.compile(r"[ \t]\+$"), lambda _, keep: keep("<br>")),
    (re.compile(r"(?<=\w) ?-- ?(?=\w)"), lambda *_: "—"),
)
