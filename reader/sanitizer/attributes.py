"""The attributes of one tag: checked, in a fixed order, ids unique and links to them kept whole."""

from __future__ import annotations

import re

from .tags import VALUES

_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
_ID = re.compile(r' id="([^"]*)"')
_FRAGMENT = re.compile(r' href="#([^"]*)"')
_OUTSIDE = re.compile(r"https?:|[/\\]{2}", re.IGNORECASE)
_UNSAFE_IN_NAME = re.compile(r"[^\w.-]+")
_ALIGNMENTS = ("left", "center", "right")
_TEXTS = {"alt", "title", "abbr"}


class IdAllocator:
    """The ids of one document: made XML names, each given once; links to none of them are dropped."""

    def __init__(self, clean: str) -> None:
        self.ids = {xml_name(found) for found in _ID.findall(clean)}
        self.linked = {xml_name(found) for found in _FRAGMENT.findall(clean)}
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
        found = _ID.search(start)
        return bool(found and found[1] in self.linked)


def without_lost_links(html: str) -> str:
    """*html* without links to names that it does not hold."""
    if ' href="#' not in html:
        return html
    held = set(_ID.findall(html))
    return _FRAGMENT.sub(lambda link: link[0] if link[1] in held else "", html)


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
            value = _checked(name, value.strip(), names)
        if value or name in ("alt", "open", "reversed"):
            kept[name] = value
    if tag == "img" and "src" in kept:
        kept.setdefault("alt", "")
    if tag == "a" and _OUTSIDE.match(kept.get("href", "")):
        kept["rel"] = "noopener noreferrer"
    return "".join(f' {name}="{value}"' for name, value in kept.items())


def _joined(classes: str, more: str) -> str:
    names = classes.split() + [name for name in more.lower().split() if name not in _ALIGNMENTS or not classes]
    return " ".join(dict.fromkeys(names)) if set(names) - {"justify"} else ""


def _checked(name: str, value: str, names: IdAllocator) -> str:
    if name == "id":
        return names.allocate(value)
    if name in VALUES:
        return value if VALUES[name].fullmatch(value) else ""
    if name in ("href", "src", "cite"):
        return _address(value, names)
    return " ".join(value.split())


def _address(value: str, names: IdAllocator) -> str:
    """A link within the text leads somewhere or is none; spaces are escaped (RFC 3986, 2)."""
    if value == "#":
        return ""
    if value.startswith("#"):
        target = xml_name(value[1:])
        return f"#{target}" if target in names.ids else ""
    return re.sub(r"\s", "%20", re.sub(r"[\t\n\r]", "", value))
