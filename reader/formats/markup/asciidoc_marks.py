"""The inline markup of AsciiDoc, as rules for ``inline_to_markdown``."""

from __future__ import annotations

import re

from .inline_to_markdown import Keep, code, markdown_link, picture, surround

_NAMED_ATTRIBUTE = re.compile(r'([\w-]+)=(?:"([^"]*)"|(.*))')


def attributes_in(text: str) -> dict[str, str]:
    """Parses an attribute list: ``source,ruby,link="x"`` → ``{"0": "source", "1": "ruby", "link": "x"}``."""
    found: dict[str, str] = {}
    for number, part in enumerate(re.findall(r'(?:[^,"]|"[^"]*")+', text)):
        named = _NAMED_ATTRIBUTE.fullmatch(part.strip())
        found[named[1] if named else str(number)] = (named[2] or named[3] or "") if named else part.strip().strip('"')
    return found


def _link(found: re.Match[str], keep: Keep) -> str:
    return markdown_link(
        found[1], re.sub(r",\s*(?:window|role|opts|options)=.*|\^$", "", _on_one_line(found[2])).strip('"'), keep
    )


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _literal(found: re.Match[str], keep: Keep) -> str:
    """``+text+``, in which no character is markup."""
    return keep(re.sub(r"[^\w\s]", lambda sign: f"&#{ord(sign[0])};", found[1]))


_IN_MODULE = re.compile(r"([\w-]+):(?:page\$)?([^:]+\.adoc(?:#.*)?)")
"""A page of another module of Antora, whose files are in ``modules/<module>/pages/``: ``tour:start.adoc``."""


def _cross_reference(found: re.Match[str], keep: Keep) -> str:
    """A link to a heading of this file, or to another file."""
    target, text = found[1].strip(), _on_one_line(found[2] or "")
    if module := _IN_MODULE.fullmatch(target):
        target, text = f"../../{module[1]}/pages/{module[2]}", text or module[2].partition(".adoc")[0]
    if not re.search(r"\.adoc|[#/]", target):
        target = f"#{target}"
    return markdown_link(target, text or target.lstrip("#").replace("_", " ").strip(), keep)


def _role_span(found: re.Match[str], keep: Keep) -> str:
    """``[.line-through]#text#``. A role that has no meaning without its style sheet becomes plain text."""
    sign = _ROLES.get(found[1].lower(), "")
    return f"{keep(sign)}{found[2]}{keep(sign.replace('<', '</'))}" if sign else found[2]


_ROLES = {"line-through": "<del>", "underline": "<u>"}
INLINE_RULES = (
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
    (re.compile(r"<<([^<>,]{1,800})(?:,([^<>]{1,800}))?>>"), _cross_reference),
    (re.compile(r"xref:([^\s\[]{1,800})\[([^\]]{0,800})\]"), _cross_reference),
    (re.compile(r"\[\.([\w-]{1,40}+)[\w.#-]{0,80}\]##?(?=\S)([^#\n]{1,800}?)(?<=\S)##?"), _role_span),
    (re.compile(r"\[\[\[(?:[^\[\],]{1,800},\s*)?([^\[\],]{1,800})\]\]\]"), lambda found, _: f"[{found[1]}]"),
    (re.compile(r"\[\[[^\[\]]{1,800}\]\]|\[[.#][\w.-]+\](?=[#*_`])"), lambda *_: ""),
    (re.compile(r"\*\*([^*]{1,800}?)\*\*|(?<![\w*])\*(?=\S)([^*]{1,800}?)(?<=\S)\*(?![\w*])"), surround("**")),
    (re.compile(r"__(.{1,800}?)__|(?<![\w_])_(?=\S)([^_]{1,800}?)(?<=\S)_(?![\w_])"), surround("*")),
    (re.compile(r"(?<![\w#&])#(?=\S)([^#\n]{1,800}?)(?<=\S)#(?![\w#])"), surround("<mark>")),
    (re.compile(r"(?<!~)~([^\s~]{1,80})~(?!~)"), surround("<sub>")),
    (re.compile(r"\^([^\s^]{1,80})\^"), surround("<sup>")),
    (re.compile(r"[ \t]\+$", re.MULTILINE), lambda _, keep: keep("<br>")),
    (re.compile(r"(?<=\w) ?-- ?(?=\w)"), lambda *_: "—"),
)
