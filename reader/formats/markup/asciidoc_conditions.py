"""Conditions of AsciiDoc: ``ifdef::name[]``, ``ifndef::name[]``, ``ifeval::[…]`` to ``endif::[]``, ``ifdef::a[text]``.

They are evaluated as in Asciidoctor for a page: an attribute is set if a line above sets it, or if it is one of the
default attributes. Text under a condition that is false or not supported is left out, with a warning.
"""

from __future__ import annotations

import re

_LINE = re.compile(r"(ifdef|ifndef|ifeval|endif)::([^\[\]]*)\[(.*)\][ \t]*")
_ATTRIBUTE = re.compile(r":(!?)([\w-]+)(!?):(?:[ \t]+(.*))?[ \t]*")
_COMPARISON = re.compile(r"""\s*(["']?)([^"'<>=!]*)\1\s*(==|!=)\s*(["']?)([^"'<>=!]*)\4\s*""")
_REFERENCE = re.compile(r"\{([\w-]{1,80})\}")
_DEFAULT_ATTRIBUTES = {
    "backend": "html5", "backend-html5": "", "basebackend": "html", "basebackend-html": "", "doctype": "article",
    "doctype-article": "", "backend-html5-doctype-article": "", "outfilesuffix": ".html", "asciidoctor": "",
}  # fmt: skip


def apply_conditions(lines: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Returns the included lines, the excluded lines, and the conditions that excluded them."""
    if not any("::" in line and _LINE.fullmatch(line) for line in lines):
        return lines, [], []
    return _Conditions().evaluate(lines)


class _Conditions:
    def __init__(self) -> None:
        self.values = dict(_DEFAULT_ATTRIBUTES)
        self.open: list[bool] = []
        """The results of the conditions that have not ended, from the outermost to the innermost."""
        self.unmet_count = 0
        self.included, self.excluded, self.names = list[str](), list[str](), list[str]()

    def evaluate(self, lines: list[str]) -> tuple[list[str], list[str], list[str]]:
        for line in lines:
            if found := _LINE.fullmatch(line):
                self._condition(*found.groups())
            else:
                self._add_line(line)
        return self.included, self.excluded, list(dict.fromkeys(self.names))

    def _add_line(self, line: str) -> None:
        if self.unmet_count:
            self.excluded.append(line)
            return
        self.included.append(line)
        if found := _ATTRIBUTE.fullmatch(line):
            if found[1] or found[3]:
                self.values.pop(found[2], None)
            else:
                self.values[found[2]] = (found[4] or "").strip()

    def _condition(self, kind: str, names: str, content: str) -> None:
        if kind == "endif":
            self.unmet_count -= bool(self.open) and not self.open.pop()
            return
        is_met = self._is_met(kind, names.strip(), content)
        if not is_met and not self.unmet_count:
            self.names.append(f"{kind}::{names}[{content if kind == 'ifeval' else ''}]")
        if kind != "ifeval" and content:
            (self._add_line if is_met else self.excluded.append)(content)
            return
        self.open.append(is_met)
        self.unmet_count += not is_met

    def _is_met(self, kind: str, names: str, expression: str) -> bool:
        if kind == "ifeval":
            found = _COMPARISON.fullmatch(_REFERENCE.sub(lambda name: self.values.get(name[1], ""), expression))
            return found is not None and (found[2].strip() == found[5].strip()) == (found[3] == "==")
        either = any if "," in names else all
        is_set = either(name.strip() in self.values for name in re.split(r"[,+]", names))
        return is_set == (kind == "ifdef")
