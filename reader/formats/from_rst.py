"""Reads reStructuredText (``.rst``) of Pelican, Nikola and Sphinx by docutils, which is imported only for such files.

Nothing is read from disk or network: ``include``, and the file options of ``raw`` and ``csv-table`` are disabled. The
text of directives and roles that docutils doesn't know is shown, with a warning for directives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from ..chinese import has_han
from ..errors import UnreadableArticle
from ..i18n import Message
from ..models import Draft
from .decoding import decode_text
from .dialects import MOST_WARNINGS, unknown_tag_warning, withheld_warning
from .dialects.html_builders import is_chinese
from .dialects.masking import Masks
from .dialects.shortcode_table import PLAYERS
from .dialects.shortcodes import without_tags
from .fields import front_matter
from .fields.field_values import Field
from .fields.unclosed_front_matter import require_text, without_incomplete_name
from .fields.unpublished_values import withheld_part
from .formulas.mathematics import Formulas
from .from_markdown import with_title
from .hidden_elements import LEFT_OUT, without_hidden
from .markup import rst_blocks, rst_limits
from .unpublished_markers import refuse_in_text

if TYPE_CHECKING:
    from docutils import nodes

SUFFIXES = (".rst", ".rest")
SAMPLE = "大雨\n####\n\n:date: 2026-05-01 06:00\n\n今天下雨。\n".encode()

_DIRECTIVE = re.compile(r"^[ \t]*\.\. (?:\|[^|\n]+\| )?([A-Za-z][\w.+:-]{0,40}?)[ \t]?::(?:[ \t]|$)", re.MULTILINE)
_ROLE = re.compile(r":([A-Za-z][\w.+:-]*):`([^`]*)`")
_LITERAL = re.compile(r'<span class="docutils literal">((?:<span class="pre">[^<]*</span>|[^<])*)</span>')
_TARGET = re.compile(r"(.*?)\s*<([^<>]*)>", re.DOTALL)
_PELICAN = re.compile(r"^(?:\{\w+\}|\|\w+\|)")
_MAIL_HEADER = re.compile(
    r"\A(?=(?:.*\n){0,40}?Title:)(?:[A-Z][\w-]{0,40}:(?:[ \t].*)?\n(?:[ \t]+\S.*\n)*){2,60}(?=[ \t]*\n)"
)
"""Fields as of a mail (RFC 2822), with which Python's PEPs begin; docutils reads them with its PEP reader only."""
_HEADER_NAME = re.compile(r"^(?=[A-Z])", re.MULTILINE)
_INCLUDE = re.compile(r"^[ \t]*\.\. (?:literal)?include::[ \t]*(\S{1,800})", re.MULTILINE)
_IGNORED = frozenset({"toctree", "index", "highlight", "contents", "sectnum", "include", "meta", "title"})
_LABEL_ARGUMENT = frozenset(
    {"tab", "tab-item", "group-tab", "dropdown", "details", "card", "grid-item-card", "centered"}
)
"""Directives whose argument is a label, even if it is one word."""
_TEXT_ARGUMENT = frozenset({"seealso"})
"""Directives whose argument is text, even if it is one word."""
_AUTHOR_NOTES = frozenset({"todo"})
"""Directives with notes of the author, which Sphinx does not show by default."""
_SETTINGS: dict[str, Any] = {
    "file_insertion_enabled": False, "raw_enabled": False, "_disable_config": True, "report_level": 5, "halt_level": 6,
    "syntax_highlight": "none", "docinfo_xform": False, "initial_header_level": 2, "line_length_limit": 2_000_000,
    "embed_stylesheet": False, "stylesheet_path": "", "math_output": "LaTeX", "warning_stream": False,
    "smart_quotes": False, "section_self_link": False, "toc_backlinks": False,
}  # fmt: skip


def read(data: bytes) -> Draft:
    """Reads the fields at the beginning (``:date: …``, ``.. date: …``), the title and the body."""
    whole = _MAIL_HEADER.sub(lambda header: _HEADER_NAME.sub(":", header[0]), decode_text(data))
    values, source, lines_above = front_matter.split_above(without_incomplete_name(whole, is_marked=True))
    masks = Masks()
    text, tags = without_tags(rst_blocks.mask_literals(source, masks), masks, lambda tag, body: None)  # noqa: ARG005
    text = masks.restore(text)
    rst_limits.check(text)
    try:
        with _register_unknown_directives(text) as names:
            document, refused = _document(text)
    except RecursionError as error:
        raise UnreadableArticle(
            Message("lists or quotations are nested too deep"), Message("split the file")
        ) from error
    fields = (*_fields(document), *rst_blocks.fields_of_post(text))
    values = {**front_matter.values_of(front_matter.with_draft_fields(fields, fields)), **values}
    if not values.get("draft"):
        refuse_in_text(source, lines_above + 1)
    warnings = (
        withheld_warning(name) if name in _AUTHOR_NOTES else unknown_tag_warning(name)
        for name in [*tags, *names][:MOST_WARNINGS]
    )
    left_out = [Message("the file %(name)s is not included", name=name[:80]) for name in _INCLUDE.findall(text)]
    values["warnings"] = (*values.get("warnings", ()), *warnings, *left_out[:MOST_WARNINGS], *refused)
    values["warnings"] += tuple(map(withheld_warning, rst_blocks.names_of_decorations(document)))
    title = document.get("title", "")
    masks, formulas = Masks(), Formulas()
    body, hidden = without_hidden(masks.restore_formulas(_html_of(document, masks), formulas.html))
    values["warnings"] = (*values["warnings"], *([LEFT_OUT] if hidden else []), *formulas.warnings())
    draft = with_title(values, (f"<h1>{escape(title)}</h1>" if title else "") + body)
    return draft if lines_above else require_text(draft)


def _document(text: str) -> tuple[nodes.document, tuple[Message, ...]]:
    """The parsed document, and warnings about blocks that docutils rejects."""
    from docutils import core

    settings = _settings("standalone", "restructuredtext", "null", "zh-CN" if is_chinese(text) else "en")
    document: nodes.document = core.publish_doctree(text, settings=deepcopy(settings))
    rst_blocks.drop_raw_roles(document, text)
    return document, rst_blocks.take_messages(document, MOST_WARNINGS)


@cache
def _settings(reader: str, parser: str, writer: str, language: str = "en") -> Any:
    """docutils' settings for these components. Cached: their construction takes a tenth of the time for a file."""
    from docutils import core, parsers, readers, writers

    publisher = core.Publisher(
        readers.get_reader_class(reader)(), parsers.get_parser_class(parser)(), writers.get_writer_class(writer)()
    )
    publisher.process_programmatic_settings(None, {**_SETTINGS, "language_code": language}, None)
    return publisher.settings


def _fields(document: nodes.document) -> Iterator[Field]:
    """The fields in a field list directly below the title. Removes the list from the document."""
    from docutils import nodes

    allowed_before = (
        nodes.title, nodes.subtitle, nodes.comment, nodes.target, nodes.system_message, nodes.decoration, nodes.pending,
        nodes.substitution_definition,
    )  # fmt: skip
    first = next((node for node in document.children if not isinstance(node, allowed_before)), None)
    if not isinstance(first, nodes.field_list):
        return
    for field in first.children:
        name, body = (child.astext() for child in field.children[:2])
        yield Field(name, " ".join(body.split()), field.line or 1, "lines")
    document.remove(first)


def _html_of(document: nodes.document, masks: Masks) -> str:
    from docutils import core, io, readers

    _move_notes_to_end(document)
    _drop_line_numbers(document)
    _convert_line_blocks(document)
    _replace_roles(document, masks)
    publisher = core.Publisher(
        reader=readers.get_reader_class("doctree")(),
        source=io.DocTreeInput(document),
        destination_class=io.StringOutput,
        settings=deepcopy(_settings("doctree", "null", "html5")),
    )
    publisher.set_writer("html5")
    publisher.publish()
    return _LITERAL.sub(r"<code>\1</code>", str(publisher.writer.parts["body"]))


def _replace_roles(document: nodes.document, masks: Masks) -> None:
    """Replaces roles of Sphinx by links or text, formulas by placeholders, and URLs of Pelican by paths."""
    from docutils import nodes

    for image in document.findall(nodes.image):
        image.attributes.pop("loading", None)  # ``:loading: embed`` reads any file, in spite of the settings
    replace_nodes = rst_blocks.replace_nodes
    replace_nodes(
        [(one, [nodes.Text(masks.keep_formula(one.astext(), False))]) for one in document.findall(nodes.math)]
    )
    replace_nodes(
        (block, [nodes.paragraph("", "", nodes.Text(masks.keep_formula(block.astext(), True)))])
        for block in list(document.findall(nodes.math_block))
    )
    replace_nodes([(problem, [nodes.Text(problem.astext())]) for problem in document.findall(nodes.problematic)])
    replace_nodes(
        (text, list(_role_nodes(str(text))))
        for text in list(document.findall(nodes.Text))
        if _ROLE.search(str(text)) and not isinstance(text.parent, (nodes.FixedTextElement, nodes.literal))
    )
    for element in document.findall(nodes.Element):
        for name in {"refuri", "uri"} & element.attributes.keys():
            element[name] = _PELICAN.sub("", element[name])


def _move_notes_to_end(document: nodes.document) -> None:
    """Moves footnotes to a numbered section at the end, with links in both directions, as in Markdown."""
    from docutils import nodes

    notes = [note for note in document.findall(nodes.footnote) if note["ids"]]
    if not notes:
        return
    calls: dict[str, int] = {}

    def with_backlinks(node: nodes.Node) -> nodes.Node:
        if not isinstance(node, nodes.footnote_reference) or not node.get("refid"):
            return node
        name = node["refid"]
        calls[name] = calls.get(name, 0) + 1
        again = f"-{calls[name]}" if calls[name] > 1 else ""
        link = f'<a href="#fn-{name}" id="fnref-{name}{again}">{escape(node.astext())}</a>'
        return nodes.raw("", f'<sup class="footnote-ref">{link}</sup>', format="html")

    for parent in dict.fromkeys(call.parent for call in document.findall(nodes.footnote_reference)):
        children = [with_backlinks(node) for node in parent.children]
        parent.clear()
        parent.extend(children)
    rst_blocks.replace_nodes([(note, []) for note in notes])
    document += nodes.raw("", '<section class="footnotes"><ol>', format="html")
    for note in notes:
        name = next((one for one in note["ids"] if one in calls), note["ids"][0])
        body = [part for part in note.children if not isinstance(part, nodes.label)]
        if name in calls and body and isinstance(body[-1], nodes.paragraph):
            body[-1] += nodes.raw("", f' <a href="#fnref-{name}" class="footnote-backref">↩</a>', format="html")
        document.extend([nodes.raw("", f'<li id="fn-{name}">', format="html"), *body])
        document += nodes.raw("", "</li>", format="html")
    document += nodes.raw("", "</ol></section>", format="html")


def _drop_line_numbers(document: nodes.document) -> None:
    """Removes the line numbers of code: a reader would copy them with the code."""
    from docutils import nodes

    rst_blocks.replace_nodes([(part, []) for part in document.findall(nodes.inline) if part["classes"] == ["ln"]])


def _convert_line_blocks(document: nodes.document) -> None:
    """Converts each line block, with the lines of its nested blocks, to a paragraph."""
    from docutils import nodes

    blocks = [block for block in document.findall(nodes.line_block) if not isinstance(block.parent, nodes.line_block)]
    verses = list[tuple[nodes.Node, list[nodes.Node]]]()
    for block in blocks:
        verse = nodes.paragraph()
        for number, line in enumerate(list(block.findall(nodes.line))):
            if number:
                verse += nodes.raw("", "<br>", format="html")
            verse.extend(line.children)
        verses.append((block, [verse]))
    rst_blocks.replace_nodes(verses)


def _role_nodes(text: str) -> Iterator[nodes.Node]:
    from docutils import nodes

    done = 0
    for role in _ROLE.finditer(text):
        yield nodes.Text(text[done : role.start()])
        done = role.end()
        found = _TARGET.fullmatch(role[2])
        words, target = (found[1] or found[2], found[2]) if found else (role[2].lstrip("~!"), role[2])
        if role[1].rpartition(":")[2] == "doc":
            yield nodes.reference("", words, refuri=target)
        elif role[1].startswith(("py:", "c:")) or role[1] in ("func", "class", "meth", "mod", "attr", "file", "kbd"):
            yield nodes.literal("", words)
        else:
            yield nodes.Text(words)
    yield nodes.Text(text[done:])


@contextmanager
def _register_unknown_directives(text: str) -> Iterator[list[str]]:
    """Registers a directive that shows its content for each unknown one in *text*. Yields the names to warn of.

    docutils stores directives and the roles of a file (``.. role:: strong(literal)``) globally. They are removed at the
    end, so that no file affects another.
    """
    from docutils.parsers.rst import Directive, directives, roles
    from docutils.parsers.rst.languages import en

    used = {name.lower() for name in _DIRECTIVE.findall(text)}
    names = sorted(used - en.directives.keys() | _IGNORED | {"raw"})
    for name in names:
        directives.register_directive(name, _fallback_directive(Directive))
    try:
        with rst_blocks.any_options(used.difference(names)):
            yield [name for name in names if name not in _SUPPORTED and name not in PLAYERS]
    finally:
        for name in names:
            vars(directives)["_directives"].pop(name, None)
        vars(roles)["_roles"].clear()


def _holds_for_html(condition: str) -> bool:
    """Whether the condition of ``only:: html or not latex`` is true for HTML. False for one with brackets."""
    return any(
        all((term.rpartition(" ")[2] in ("html", "builder_html")) != term.startswith("not ") for term in terms)
        for terms in (part.split(" and ") for part in condition.lower().split(" or "))
    )


_SUPPORTED = _IGNORED | _LABEL_ARGUMENT | {"raw", "only", "post", "tabs", "tab-set", "literalinclude"}
_SUPPORTED |= {"seealso", "versionadded", "versionchanged", "deprecated", "gallery", "more"}


def _fallback_directive(directive: type) -> type:
    from docutils import nodes
    from docutils.parsers.rst import directives

    class AnyOption(dict):  # type: ignore[type-arg]
        def __getitem__(self, _: str) -> Any:
            return directives.unchanged

        def __bool__(self) -> bool:
            return True

    class KeptText(directive):  # type: ignore[misc]
        """Shows its content, and its argument if that is a sentence; a link for a video or audio player."""

        optional_arguments, final_argument_whitespace, has_content, option_spec = 1, True, True, AnyOption()

        def run(self) -> list[nodes.Node]:
            arguments, name = " ".join(" ".join(self.arguments).split()), self.name.lower()
            if (
                name in _IGNORED | _AUTHOR_NOTES
                or withheld_part(name)
                or (name == "only" and not _holds_for_html(arguments))
            ):
                return []
            if name == "raw":  # the sanitizer runs later, as for all formats
                return [nodes.raw("", "\n".join(self.content), format="html")] if arguments.lower() == "html" else []
            block = nodes.container()
            if name in PLAYERS and arguments:
                label, address = PLAYERS[name]
                link = nodes.reference("", f"▶ {label}", refuri=address.format(arguments.split()[0]))
                block += nodes.paragraph("", "", link)
            elif name in _LABEL_ARGUMENT and arguments:
                block += nodes.paragraph(
                    "", "", nodes.strong("", "", *self.state.inline_text(arguments, self.lineno)[0])
                )
            elif name not in ("only", "post") and (
                " " in arguments or "(" in arguments or has_han(arguments) or name in _TEXT_ARGUMENT
            ):
                block += nodes.paragraph("", "", *self.state.inline_text(arguments, self.lineno)[0])
            self.state.nested_parse(self.content, self.content_offset, block)
            return list(block.children)

    return KeptText


def picture_markup(address: str, caption: str) -> str:
    return f".. figure:: {address}\n" + (f"\n   {caption}\n" if caption else "")
