"""Masks code, mathematics and escaped characters while the syntax of other tools is converted.

Each part is replaced by a placeholder of two non-characters and a number (U+FDD0 number U+FDD1). XML forbids these
characters and the sanitizer removes them, so that a forged placeholder has no effect. Formulas have placeholders of
their own (U+FDD2 number U+FDD3) until Markdown is converted to HTML: before, their characters would be parsed as
Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape

from ...patterns import lazy_pattern
from .code_chunks import read_chunk, split_title
from .tex_delimiters import with_formulas

RoleText = Callable[[str, str], str]
_ROLE = lazy_pattern(r"(?<![\\{$])\{([A-Za-z][\w:.+-]{0,40})\}$")
"""A role of MyST, directly before its code span."""
_NON_CHARACTERS = "\ufdd0\ufdd1\ufdd2\ufdd3"
MARK = lazy_pattern("\ufdd0(\\d+)\ufdd1")
_PREFIX = r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*[ \t>]*"
_ITEM_MARK = lazy_pattern(r"[^\s>]")
_FENCE = lazy_pattern(rf"(?P<prefix>{_PREFIX})(?P<fence>`{{3,}}(?=[^`\n]*$)|~{{3,}})(?P<info>.*)")
_CODE_TAG = lazy_pattern(
    r"(?P<prefix>[ \t>]*)(?:\{%-?\s*"
    r"(?P<liquid>highlight|codeblock|code(?!\s+(?:title|overflow|lineNumbers|fullWidth)=))\b(?P<arguments>[^\n]*?)-?%\}"
    r"|\{\{[<%]\s*(?P<hugo>highlight|code)\b(?P<hugo_arguments>[^\n]*?)[>%]\}\})"
)
_LIST_ITEM = lazy_pattern(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_CODE_ELEMENT = lazy_pattern(r"<(/?)(pre|code|script|style|textarea)\b[^<>]{0,500}>", re.IGNORECASE)
_ELEMENT_IN_LINE = lazy_pattern(r"<(/?)(code|script|style|textarea|math|pre)\b[^<>]{0,500}>", re.IGNORECASE)
_FORMULA = lazy_pattern("<[^<>]*\ufdd2[^<>]*>|\ufdd2(\\d+)\ufdd3")
_FORMULA_MARK = lazy_pattern("\ufdd2(\\d+)\ufdd3")
_CODE_SPAN = lazy_pattern(r"`+(.*?)`+", re.DOTALL)
_CODE_BLOCK = lazy_pattern(
    r"(?:^[ \t>]*(?=<[^/])|(?=</))<(/?)(pre|script|style|textarea)\b[^<>]{0,500}>", re.IGNORECASE | re.MULTILINE
)
"""The beginning of a block of HTML (CommonMark 4.6, kind 1), which has priority over code spans."""
_BLOCK_TAG = lazy_pattern(r"</?(?:pre|script|style|textarea)\b", re.IGNORECASE)
_INDENTS = ("    ", "\t")
_BLOCK_SIGNS = ("```", "~~~", "{%", "{{", *(f"\n{indent}" for indent in _INDENTS))
"""A text without these, and without an indent at its beginning, has no code block."""
_BACKTICKS = lazy_pattern(r"`+|\n[ \t]*(?=\n)")
_ESCAPE = lazy_pattern(r"\\[!-/:-@\[-`{-~]")
_LANGUAGE = lazy_pattern(r"(?:lang[:=])?([A-Za-z][\w+#.-]*)")


class Masks:
    """Stores the masked parts of a text by number, and restores them.

    ::

        masks = Masks()
        text = mask_code(text, masks)
        text = masks.restore(convert(text))
    """

    def __init__(self) -> None:
        self._masked: list[str] = []
        self.formulas: list[tuple[str, bool]] = []
        """Pairs of TeX and whether it is displayed; for ``<math>``, pairs of HTML and False."""

    def keep(self, text: str) -> str:
        """Stores *text* and returns its placeholder."""
        self._masked.append(text)
        return f"\ufdd0{len(self._masked) - 1}\ufdd1"

    def restore(self, text: str) -> str:
        """Replaces the placeholders in *text*. A stored text can contain only placeholders of earlier texts."""
        while "\ufdd0" in text and MARK.search(text):
            text = MARK.sub(
                lambda found: self._masked[int(found[1])] if int(found[1]) < len(self._masked) else "", text
            )
        return text

    def in_each_line(self, line: str, convert: Callable[[str], str]) -> str:
        """``convert(line)``, and the same for each further line of the texts whose placeholders are in *line*."""

        def converted(found: re.Match[str]) -> str:
            first, *rest = self.restore(found[0]).split("\n")
            return self.keep("\n".join([first, *map(convert, rest)])) if rest else found[0]

        return MARK.sub(converted, convert(line))

    def keep_formula(self, tex: str, display: bool) -> str:
        """Stores a formula and returns its placeholder for ``restore_formulas``. Accepts GitLab's ``$`x`$``."""
        tex = self.restore(tex)
        if span := _CODE_SPAN.fullmatch(tex):
            tex = span[1]
        self.formulas.append((tex, display))
        return f"\ufdd2{len(self.formulas) - 1}\ufdd3"

    def restore_formulas(self, html: str, markup_of: Callable[[str, bool], str]) -> str:
        """Replaces placeholders in the text of *html* by ``markup_of(tex, display)``, in its tags by the TeX."""

        def restored(found: re.Match[str]) -> str:
            if found[1] is None:
                return _FORMULA_MARK.sub(lambda mark: escape(self._formula(mark)[0]), found[0])
            tex, display = self._formula(found)
            return tex if tex.startswith("<math") else markup_of(tex, display)

        return _FORMULA.sub(restored, html) if self.formulas else html

    def _formula(self, mark: re.Match[str]) -> tuple[str, bool]:
        number = int(mark[1])
        return self.formulas[number] if number < len(self.formulas) else ("", False)


def mask_code(text: str, masks: Masks, role_text: RoleText | None = None) -> str:
    """*text* with placeholders for code blocks, code spans, ``<pre>``, mathematics and escaped characters.

    *role_text* converts a code span with a role before it, ``{ref}`x```: the name and the content to Markdown.
    """
    if any(sign in text for sign in _NON_CHARACTERS):
        text = text.translate(dict.fromkeys(map(ord, _NON_CHARACTERS)))
    text = _mask_blocks(text, masks)
    keep: Callable[[re.Match[str]], str] = lambda found: masks.keep(found[0])  # noqa: E731
    if _BLOCK_TAG.search(text):
        text = _mask_tags(text, masks, _CODE_BLOCK)
    if "`" in text:
        text = _mask_spans(text, masks, role_text)
    if "<" in text:
        text = _mask_tags(text, masks, _ELEMENT_IN_LINE)
    text = with_formulas(text, masks.keep_formula)
    return _ESCAPE.sub(keep, text) if "\\" in text else text


def mask_elements(text: str, masks: Masks, tags: re.Pattern[str] = _CODE_ELEMENT) -> str:
    """HTML with placeholders for its code, scripts and styles, or for the elements whose tags match *tags*."""
    return _mask_tags(text, masks, tags)


def _mask_tags(text: str, masks: Masks, tags: re.Pattern[str]) -> str:
    """Masks elements such as ``<pre>`` … ``</pre>``, each up to its first end tag."""
    out, done, name, start = [], 0, "", 0
    for found in tags.finditer(text):
        if not name and not found[1]:
            name, start = found[2].lower(), found.start()
        elif found[1] and found[2].lower() == name:
            element = text[start : found.end()]
            placeholder = masks.keep_formula(element, False) if name == "math" else masks.keep(element)
            out += [text[done:start], placeholder]
            name, done = "", found.end()
    return "".join([*out, text[done:]])


def closes_fence(line: str, prefix: str, fence: str) -> bool:
    """Whether *line* ends the code block that begins with *prefix* and *fence* (CommonMark 4.5).

    It holds nothing but at least as many of the same marks, at most three columns further right.
    """
    marks = line.lstrip(" \t>" if ">" in prefix else " \t")
    indentation = len(line[: len(line) - len(marks)].expandtabs(4))
    marks = marks.rstrip()
    return len(marks) >= len(fence) and not marks.strip(fence[0]) and indentation <= len(prefix.expandtabs(4)) + 3


def _mask_blocks(text: str, masks: Masks) -> str:
    if not text.startswith(_INDENTS) and not any(sign in text for sign in _BLOCK_SIGNS):
        return text
    lines = text.split("\n")
    return "\n".join(_Blocks(lines, masks).read())


class _Blocks:
    """Masks code blocks, line by line as in CommonMark (4.4, 4.5), and code in tags of other tools."""

    def __init__(self, lines: list[str], masks: Masks) -> None:
        self.lines, self.masks = lines, masks
        self.endless: set[str] = set()

    def read(self) -> Iterator[str]:
        at, after_blank, in_list = 0, True, False
        while at < len(self.lines):
            line = self.lines[at]
            size, text = self._fence_at(at) or self._tag_at(at) or (0, "")
            if size:
                yield text
                at, after_blank = at + size, False
                continue
            if after_blank and not in_list and (size := self._indented_size(at)):
                yield self.masks.keep("\n".join(self.lines[at : at + size]))
                at += size
                continue
            if _LIST_ITEM.match(line):
                in_list = True
            elif line.strip() and after_blank and not line.startswith((" ", "\t")):
                in_list = False
            after_blank = not line.strip()
            yield line
            at += 1

    def _fence_at(self, at: int) -> tuple[int, str] | None:
        line = self.lines[at]
        found = _FENCE.match(line) if "```" in line or "~~~" in line else None
        if not found:
            return None
        quoted, end = ">" in found["prefix"], at + 1
        while end < len(self.lines):
            if quoted and ">" not in self.lines[end]:
                end -= 1
                break
            if closes_fence(self.lines[end], found["prefix"], found["fence"]):
                break
            end += 1
        content, closing = self.lines[at + 1 : end], self.lines[end : end + 1]
        title, info = split_title(found["info"], content)
        prefix, first = found["prefix"], found["fence"] + info
        if "{" in found["info"] and (chunk := read_chunk(found["info"], content)) is not None:
            first, content = f"{found['fence']}{chunk[0]}", chunk[1]
            if not content:
                return end + 1 - at, prefix
        fence = self.masks.keep(_unwrap_raw("\n".join([first, *content, *closing])))
        if not title:
            return end + 1 - at, prefix + fence
        below = _ITEM_MARK.sub(" ", prefix)
        return end + 1 - at, f"{below.rstrip()}\n{prefix}**{title}**\n{below.rstrip()}\n{below}{fence}"

    def _tag_at(self, at: int) -> tuple[int, str] | None:
        """``{% highlight ruby %}`` … ``{% endhighlight %}`` as a fence: its number of lines and the masked text."""
        line = self.lines[at]
        found = _CODE_TAG.match(line) if "{%" in line or "{{" in line else None
        if not found:
            return None
        name = found["liquid"] or found["hugo"]
        if name in self.endless:
            return None
        end_tag = rf"\{{%-?\s*end{name}\s*-?%\}}" if found["liquid"] else rf"\{{\{{[<%]\s*/\s*{name}\s*[>%]\}}\}}"
        inside = [line[found.end() :]]
        for number in range(at, len(self.lines)):
            if number > at:
                inside.append(self.lines[number])
            if end := re.search(end_tag, inside[-1]):
                rest, inside[-1] = inside[-1][end.end() :], inside[-1][: end.start()]
                arguments = found["arguments"] if found["liquid"] else found["hugo_arguments"]
                code = _unwrap_raw("\n".join(inside).strip("\n")).strip("\n")
                is_in_html = at > 0 and self.lines[at - 1].lstrip().startswith("<") and ">" not in found["prefix"]
                fence = (_element_of if is_in_html else _fence_of)(arguments or "", code, found["prefix"])
                title = "" if is_in_html or name != "codeblock" else _codeblock_title(arguments)
                above = f"\n{found['prefix']}**{title}**\n\n{found['prefix']}" if title else found["prefix"]
                return number + 1 - at, above + self.masks.keep(fence) + (f"\n\n{rest}" if rest else "")
        self.endless.add(name)
        return None

    def _indented_size(self, at: int) -> int:
        """The number of lines from *at* that are a block of indented code."""
        if not self.lines[at].strip() or not self.lines[at].startswith(_INDENTS):
            return 0
        end = at
        while end < len(self.lines) and (not self.lines[end].strip() or self.lines[end].startswith(_INDENTS)):
            end += 1
        while end > at and not self.lines[end - 1].strip():
            end -= 1
        return end - at


def _language(arguments: str) -> str:
    found = re.search(r"lang[:=]\s*([\w+#.-]+)", arguments) or _LANGUAGE.match(arguments.strip().strip("\"'"))
    return found[1].lower() if found else ""


def _codeblock_title(arguments: str) -> str:
    """The title in the arguments of ``{% codeblock [title] [lang:x] [url] [link text] [option:x] %}`` (Hexo)."""
    words = [word for word in arguments.split() if not re.match(r"https?://|\w+:\S", word)]
    return " ".join(words[":" not in arguments.partition("http")[0] :]) if words else ""


def _element_of(arguments: str, code: str, prefix: str) -> str:  # noqa: ARG001 the signature of _fence_of
    """*code* as an HTML element, for a block of HTML: a fence has no meaning there, and a blank line would end it."""
    language = _language(arguments)
    begins = f'<pre><code class="language-{language}">' if language else "<pre><code>"
    return begins + re.sub(r"\n(?=\s*\n)", "&#10;", escape(code, quote=False)) + "</code></pre>"


def _fence_of(arguments: str, code: str, prefix: str) -> str:
    longest = max((len(run) for run in re.findall("`{3,}", code)), default=2)
    fence = "`" * (longest + 1)
    lines = [f"{fence}{_language(arguments)}", *code.split("\n"), fence]
    bare = [line if line.startswith(prefix) else prefix + line for line in lines[1:]]
    return "\n".join([lines[0], *bare])


def _unwrap_raw(code: str) -> str:
    """*code* without ``{% raw %}`` around it. Jekyll interprets tags in code, and authors wrap template code in it."""
    if "{% raw %}" not in code or "{% endraw %}" not in code:
        return code
    first = code.index("{% raw %}")
    if "\n" in code[:first].strip("`~\n \t") or code.count("{% raw %}") != code.count("{% endraw %}"):
        return code
    return re.sub(r"\{% (?:end)?raw %\}\n?", "", code) if code.count("{% raw %}") == 1 else code


def _mask_spans(text: str, masks: Masks, role_text: RoleText | None = None) -> str:
    """Masks code spans: from a run of backticks to the next one of equal length in the paragraph (CommonMark 6.1)."""
    runs = list(_BACKTICKS.finditer(text))
    following: dict[tuple[int, int], int] = {}
    paragraph, out, done = 0, [], 0
    keys: list[tuple[int, int]] = []
    for number, run in enumerate(runs):
        paragraph += run[0][0] == "\n"
        keys.append((paragraph, len(run[0]) if run[0][0] == "`" else 0))
        following.setdefault((*keys[-1],), number)
    last: dict[tuple[int, int], int] = {}
    next_equal = [0] * len(runs)
    for number in range(len(runs) - 1, -1, -1):
        next_equal[number] = last.get(keys[number], 0)
        last[keys[number]] = number
    number = 0
    while number < len(runs):
        end = next_equal[number] if keys[number][1] else 0
        if not end or (runs[number].start() and text[runs[number].start() - 1] == "\\"):
            number += 1
            continue
        before, span = text[done : runs[number].start()], text[runs[number].start() : runs[end].end()]
        role = _ROLE.search(before) if role_text else None
        if role_text and role:
            converted = role_text(role[1], span.strip("`").strip())
            before = before[: role.start()]
            out += [before, masks.keep(converted) if converted.startswith("`") else converted]
        else:
            out += [before, masks.keep(_unwrap_raw_span(span))]
        done, number = runs[end].end(), end + 1
    return "".join([*out, text[done:]])


def _unwrap_raw_span(span: str) -> str:
    """A code span without ``{% raw %}`` and ``{% endraw %}`` at its ends."""
    found = re.fullmatch(r"(`+ ?)\{% raw %\}(.*?)\{% endraw %\}( ?`+)", span, re.DOTALL)
    return f"{found[1]}{found[2]}{found[3]}" if found else span
