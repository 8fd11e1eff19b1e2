"""The attributes of one tag: checked, in a fixed order, ids unique and links to them kept whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from .addresses import WEB_SCHEMES, safe_address
from .tags import SCHEMES, VALUES

_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
_TAG_WITH_ATTRIBUTES = re.compile(r'(<[a-z][a-z0-9]*)((?: [a-z-]+="[^"]*")+)>')
_OUTSIDE = re.compile(r"https?:|[/\\]{2}", re.IGNORECASE)
_UNSAFE_IN_NAME = re.compile(r"[^\w.-]+")
_OF_LINKS = ("href", "hreflang", "rel")
_ALIGNMENTS = ("left", "center", "right")


def attributes_of(raw: str) -> dict[str, str]:
    """The attributes in *raw*, written as `` lang="zh" id="x"``: values as they stand there, escaped.

    Read from the first on, so that ``src="`` within the value of another attribute is never taken for one.
    """
    return dict(_ATTRIBUTE.findall(raw))


def to_text(attributes: dict[str, str]) -> str:
    """The opposite of ``attributes_of``."""
    return "".join([f' {name}="{value}"' for name, value in attributes.items()])


def escaped(value: str) -> str:
    """*value* as it stands between double quotes, with the entities of XML only."""
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


class IdAllocator:
    """The ids of one document: made XML names, each given once; links to none of them are dropped."""

    def __init__(self, clean: str) -> None:
        self.ids: set[str] = set()
        self.linked: set[str] = set()
        for attributes in _attributes_in(clean):
            if "id" in attributes:
                self.ids.add(xml_name(unescape(attributes["id"])))
            if attributes.get("href", "").startswith("#"):
                self.linked.add(xml_name(unescape(attributes["href"][1:])))
        self.given: set[str] = set()

    def allocate(self, raw: str) -> str:
        """The id to write, empty when it is taken."""
        name = xml_name(raw)
        if name in self.given:
            return ""
        self.given.add(name)
        return name

    def allocated(self, start: str) -> bool:
        """Whether a tag must stand although nothing is in it, because a link leads to it."""
        found = _TAG_WITH_ATTRIBUTES.fullmatch(start)
        return found is not None and attributes_of(found[2]).get("id", "") in self.linked


def _attributes_in(html: str) -> Iterator[dict[str, str]]:
    """The attributes of each tag that has an id, or a link within the text."""
    if ' id="' in html or ' href="#' in html:
        for _, raw in _TAG_WITH_ATTRIBUTES.findall(html):
            if ' id="' in raw or ' href="#' in raw:
                yield attributes_of(raw)


def without_lost_links(html: str) -> str:
    """*html* without links to names that it does not hold."""
    if ' href="#' not in html:
        return html
    held = {attributes["id"] for attributes in _attributes_in(html) if "id" in attributes}

    def kept(tag: re.Match[str]) -> str:
        attributes = attributes_of(tag[2])
        href = attributes.get("href", "")
        if not href.startswith("#") or href[1:] in held:
            return tag[0]
        del attributes["href"]
        return f"{tag[1]}{to_text(attributes)}>"

    return _TAG_WITH_ATTRIBUTES.sub(kept, html)


def without_id(start: str) -> str:
    """The start tag *start* without its id."""
    found = _TAG_WITH_ATTRIBUTES.fullmatch(start)
    if not found:
        return start
    attributes = attributes_of(found[2])
    attributes.pop("id", None)
    return f"{found[1]}{to_text(attributes)}>"


def without_link(raw: str) -> str:
    """The attributes *raw* without what only a link has."""
    return to_text({name: value for name, value in attributes_of(raw).items() if name not in _OF_LINKS})


def xml_name(raw: str) -> str:
    """An id fit for XML (no spaces or colons, a letter first), empty for an empty one."""
    name = _UNSAFE_IN_NAME.sub("-", raw.strip())
    return name if not name or name[0].isalpha() or name[0] == "_" else f"n{name}"


def written(tag: str, raw: str, names: IdAllocator) -> str:
    """*raw* as it may be written in *tag*: `` lang="zh" id="x"``, or nothing."""
    kept: dict[str, str] = {}
    for name, value in _ATTRIBUTE.findall(raw):
        if name == "align":
            name, value = "class", _joined(kept.get("class", ""), value)
        elif name == "class":
            value = _joined(value, kept.get("class", ""))
        else:
            value = _checked(name, unescape(value), names)
        if value or name in ("alt", "open", "reversed"):
            kept[name] = value
    if tag == "img" and "src" in kept:
        kept.setdefault("alt", "")
    if tag == "a" and _OUTSIDE.match(kept.get("href", "")):
        kept["rel"] = "noopener noreferrer"
    return to_text(kept)


def _joined(classes: str, more: str) -> str:
    names = classes.split() + [name for name in more.lower().split() if name not in _ALIGNMENTS or not classes]
    return " ".join(dict.fromkeys(names)) if set(names) - {"justify"} else ""


def _checked(name: str, value: str, names: IdAllocator) -> str:
    """The plain *value* judged, and escaped."""
    if name == "id":
        return names.allocate(value)
    if name in VALUES:
        return value.strip() if VALUES[name].fullmatch(value.strip()) else ""
    if name in ("href", "src", "cite"):
        return escaped(_address(name, value, names))
    return escaped(" ".join(value.split()))


def _address(name: str, value: str, names: IdAllocator) -> str:
    """A link within the text leads somewhere or is none."""
    address = safe_address(value, WEB_SCHEMES if name == "src" else SCHEMES)
    if not address.startswith("#"):
        return address
    target = xml_name(address[1:])
    return f"#{target}" if target in names.ids else ""
