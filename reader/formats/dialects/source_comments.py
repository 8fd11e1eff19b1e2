"""Removes comments of Obsidian, HTML, Liquid and MDX, and MDX's imports and components."""

from __future__ import annotations

import re

from ...patterns import lazy_pattern
from ...sanitizer.allowlist import HTML_NAMES

_HTML_COMMENT = lazy_pattern(r"<!--(?!\s*more\s*-->).*?(?:-->|\Z)", re.DOTALL)
_LABELS = lazy_pattern(r"<!--[ \t]*(?:tab|timeline)[ \t]+([^\n]{1,200}?)(?:@\S+)?[ \t]*-->")
"""The labels of Hexo's tabs and timelines: ``<!-- tab Name -->``."""
_TAB_TAGS = ("{% tabs", "{% subtabs", "{% timeline")
_OBSIDIAN = lazy_pattern(r"(?<![%0-9A-Za-z])%%(?!%).*?%%(?!%)|^[ \t]*%%[ \t]*$.*\Z", re.DOTALL | re.MULTILINE)
_LIQUID = lazy_pattern(r"(?<!\{)\{%-?\s*comment\b[^%]*%\}.*?(?:\{%-?\s*endcomment\s*-?%\}|\Z)", re.DOTALL)
_KRAMDOWN = lazy_pattern(r"\{::comment\b[^{}]*\}.*?(?:\{:/(?:comment)?\}|\Z)", re.DOTALL)
_KRAMDOWN_TAG = lazy_pattern(r"\{::(?:nomarkdown|options)\b[^{}\n]*\}|\{:/(?:nomarkdown)?\}")
_HUGO = lazy_pattern(r"\{\{[<%]\s*comment\s*[>%]\}\}.*?(?:\{\{[<%]\s*/\s*comment\s*[>%]\}\}|\Z)", re.DOTALL)
_LIQUID_LINE = lazy_pattern(r"\{#.{0,2000}?#\}|\{%-?\s*#[^%]*%\}")
_TEMPLATE = lazy_pattern(
    r"\{\{-?\s*/\*.{0,2000}?\*/\s*-?\}\}|\{\{!--.{0,2000}?--\}\}|\{\{![^{}]{0,2000}\}\}|<%#.{0,2000}?%>", re.DOTALL
)
"""Comments of Go, Handlebars and ERB."""
_MDX = lazy_pattern(r"\{\s*/\*.{0,3000}?\*/\s*\}", re.DOTALL)
_IMPORT = lazy_pattern(
    r"^import\s+(?:[\w*{$][^'\"\n;]*?\s+from\s+|\{[^}]*\}\s*from\s+)?['\"][^'\"\n]+['\"]\s*;?[ \t]*$", re.MULTILINE
)
_EXPORT = lazy_pattern(
    r"^export\s+(?:default\b|(?:const|let|var|function|class|async)\s+\w|\{|\*\s+from\b).*?(?=\n[ \t]*\n|\{%|\Z)",
    re.MULTILINE | re.DOTALL,
)
_OF_FEISHU = "callout|quote-container|grid|column|lark-table|lark-tr|lark-td|view"
"""The elements of Feishu's Markdown that contain Markdown."""
_COMPONENT = lazy_pattern(rf"</?([A-Z]\w*[a-z][\w.]*|{_OF_FEISHU})(?=[\s/>])|^[ \t]*</?>[ \t]*$", re.MULTILINE)
_TEXT_ATTRIBUTE = lazy_pattern(r"""\b(src|href)=\{(?:\w{1,30}\()?["'`]([^"'`{}]+)["'`]\)?(?:\.default)?\}""")
_OTHER_ATTRIBUTE = lazy_pattern(r"""\s(?:style|class|className|key|ref|on[A-Z]\w*)=\{(?:[^{}]|\{[^{}]*\})*\}""")
_EXPRESSION = lazy_pattern(
    r"(?<![\\$\w{=(/])\{(?:new )?[A-Za-z_$][\w$]*"
    r"(?:\.[A-Za-z_$][\w$]*|\([^(){}\n]{0,200}\)|\[[^\[\]{}\n]{0,200}\]){0,9}\}(?!\})"
)
"""An expression of MDX: ``{props.name}``, ``{new Date().getYear()}``. In a page without imports, ``{name}`` is text."""
_LISTENER = lazy_pattern(r"""(?<=[\s"'])@[a-z][\w:.-]{0,60}(?:=(?:"[^"]{0,800}"|'[^']{0,800}'))?(?=[\s/>])""")
"""An event of Vue in a tag, ``@click="…"``. It is no attribute in HTML, so that Markdown would show the tag."""
_TAG = lazy_pattern(r"""<[a-zA-Z][\w-]{0,60}\s(?:"[^"]{0,800}"|'[^']{0,800}'|[^<>"']){1,200}+>""")
_END_SIGNS = lazy_pattern(r"[\"'`{}>]")
_LONGEST_TAG = 100_000
_MOST_WITHOUT_END = 300
"""The number of components without an end of their tag. The search for each end is slow, character by character."""
_BLANK_LINES = lazy_pattern(r"\n{3,}")


def without_comments(text: str, endless: list[str]) -> str:
    """*text* (with masked code) without comments, except ``<!-- more -->``, which ends a summary.

    Adds the beginnings of comments without an end to *endless*: the text below them is not shown.
    """

    def drop(comment: re.Match[str]) -> str:
        if not comment[0].endswith(("-->", "%%", "%}", "}}", "{:/}", "{:/comment}")):
            endless.append(" ".join(comment[0][:40].split()))
        return ""

    if "<!--" in text:
        text = _LABELS.sub(r"\n\n**\1**\n\n", text) if any(tag in text for tag in _TAB_TAGS) else text
        text = _HTML_COMMENT.sub(drop, text)
    if "%%" in text:
        text = _OBSIDIAN.sub(drop, text)
    if "comment" in text:
        text = _KRAMDOWN.sub(drop, _HUGO.sub(drop, _LIQUID.sub(drop, text)))
    if "{:" in text:
        text = _KRAMDOWN_TAG.sub("", text)
    if any(sign in text for sign in ("/*", "{{!", "<%#")):
        text = _TEMPLATE.sub("", text)
        text = _MDX.sub("", text)
    return _LIQUID_LINE.sub(_drop_unless_id, text) if "{#" in text or "{% #" in text else text


def _drop_unless_id(found: re.Match[str]) -> str:
    """Removes ``{# … #}``, a comment of Jinja and Nunjucks, but not ``{#id}``, the id of a heading."""
    return "" if not re.fullmatch(r"\{#[\w-]+\}.*", found[0]) else found[0]


def _without_code(text: str) -> str:
    """*text* without imports, exports and expressions of MDX, and with ``src="x"`` for ``src={require("x")}``."""
    whole = text
    if "import" in text:
        text = _IMPORT.sub("", text)
    if "export" in text:
        text = _EXPORT.sub("", text)
    if len(text) < len(whole) and "{" in text:
        text = _EXPRESSION.sub("", text)
    if "={" in text:
        text = _OTHER_ATTRIBUTE.sub("", _TEXT_ATTRIBUTE.sub(r'\1="\2"', text))
    return text


def without_components(text: str) -> str:
    """*text* without the code of MDX and Vue: imports, exports, and tags of components. Their content is unchanged."""
    text = _without_code(text)
    if "<" not in text:
        return text
    if "@" in text:
        text = _TAG.sub(lambda tag: _LISTENER.sub("", tag[0]) if "@" in tag[0] else tag[0], text)
    out, done, endless = [], 0, 0
    end_tags = {found[1] for found in _COMPONENT.finditer(text) if found[0].startswith("</")}
    for found in _COMPONENT.finditer(text):
        if endless > _MOST_WITHOUT_END or found.start() < done:
            continue
        end = found.end() if found[0].endswith(">") else _end_of_tag(text, found.end())
        if not end:
            endless += 1
            continue
        tag = text[found.start() : end]
        is_alone = tag[-1] == ">" and not text[text.rfind("\n", 0, found.start()) + 1 : found.start()].strip()
        is_alone = is_alone and text[end : end + 1] in ("", "\n")
        if (found[1] or "").lower() in HTML_NAMES:  # ``<Aside>``
            out += [text[done : found.start()], _with_blank_lines(text, found.start(), tag) if is_alone else tag]
            done = end
            continue
        if found[1] not in {*end_tags, None} and not tag.endswith("/>") and not is_alone:  # ``List<String>``
            continue
        out += [text[done : found.start()], _visible_text(tag)]
        done = end
    return _BLANK_LINES.sub("\n\n", "".join([*out, text[done:]])) if out else text


def _with_blank_lines(text: str, at: int, tag: str) -> str:
    """*tag*, which is alone on its line at *at*, so that what it contains is Markdown, as in MDX."""
    if not tag.startswith("</"):
        return f"{tag}\n"
    return f"\n{text[text.rfind(chr(10), 0, at) + 1 : at]}{tag}"


def _end_of_tag(text: str, at: int) -> int:
    """The position after the ``>`` that ends the tag around *at*, outside of braces and quotes; 0 without one."""
    depth, quote = 0, ""
    for found in _END_SIGNS.finditer(text, at, at + _LONGEST_TAG):
        sign = found[0]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'" or (sign == "`" and depth):
            quote = sign
        elif sign in "{}":
            depth += 1 if sign == "{" else -1
        elif sign == ">" and depth <= 0:
            return found.end()
    return 0


_LABEL = lazy_pattern(r"""\b(?:label|title|summary|text)=(?:"([^"]*)"|'([^']*)'|\{["']([^"'}]*)["']\})""")
_LABELLED_COMPONENT = lazy_pattern(r"<(?:TabItem|Tab|Badge|CodeGroupItem|Card|Accordion|Step|details)\b")


def _visible_text(tag: str) -> str:
    """The text that a component shows from its attributes: the label of a tab, the text of a badge. Often empty."""
    found = _LABEL.search(tag) if _LABELLED_COMPONENT.match(tag) else None
    words = next((word for word in found.groups() if word), "") if found else ""
    if not words:
        return ""
    return words if tag.startswith("<Badge") else f"\n\n**{words}**\n\n"
