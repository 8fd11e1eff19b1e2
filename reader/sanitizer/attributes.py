"""Validates the attributes of a tag and writes them with unique ids and valid links to these."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote

from .allowlist import CODE_LANGUAGE, SCHEMES, VALUES
from .url_checks import WEB_SCHEMES, safe_address

_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
_TAG_WITH_ATTRIBUTES = re.compile(r'(<[a-z][a-z0-9]*)((?: [a-z-]+="[^"]*")+)>')
_EXTERNAL = re.compile(r"https?:|[/\\]{2}", re.IGNORECASE)
_NOT_IN_ID = re.compile(r"[^\w.-]+")
_LINK_ATTRIBUTES = ("href", "hreflang", "rel")
_TEXT_ALIGN = re.compile(r"text-align:\s*(?:-webkit-|-moz-)?(\w+)", re.IGNORECASE)
_ALIGN_CLASSES = {"center": "center", "right": "right", "end": "right"}
_ALIGNMENTS = ("left", "center", "right")


def attributes_of(raw: str) -> dict[str, str]:
    """Parses *raw*, in the form `` lang="zh" id="x"``. The values stay escaped.

    It is parsed from left to right: ``src="`` within the value of another attribute is never parsed as an attribute.
    """
    return dict(_ATTRIBUTE.findall(raw))


def to_text(attributes: dict[str, str]) -> str:
    """The inverse of ``attributes_of``."""
    return "".join([f' {name}="{value}"' for name, value in attributes.items()])


def escaped(value: str) -> str:
    """*value* escaped for double quotes, with the entities of XML only."""
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


class IdAllocator:
    """Allocates the ids of one document as unique XML names. Links to missing ids are removed."""

    def __init__(self, clean: str) -> None:
        self.ids: set[str] = set()
        self.linked: set[str] = set()
        for attributes in _attributes_in(clean):
            if "id" in attributes:
                self.ids.add(xml_name(unescape(attributes["id"])))
            if attributes.get("href", "").startswith("#"):
                self.linked |= set(_possible_ids(unescape(attributes["href"][1:])))
        self.used_ids: set[str] = set()

    def allocate(self, raw: str) -> str:
        """The id to output for the id *raw* in the source; empty if it is already used."""
        name = xml_name(raw)
        if name in self.used_ids:
            return ""
        self.used_ids.add(name)
        return name

    def is_linked(self, start: str) -> bool:
        """Whether a link points to the id of the start tag *start*, which must then be output even if it is empty."""
        found = _TAG_WITH_ATTRIBUTES.fullmatch(start)
        return found is not None and attributes_of(found[2]).get("id", "") in self.linked


def _attributes_in(html: str) -> Iterator[dict[str, str]]:
    """The attributes of each tag that has an id or a link within the document."""
    if ' id="' in html or ' href="#' in html:
        for _, raw in _TAG_WITH_ATTRIBUTES.findall(html):
            if ' id="' in raw or ' href="#' in raw:
                yield attributes_of(raw)


def without_lost_links(html: str) -> str:
    """*html* without links to missing ids."""
    if ' href="#' not in html:
        return html
    ids = {attributes["id"] for attributes in _attributes_in(html) if "id" in attributes}

    def checked_tag(tag: re.Match[str]) -> str:
        attributes = attributes_of(tag[2])
        href = attributes.get("href", "")
        if not href.startswith("#") or href[1:] in ids:
            return tag[0]
        del attributes["href"]
        return f"{tag[1]}{to_text(attributes)}>"

    return _TAG_WITH_ATTRIBUTES.sub(checked_tag, html)


def without_id(start: str) -> str:
    """The start tag *start* without its id."""
    found = _TAG_WITH_ATTRIBUTES.fullmatch(start)
    if not found:
        return start
    attributes = attributes_of(found[2])
    attributes.pop("id", None)
    return f"{found[1]}{to_text(attributes)}>"


def without_link(raw: str) -> str:
    """The attributes *raw* without those of links."""
    return to_text({name: value for name, value in attributes_of(raw).items() if name not in _LINK_ATTRIBUTES})


def xml_name(raw: str) -> str:
    """An XML name (no spaces or colons, first a letter) for *raw*; empty if *raw* is empty."""
    name = _NOT_IN_ID.sub("-", raw.strip())
    return name if not name or name[0].isalpha() or name[0] == "_" else f"n{name}"


def sanitized_attributes(tag: str, raw: str, names: IdAllocator) -> str:
    """The valid attributes of *raw* for *tag*, in the form `` lang="zh" id="x"``; may be empty."""
    attributes: dict[str, str] = {}
    for name, value in _ATTRIBUTE.findall(raw):
        if name == "style":
            name, value = "align", _ALIGN_CLASSES.get("".join(_TEXT_ALIGN.findall(value)[-1:]).lower(), "")
        if name == "align":
            name, value = "class", _join_classes(attributes.get("class", ""), value)
        elif name == "class" and tag == "code":
            value = _language(value)
        elif name == "class":
            value = _join_classes(value, attributes.get("class", ""))
        else:
            value = _validated_value(name, unescape(value), names)
        if value or name in ("alt", "open", "reversed"):
            attributes[name] = value
    if tag == "img" and "src" in attributes:
        attributes.setdefault("alt", "")
    if tag == "a" and _EXTERNAL.match(attributes.get("href", "")):
        attributes["rel"] = "noopener noreferrer"
    return to_text(attributes)


def _language(classes: str) -> str:
    return next((name for name in classes.split() if CODE_LANGUAGE.fullmatch(name)), "")


def _join_classes(classes: str, more: str) -> str:
    names = classes.split() + [name for name in more.lower().split() if name not in _ALIGNMENTS or not classes]
    return " ".join(dict.fromkeys(names)) if set(names) - {"justify"} else ""


def _validated_value(name: str, value: str, names: IdAllocator) -> str:
    """The validated and escaped *value*; empty if it is invalid."""
    if name == "id":
        return names.allocate(value)
    if name in VALUES:
        return value.strip() if VALUES[name].fullmatch(value.strip()) else ""
    if name in ("href", "src", "cite"):
        return escaped(_address(name, value, names))
    return escaped(" ".join(value.split()))


def _address(name: str, value: str, names: IdAllocator) -> str:
    """The validated URL. A link within the document must have a target."""
    address = safe_address(value, WEB_SCHEMES if name == "src" else SCHEMES)
    if not address.startswith("#"):
        return address
    return next((f"#{target}" for target in _possible_ids(address[1:]) if target in names.ids), "")


def _possible_ids(fragment: str) -> list[str]:
    """The ids that *fragment* may refer to: as written, then percent-decoded, as in browsers (HTML, 7.4.6.3)."""
    return list(dict.fromkeys(map(xml_name, (fragment, unquote(fragment)))))
