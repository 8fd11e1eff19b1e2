"""Shows blocks that docutils rejects, so that no content is lost.

Options of Sphinx that docutils doesn't know (``:caption:``, ``:emphasize-lines:``) are ignored. A block that docutils
cannot parse, such as a table whose columns don't fit, is shown as its source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ...i18n import N_, Message
from ...patterns import lazy_pattern
from ..dialects.masking import Masks
from ..fields.field_values import Field

if TYPE_CHECKING:
    from docutils import nodes

_LITERAL = lazy_pattern(
    r"^([ \t]*)(?:\.\. (?:code(?:-block)?|sourcecode|parsed-literal|prompt|math|raw)::.*|(?!\.\. ).*::[ \t]*)"
    r"(?:\n[ \t]*$)*(?:\n(?:\1[ \t]+\S.*|[ \t]*$))+"
    r"|``(?=\S)[^`\n]{1,400}(?:\n[^`\n]{1,400})?``",
    re.MULTILINE,
)
"""A literal in a line, and a block of code with the line above it."""
_SHOWN_NEVERTHELESS = ("Title underline too short", "Title overline too short")
"""The warnings of docutils about headings that it shows nevertheless."""
_REJECTED_BLOCK = N_("the block at line %(line)s can't be read (%(cause)s); it is shown as it is")


_POST = lazy_pattern(r"^\.\. post::[ \t]*(.*)((?:\n[ \t]+:[\w-]{1,40}:.*)*)", re.MULTILINE)
_OPTION = lazy_pattern(r"\n[ \t]+:([\w-]+):[ \t]*(.*)")


def fields_of_post(text: str) -> list[Field]:
    """The fields of ABlog's directive ``.. post:: 1 May, 2026``; without a date the article is a draft."""
    found = _POST.search(text)
    if not found:
        return []
    date, line = found[1].strip(), text.count("\n", 0, found.start()) + 1
    first = Field("date", date, line, "lines") if date else Field("draft", "true", line, "lines")
    return [first, *(Field(name, value.strip(), line, "lines") for name, value in _OPTION.findall(found[2]))]


def mask_literals(text: str, masks: Masks) -> str:
    """*text* with placeholders for its code, where ``{% tags %}`` are code too."""
    return _LITERAL.sub(lambda found: masks.keep(found[0]), text) if "{" in text else text


@contextmanager
def any_options(names: Iterable[str]) -> Iterator[None]:
    """While the context is active, the directives *names* of docutils accept any option."""
    from docutils.parsers.rst import directives
    from docutils.parsers.rst.languages import en

    find: Any = directives.directive
    known = {name: find(name, en, None)[0] for name in names if name in en.directives}
    lenient = {name: _lenient_directive(kind) for name, kind in known.items() if getattr(kind, "option_spec", None)}
    for name, kind in lenient.items():
        directives.register_directive(name, kind)
    try:
        yield
    finally:
        for name in lenient:
            vars(directives)["_directives"].pop(name, None)


_RAW_ROLE = re.compile(
    r"^[ \t]*\.\. role::[ \t]*([\w.+-]{1,80})[ \t]*\([ \t]*raw[ \t]*\)[ \t]*\n[ \t]+:format:(.*)", re.MULTILINE
)


def _lenient_directive(directive: Any) -> type:
    from docutils import nodes
    from docutils.parsers.rst import directives

    class SphinxOptions(dict):  # type: ignore[type-arg]
        def __missing__(self, _: str) -> Any:
            return directives.unchanged

    known = directive.option_spec

    class Lenient(directive):  # type: ignore[misc]
        options: dict[str, Any]
        option_spec = SphinxOptions(known)

        def run(self) -> list[nodes.Node]:
            """Drops unknown options: an option of a picture would become an attribute of its node."""
            caption = self.options.get("caption") if directive.__name__ == "CodeBlock" else None
            self.options = {name: value for name, value in self.options.items() if name in known}
            title = [nodes.paragraph("", "", nodes.strong("", caption.replace("``", "")))] if caption else []
            return [*title, *super().run()]

    return Lenient


def replace_nodes(replacements: Iterable[tuple[nodes.Node, list[nodes.Node]]]) -> None:
    """Replaces each node by the nodes paired with it. docutils itself searches all siblings for each replacement, in
    quadratic time."""
    by_parent: dict[int, tuple[nodes.Element, dict[int, list[nodes.Node]]]] = {}
    for node, others in replacements:
        by_parent.setdefault(id(node.parent), (node.parent, {}))[1][id(node)] = others
    for parent, replaced in by_parent.values():
        children = list(parent.children)
        parent.clear()
        for child in children:
            parent.extend(replaced.get(id(child), [child]))


def take_messages(document: nodes.document, most: int) -> tuple[Message, ...]:
    """Replaces the messages of docutils in the document by the source of the rejected blocks.

    Otherwise they would appear in fields like text of the author. Returns at most *most* warnings about these blocks.
    """
    from docutils import nodes

    warnings, replacements = list[Message](), list[tuple[nodes.Node, list[nodes.Node]]]()
    for message in document.findall(nodes.system_message):
        block = next((child for child in message.children if isinstance(child, nodes.literal_block)), None)
        text = message.children[0].astext() if message.children else ""
        if block is None or not block.astext().strip() or text.startswith(_SHOWN_NEVERTHELESS):
            replacements.append((message, []))
            continue
        replacements.append((message, [nodes.literal_block("", block.astext())]))
        cause = text.strip().split("\n")[0].rstrip(".")[:200]
        warnings.append(Message(_REJECTED_BLOCK, line=str(message.get("line", "?")), cause=cause))
    replace_nodes(replacements)
    return tuple(warnings[:most])


def drop_raw_roles(document: nodes.document, text: str) -> None:
    """Removes uses of roles for other output, such as ``.. role:: tex(raw)`` with ``:format: latex``."""
    from docutils import nodes

    roles = tuple(f":{name}:`" for name, formats in _RAW_ROLE.findall(text) if "html" not in formats.lower())
    problems = list(document.findall(nodes.problematic)) if roles else []
    replace_nodes([(problem, []) for problem in problems if problem.astext().startswith(roles)])


def names_of_decorations(document: nodes.document) -> list[str]:
    """``header`` and ``footer``, if *document* has these directives: text for each printed page, which is not shown."""
    from docutils import nodes

    decorations = document.findall(nodes.decoration)
    return [type(part).__name__ for decoration in decorations for part in decoration.children]
