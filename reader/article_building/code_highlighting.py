"""Code in colours, and labelled diagrams, for all pages and files that show HTML.

Done once, when a file is read: that happens in a child process, which a hostile text cannot hold up, and no web process
loads Pygments. Pygments' kinds of tokens are grouped into the few classes of ``CLASSES_OF_CODE``, which
``static/css/body/highlight.css`` and ``templates/export/highlight.css`` colour. ``plain_code`` is the way back.
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
"""Characters of a block; a longer one stays plain. Lexers are regular expressions, some take cubic time."""
LONGEST_TOGETHER = 100_000
"""Characters of all highlighted blocks of one article."""
MOST_SECONDS = 1.0
"""CPU time of a block, 20 times that of the longest ordinary one. If one takes longer, no other is highlighted."""
DIAGRAMS = frozenset(["mermaid", "plantuml", "puml", "dot", "graphviz", "flowchart", "flow", "sequence", "ditaa", "d2"])

_GROUPS = {
    "Keyword.Constant": "hm", "Keyword.Type": "ht", "Keyword": "hk", "Operator.Word": "hk", "Literal.String": "hs",
    "Literal": "hm", "Comment.Preproc": "ha", "Comment": "hc", "Name.Builtin": "ht", "Name.Tag": "ht",
    "Name.Function": "hf", "Name.Class": "hf", "Name.Exception": "hf", "Name.Decorator": "ha",
    "Name.Attribute": "ha", "Name.Variable": "ha", "Generic.Deleted": "hd", "Generic.Inserted": "hs",
    "Generic.Heading": "hk", "Generic.Subheading": "hk", "Generic.Prompt": "hc", "Generic.Output": "hc",
}  # fmt: skip
"""Kinds of tokens as Pygments names them, the narrower first, and their classes; all others have none."""
_BLOCK = re.compile(r'<pre><code class="language-([\w+#.-]+)">([^<]*)</code></pre>')
_SPAN = re.compile(r'<span class="h[a-z]">([^<]*)</span>')
_FIGURE = re.compile(r'<figure class="diagram"><figcaption>[^<]*</figcaption>(<pre>.*?</pre>)</figure>', re.DOTALL)


def with_highlighted_code(body: Markup, language: str) -> Markup:
    """Sanitized *body* with classes for the tokens of its code, and a caption in *language* for its diagrams."""
    if 'class="language-' not in body:
        return body
    left = [LONGEST_TOGETHER]

    def highlighted(block: re.Match[str]) -> str:
        name, code = block[1].lower(), unescape(block[2])
        left[0] -= len(code)
        tokens = list(_tokens(name, code)) if len(code) <= LONGEST_CODE and left[0] >= 0 else []
        if tokens and tokens[0] is _STOPPED:
            left[0] = 0
            tokens = []
        html = "".join(_html(kind, text) for kind, text in tokens) or block[2]
        pre = f'<pre><code class="language-{block[1]}">{html}</code></pre>'
        return _labelled(pre, name, language) if name in DIAGRAMS else pre

    return Markup(_BLOCK.sub(highlighted, str(body)))  # noqa: S704  tokens are escaped


def plain_code(body: str) -> Markup:
    """*body* without the classes of tokens."""
    return Markup(_SPAN.sub(r"\1", str(body)) if '<span class="h' in body else body)  # noqa: S704  only tags go


def without_labels(body: str) -> Markup:
    """*body* as its file has it: plain code, and diagrams without a caption."""
    return Markup(_FIGURE.sub(r"\1", str(plain_code(body))))  # noqa: S704  only a caption goes


def _labelled(pre: str, name: str, language: str) -> str:
    label = translated(Message("Diagram source (%(language)s)", language=name), language)
    return f'<figure class="diagram"><figcaption>{escape(label)}</figcaption>{pre}</figure>'


def _html(kind: str, text: str) -> str:
    escaped_text = escape(text, quote=False)
    return f'<span class="{kind}">{escaped_text}</span>' if kind else escaped_text


# -- Pygments -----------------------------------------------------------------------------------------------------

_STOPPED = ("", "")


def _tokens(name: str, code: str) -> Iterator[tuple[str, str]]:
    """(class or empty, text) of each stretch of *code*; nothing if it stays plain, ``_STOPPED`` if too slow."""
    lexer = _lexer(name)
    if not lexer:
        return
    try:
        with limited_cpu_time(MOST_SECONDS):
            found = list(lexer.get_tokens(code))
    except CpuTimeReached:
        yield _STOPPED
        return
    if "".join(text for _, text in found) == code:
        grouped = groupby(found, key=lambda token: _class_of(token[0]) if token[1].strip() else "")
        yield from ((kind, "".join(text for _, text in tokens)) for kind, tokens in grouped)


@lru_cache(100)
def _lexer(name: str) -> Any:
    """Pygments' lexer for a language; None if it has none."""
    if name not in _names():
        return None
    from pygments.lexers import get_lexer_by_name

    return get_lexer_by_name(name, stripnl=False, ensurenl=False)


@cache
def _names() -> frozenset[str]:
    from pygments.lexers import get_all_lexers

    return frozenset(alias for _, aliases, _, _ in get_all_lexers(plugins=False) for alias in aliases)


@cache
def _class_of(kind: Any) -> str:
    name = str(kind).removeprefix("Token.")
    return next((group for start, group in _GROUPS.items() if name == start or name.startswith(f"{start}.")), "")
