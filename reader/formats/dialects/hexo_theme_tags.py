"""Converts tags of Hexo's themes (Butterfly, Volantis, Stellar), with commas between arguments: ``{% span red, x %}``.

The tags, their arguments and their order are from the documentation of the themes.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .html_builders import details, figure, link, on_lines
from .shortcodes import Tag

_SEPARATORS = re.compile(r"[\s\"',]+")
_MEDIA = re.compile(r"\.(?:mp3|m4a|ogg|wav|flac|mp4|webm|mov|m3u8)\b", re.IGNORECASE)
_COLOURS = frozenset({"default", "blue", "pink", "red", "purple", "orange", "green", "yellow", "cyan", "gray", "grey"})
_STATES = frozenset({"checked", "plus", "minus", "times", "open", "true", "false"})


def _parts(tag: Tag) -> list[str]:
    return [part.strip().strip("\"'") for part in tag.raw.split(",")]


def _last(tag: Tag, body: str | None) -> str:
    """``{% span red, text %}``: the text after its style."""
    return body or _parts(tag)[-1]


def _first(tag: Tag, body: str | None) -> str:
    """``{% hideInline text, button, background, colour %}``: the text."""
    return body or _parts(tag)[0]


def _label(tag: Tag, body: str | None) -> str:
    """``{% label text blue %}``, ``{% label primary@text %}`` of NexT."""
    words = re.sub(r"^\w*\s*@", "", tag.raw).split()
    return body or " ".join(words[:-1] if len(words) > 1 and words[-1] in _COLOURS else words)


def _box(tag: Tag, _body: str | None) -> str:
    """``{% checkbox green checked, text %}``: a box character and the text."""
    *style, text = _parts(tag)
    is_checked = not {"checked", "plus", "minus", "times"}.isdisjoint(" ".join(style).split())
    return f"{'☑' if is_checked else '☐'} {text}"


def _folding(tag: Tag, body: str | None) -> str:
    """``{% folding cyan open, title %}``, ``{% hideToggle title, background, colour %}``, ``{% hideBlock title %}``."""
    parts = _parts(tag)
    title = tag.get("title", "summary", "label") or (parts[-1] if tag.name.lower() == "folding" else parts[0])
    words = [word for word in title.split() if word not in _COLOURS | _STATES] if len(parts) == 1 else [title]
    return on_lines("\n\n", tag.prefix) + details(" ".join(words) or "…", body or "", tag.prefix)


def _picture(tag: Tag, _body: str | None) -> str:
    """``{% inlineImg src height %}``: the picture."""
    src = tag.get("src", "0").strip(",")
    return f"![](<{re.sub(r'[<>]', '', src)}>)" if src else ""


def _player(tag: Tag, body: str | None) -> str:
    """``{% aplayer "title" "author" "x.mp3" %}``, ``{% dplayer "url=x.mp4" "pic=x.jpg" %}``: a link to the file."""
    found = next(filter(_MEDIA.search, _SEPARATORS.split(tag.raw)), "")
    if not found:
        return body or ""
    src = re.sub(r"^(?:url|src)=", "", found)
    label = tag.values[0] if tag.values and not _MEDIA.search(tag.values[0]) and "=" not in tag.values[0] else ""
    return link(label or src.rpartition("/")[2], src)


def _timeline(tag: Tag, body: str | None) -> str:
    """``{% timeline title, colour %}``: its content below its title."""
    title = _parts(tag)[0]
    return (on_lines(f"\n\n**{title}**\n\n", tag.prefix) if title else "") + (body or "")


def _group_of_pictures(tag: Tag, body: str | None) -> str:
    """``{% galleryGroup name description link picture %}``: a figure. ``{% gallery %}``: its content."""
    if tag.name.lower() == "gallerygroup" and len(tag.values) >= 4:
        name, caption, target, src = tag.values[:4]
        return figure(src, name, f"{name} {caption}".strip(), target, tag.prefix)
    return body or ""


HEXO_THEME_TAGS: dict[str, Callable[[Tag, str | None], str]] = {
    **dict.fromkeys(("span", "p", "emp", "wavy"), _last),
    **dict.fromkeys(("hideinline", "copy", "psw"), _first),
    "label": _label,
    **dict.fromkeys(("checkbox", "radio"), _box),
    **dict.fromkeys(("folding", "hidetoggle", "hideblock"), _folding),
    **dict.fromkeys(("inlineimg", "inlineimage"), _picture),
    **dict.fromkeys(("aplayer", "dplayer", "meting"), _player),
    **dict.fromkeys(("timeline", "node"), _timeline),
    **dict.fromkeys(("gallery", "gallerygroup"), _group_of_pictures),
}
