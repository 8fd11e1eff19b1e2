"""Converts OpenDocument text (``.odt``, OpenDocument 1.3 part 3) to HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape

from lxml import etree

from ..errors import NotImported
from ..i18n import Message
from .archives import Archive
from .data_pictures import HOST
from .xml_reader import read_xml

_SKIPPED = frozenset(
    ["tracked-changes", "annotation", "annotation-end", "sequence-decls", "forms", "table-of-content", "bibliography"]
    + ["alphabetical-index", "soft-page-break", "note-citation", "bookmark", "bookmark-start", "bookmark-end"]
)
_BOLD, _ITALIC = ("bold", "600", "700", "800", "900"), ("italic", "oblique")


@dataclass
class _Document:
    """The state of a conversion: ``styles`` are (parent, HTML tags) by name, ``notes`` the HTML of the notes so far."""

    styles: dict[str, tuple[str, tuple[str, ...]]]
    notes: list[str] = field(default_factory=list)


def odt_to_html(archive: Archive) -> str:
    """The body as HTML. The URLs of pictures are ``HOST`` and their path in the archive.

    Raises NotImported for a damaged document.
    """
    root = _xml(archive, "content.xml")
    text = root.find(".//{*}body/{*}text")
    if text is None:
        raise NotImported(archive.name, Message("the document has no text"))
    styles = (
        _styles(root)
        if "styles.xml" not in archive.members
        else {**_styles(_xml(archive, "styles.xml")), **_styles(root)}
    )
    document = _Document(styles)
    body = _children(text, document)
    notes = "".join(
        f'<li id="note-{number}">{note} <a href="#note-ref-{number}">↩</a></li>'
        for number, note in enumerate(document.notes, 1)
    )
    return f'{body}<section class="footnotes"><ol>{notes}</ol></section>' if notes else body


def _xml(archive: Archive, path: str) -> etree._Element:
    root = read_xml(archive.read(path))
    if root is None:
        raise NotImported(archive.name, Message("the document is damaged: %(error)s", error=path))
    return root


def _local(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _get(element: etree._Element, name: str) -> str:
    """The value of the attribute with the local name *name* in any namespace; empty without one."""
    return next((str(value) for key, value in element.attrib.items() if str(key).rpartition("}")[2] == name), "")


def _styles(root: etree._Element) -> dict[str, tuple[str, tuple[str, ...]]]:
    found = {}
    for style in root.iterfind(".//{*}style"):
        properties = style.find("{*}text-properties")
        found[_get(style, "name")] = (
            _get(style, "parent-style-name"),
            _tags(properties) if properties is not None else (),
        )
    return found


def _tags(properties: etree._Element) -> tuple[str, ...]:
    position = _get(properties, "text-position")
    return tuple(
        tag
        for tag, holds in (
            ("strong", _get(properties, "font-weight") in _BOLD),
            ("em", _get(properties, "font-style") in _ITALIC),
            ("del", _get(properties, "text-line-through-style") not in ("", "none")),
            ("sup", position.startswith(("super", "3", "5"))),
            ("sub", position.startswith(("sub", "-"))),
        )
        if holds
    )


# -- elements -----------------------------------------------------------------------------------------------------


def _children(element: etree._Element, document: _Document) -> str:
    return "".join(_pieces(element, document))


def _pieces(element: etree._Element, document: _Document) -> Iterator[str]:
    if element.text:
        yield escape(element.text, quote=False)
    for child in element:
        name = _local(child)
        if name and name not in _SKIPPED:
            yield _WRITERS.get(name, _children)(child, document)
        if child.tail:
            yield escape(child.tail, quote=False)


def _heading(element: etree._Element, document: _Document) -> str:
    level = _get(element, "outline-level")
    tag = f"h{min(6, number)}" if (number := _number(level)) else "h2"
    return f"<{tag}>{_children(element, document)}</{tag}>"


def _paragraph(element: etree._Element, document: _Document) -> str:
    names = _ancestors(_get(element, "style-name"), document)
    inner = _children(element, document)
    if "Title" in names:
        return f'<h1 class="title">{inner}</h1>'
    if "Subtitle" in names:
        return f"<h2>{inner}</h2>"
    if "Quotations" in names:
        return f"<blockquote><p>{inner}</p></blockquote>"
    return f"<p>{inner}</p>"


def _ancestors(name: str, document: _Document) -> list[str]:
    names: list[str] = []
    while name and name not in names:
        names.append(name)
        name = document.styles.get(name, ("", ()))[0]
    return names


def _span(element: etree._Element, document: _Document) -> str:
    _, tags = document.styles.get(_get(element, "style-name"), ("", ()))
    return (
        "".join(f"<{tag}>" for tag in tags) + _children(element, document) + "".join(f"</{tag}>" for tag in tags[::-1])
    )


def _link(element: etree._Element, document: _Document) -> str:
    return f'<a href="{escape(_get(element, "href"))}">{_children(element, document)}</a>'


def _list(element: etree._Element, document: _Document) -> str:
    return f"<ul>{_children(element, document)}</ul>"


def _tag_writer(tag: str) -> Callable[[etree._Element, _Document], str]:
    return lambda element, document: f"<{tag}>{_children(element, document)}</{tag}>"


def _cell(element: etree._Element, document: _Document) -> str:
    attributes = ""
    for name, key in (("colspan", "number-columns-spanned"), ("rowspan", "number-rows-spanned")):
        if (value := _get(element, key)) not in ("", "1"):
            attributes += f' {name}="{escape(value)}"'
    return f"<td{attributes}>{_children(element, document)}</td>"


def _image(element: etree._Element, document: _Document) -> str:
    """The first picture of a frame. The others are the same picture in other formats."""
    images = element.findall("{*}image")
    if not images:
        return _children(element, document)
    description = next(
        (e.text or "" for name in ("desc", "title") for e in element.findall(f"{{*}}{name}") if e.text), ""
    )
    return f'<img src="{escape(HOST + _get(images[0], "href").removeprefix("./"))}" alt="{escape(description)}">'


def _note(element: etree._Element, document: _Document) -> str:
    body = element.find("{*}note-body")
    document.notes.append("")
    number = len(document.notes)
    document.notes[number - 1] = _children(body, document) if body is not None else ""
    return f'<sup id="note-ref-{number}"><a href="#note-{number}">{number}</a></sup>'


def _spaces(element: etree._Element, _: _Document) -> str:
    count = _get(element, "c")
    return " " * min(80, _number(count) if count else 1)


def _number(text: str) -> int:
    """The value of the first nine digits; 0 if *text* is not a number."""
    return int(text[:9]) if text.isdecimal() else 0


_WRITERS: dict[str, Callable[[etree._Element, _Document], str]] = {
    "h": _heading,
    "p": _paragraph,
    "span": _span,
    "a": _link,
    "list": _list,
    "list-item": _tag_writer("li"),
    "list-header": _tag_writer("li"),
    "table": _tag_writer("table"),
    "table-header-rows": _tag_writer("thead"),
    "table-row": _tag_writer("tr"),
    "table-cell": _cell,
    "covered-table-cell": lambda element, document: "",  # noqa: ARG005
    "frame": _image,
    "note": _note,
    "s": _spaces,
    "tab": lambda element, document: "\t",  # noqa: ARG005
    "line-break": lambda element, document: "<br>",  # noqa: ARG005
}
