"""Conditions of AsciiDoc: ``ifdef::name[]``, ``ifndef::name[]``, ``ifeval::[…]`` to ``endif::[]``, ``ifdef::a[text]``.

As Asciidoctor has them for a page: a name is set if a line above sets it, or if every page has it. What stands under a
condition that is not met, or that is not understood, is not for this page: it is left out, and a warning says so.
"""

from __future__ import annotations

import re

_LINE = re.compile(r"(ifdef|ifndef|ifeval|endif)::([^\[\]]*)\[(.*)\][ \t]*")
_ATTRIBUTE = re.compile(r":(!?)([\w-]+)(!?):(?:[ \t]+(.*))?[ \t]*")
_EQUAL = re.compile(r"""\s*(["']?)([^"'<>=!]*)\1\s*(==|!=)\s*(["']?)([^"'<>=!]*)\4\s*""")
_NAMED = re.compile(r"\{([\w-]{1,80})\}")
_OF_EVERY_PAGE = {
    "backend": "html5", "backend-html5": "", "basebackend": "html", "basebackend-html": "", "doctype": "article",
    "doctype-article": "", "backend-html5-doctype-article": "", "outfilesuffix": ".html", "asciidoctor": "",
}  # fmt: skip


def under_conditions(lines: list[str]) -> tuple[list[str], list[str], list[str]]:
    """The lines that are for this page, those that aren't, and the conditions of these."""
    if not any("::" in line and _LINE.fullmatch(line) for line in lines):
        return lines, [], []
    return _Conditions().divided(lines)


class _Conditions:
    def __init__(self) -> None:
        self.values = dict(_OF_EVERY_PAGE)
        self.open: list[bool] = []
        """Whether each condition that has not ended is met."""
        self.unmet = 0
        self.kept, self.left_out, self.names = list[str](), list[str](), list[str]()

    def divided(self, lines: list[str]) -> tuple[list[str], list[str], list[str]]:
        for line in lines:
            if found := _LINE.fullmatch(line):
                self._condition(*found.groups())
            else:
                self._take(line)
        return self.kept, self.left_out, list(dict.fromkeys(self.names))

    def _take(self, line: str) -> None:
        if self.unmet:
            self.left_out.append(line)
            return
        self.kept.append(line)
        if found := _ATTRIBUTE.fullmatch(line):
            if found[1] or found[3]:
                self.values.pop(found[2], None)
            else:
                self.values[found[2]] = (found[4] or "").strip()

    def _condition(self, kind: str, names: str, content: str) -> None:
        if kind == "endif":
            self.unmet -= bool(self.open) and not self.open.pop()
            return
        is_met = self._is_met(kind, names.strip(), content)
        if not is_met and not self.unmet:
            self.names.append(f"{kind}::{names}[{content if kind == 'ifeval' else ''}]")
        if kind != "ifeval" and content:
            (self._take if is_met else self.left_out.append)(content)
            return
        self.open.append(is_met)
        self.unmet += not is_met

    def _is_met(self, kind: str, names: str, expression: str) -> bool:
        if kind == "ifeval":
            found = _EQUAL.fullmatch(_NAMED.sub(lambda name: self.values.get(name[1], ""), expression))
            return found is not None and (found[2].strip() == found[5].strip()) == (found[3] == "==")
        either = any if "," in names else all
        is_set = either(name.strip() in self.values for name in re.split(r"[,+]", names))
        return is_set == (kind == "ifdef")
