"""Highlights code and labels diagrams, for all pages and files that show HTML.

This is done once, when a child process reads the file: hostile text cannot block a web process, and no web process
imports Pygments. The token types of Pygments are mapped to the few classes of ``CLASSES_OF_CODE``, which
``static/css/body/highlight.css`` and ``templates/export/highlight.css`` colour. ``plain_code`` is the inverse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from html import escape, unescape
from itertools import groupby
from typing import Any

from markupsafe import Markup

from ..child_process.cpu_time import CpuTimeReached, limited_cpu_time
from ..i18n import Message, translated

LONGEST_CODE = 20_000
"""In characters. A longer block is not highlighted: lexers are regular expressions, and some take cubic time."""
LONGEST_TOGETHER = 100_000
"""In characters of all highlighted blocks of one article."""
MOST_SECONDS = 1.0
"""The CPU time of a block, 20 times that of the longest ordinary block. After a block that takes longer, no other block
is highlighted.
"""
DIAGRAMS = frozenset(["mermaid", "plantuml", "puml", "dot", "graphviz", "flowchart", "flow", "sequence", "ditaa", "d2"])

_GROUPS = {
    "Keyword.Constant": "hm", "Keyword.Type": "ht", "Keyword": "hk", "Operator.Word": "hk", "Literal.String": "hs",
    "Literal": "hm", "Comment.Preproc": "ha", "Comment": "hc", "Name.Builtin": "ht", "Name.Tag": "ht",
    "Name.Function": "hf", "Name.Class": "hf", "Name.Exception": "hf", "Name.Decorator": "ha",
    "Name.Attribute": "ha", "Name.Variable": "ha", "Generic.Deleted": "hd", "Generic.Inserted": "hs",
    "Generic.Heading": "hk", "Generic.Subheading": "hk", "Generic.Prompt": "hc", "Generic.Output": "hc",
}  # fmt: skip
"""The token types of Pygments, narrower ones first, and their classes. Other types have no class."""
_BLOCK = re.compile(r'<pre><code class="language-([\w+#.-]+)">([^<]*)</code></pre>')
_SPAN = re.compile(r'<span class="h[a-z]">([^<]*)</span>')
_FIGURE = re.compile(r'<figure class="diagram"><figcaption>[^<]*</figcaption>(<pre>.*?</pre>)</figure>', re.DOTALL)


def with_highlighted_code(body: Markup, language: str) -> Markup:
    """Sanitized *body* with classes for the tokens of its code, and a caption in *language* for its diagrams."""
    if 'class="language-' not in body:
        return body
    remaining = [LONGEST_TOGETHER]

    def highlighted(block: re.Match[str]) -> str:
        name, code = block[1].lower(), unescape(block[2])
        remaining[0] -= len(code)
        tokens = list(_tokens(name, code)) if len(code) <= LONGEST_CODE and remaining[0] >= 0 else []
        if tokens and tokens[0] is _TOO_SLOW:
            remaining[0] = 0
            tokens = []
        html = "".join(_html(kind, text) for kind, text in tokens) or block[2]
        pre = f'<pre><code class="language-{block[1]}">{html}</code></pre>'
        return _with_caption(pre, name, language) if name in DIAGRAMS else pre

    return Markup(_BLOCK.sub(highlighted, str(body)))  # noqa: S704  tokens are escaped


def plain_code(body: str) -> Markup:
    """*body* without the classes of tokens."""
    return Markup(_SPAN.sub(r"\1", str(body)) if '<span class="h' in body else body)  # noqa: S704  removes only tags


def without_labels(body: str) -> Markup:
    """*body* as in its file: plain code, and diagrams without a caption."""
    return Markup(_FIGURE.sub(r"\1", str(plain_code(body))))  # noqa: S704  removes only captions


def _with_caption(pre: str, name: str, language: str) -> str:
    label = translated(Message("Diagram source (%(language)s)", language=name), language)
    return f'<figure class="diagram"><figcaption>{escape(label)}</figcaption>{pre}</figure>'


def _html(kind: str, text: str) -> str:
    escaped_text = escape(text, quote=False)
    return f'<span class="{kind}">{escaped_text}</span>' if kind else escaped_text


# -- Pygments -----------------------------------------------------------------------------------------------------

_TOO_SLOW = ("", "")


def _tokens(name: str, code: str) -> Iterator[tuple[str, str]]:
    """Pairs of a class, which may be empty, and the text with that class.

    Yields nothing for a language without a lexer, and ``_TOO_SLOW`` if the lexer exceeds its CPU time.
    """
    lexer = _lexer(name)
    if not lexer:
        return
    try:
        with limited_cpu_time(MOST_SECONDS):
            found = list(lexer.get_tokens(code))
    except CpuTimeReached:
        yield _TOO_SLOW
        return
    if "".join(text for _, text in found) == code:
        grouped = groupby(found, key=lambda token: _class_of(token[0]) if token[1].strip() else "")
        yield from ((kind, "".join(text for _, text in tokens)) for kind, tokens in grouped)


@lru_cache(100)
def _lexer(name: str) -> Any:
    """The lexer of Pygments for a language; None without one."""
    if name not in _lexer_names():
        return None
    from pygments.lexers import get_lexer_by_name

    return get_lexer_by_name(name, stripnl=False, ensurenl=False)


@cache
def _lexer_names() -> frozenset[str]:
    from pygments.lexers import get_all_lexers

    return frozenset(alias for _, aliases, _, _ in get_all_lexers(plugins=False) for alias in aliases)


@cache
def _class_of(kind: Any) -> str:
    name = str(kind).removeprefix("Token.")
    return next((group for start, group in _GROUPS.items() if name == start or name.startswith(f"{start}.")), "")
