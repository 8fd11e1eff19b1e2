"""WordPress shortcodes as HTML: pictures, galleries, code and media stay; of others the text that they enclose.

The syntax is that of WordPress's Shortcode API: ``[name a="b"]``, ``[name]text[/name]``, and ``[[name]]`` for text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html import escape, unescape

from .html_to_text import plain_title

_ATTRIBUTES = r"(?:[^\[\]\"']|\"[^\"]*\"|'[^']*')*?"
_CODE = re.compile(
    r"\[(code|sourcecode|source|highlight|syntax|cc|pre|php|js|css|html|xml|python|bash|sql|java|cpp)"
    rf"(\s{_ATTRIBUTES})?\](.*?)\[/\1\]",
    re.DOTALL,
)
_PROTECTED = re.compile(r"(<(pre|code|script|style)\b.*?</\2>|<!--.*?-->)", re.DOTALL)
_PAIR = re.compile(
    rf"(?<!\[)\[(wp_caption|caption|gallery|embed|audio|video)(?![\w-])({_ATTRIBUTES})(?:/\]|\](?:(.*?)\[/\1\])?)",
    re.DOTALL,
)
_ANY = re.compile(rf"(\[?)\[(/?)([A-Za-z][\w-]*)({_ATTRIBUTES})\s*/?\](\]?)")
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))|"([^"]*)"|(\S+)""")
_PICTURE = re.compile(r"(?:<a\b[^>]*>\s*)?<img\b[^>]*>(?:\s*</a>)?", re.IGNORECASE)
_MEDIA = ("src", "mp4", "m4v", "webm", "ogv", "flv", "mp3", "m4a", "ogg", "wav", "wma")


@dataclass(frozen=True)
class Picture:
    """A picture of the site's media library. ``parent`` is the id of the post that it was uploaded for."""

    address: str
    alternative: str = ""
    caption: str = ""
    parent: str = ""

    @property
    def html(self) -> str:
        caption = f"<figcaption>{self.caption}</figcaption>" if self.caption else ""
        alternative = escape(self.alternative or plain_title(self.caption))
        return f'<figure><img src="{escape(self.address)}" alt="{alternative}">{caption}</figure>'


@dataclass
class Shortcodes:
    """Replaces the shortcodes of one post. ``gallery`` gives the pictures of ids, and of none those of the post.

    ``unknown`` collects the names of shortcodes that are not understood.
    """

    gallery: Callable[[Iterable[str]], Iterable[Picture]]
    unknown: dict[str, None] = field(default_factory=dict)

    def replace(self, html: str) -> str:
        html, place = _CODE.sub(_code, html), 0
        done: list[str] = []
        for protected in _PROTECTED.finditer(html):
            done += [self._outside_code(html[place : protected.start()]), protected[0]]
            place = protected.end()
        return "".join([*done, self._outside_code(html[place:])])

    def _outside_code(self, html: str) -> str:
        html = _PAIR.sub(self._known, html)
        closed = set(re.findall(r"\[/([A-Za-z][\w-]*)\]", html))
        return _ANY.sub(lambda found: self._other(found, html, closed), html)

    def _known(self, found: re.Match[str]) -> str:
        name, attributes, inner = found[1], _attributes(found[2]), found[3] or ""
        if name in ("caption", "wp_caption"):
            return _figure(inner, attributes.get("caption", ""))
        if name == "gallery":
            return f"\n\n{self._pictures(attributes)}\n\n"
        address = inner.strip() or next((attributes[key] for key in _MEDIA if key in attributes), "")
        address = unescape(re.sub(r"<[^>]*>", "", address))
        return f'\n\n<p><a href="{escape(address)}">{escape(address)}</a></p>\n\n' if address else ""

    def _pictures(self, attributes: dict[str, str]) -> str:
        ids = re.findall(r"\d+", attributes.get("ids") or attributes.get("include") or "")
        pictures = list(self.gallery(ids))
        if not pictures:
            self.unknown["gallery"] = None
        return "".join(picture.html for picture in pictures)

    def _other(self, found: re.Match[str], html: str, closed: set[str]) -> str:
        name = found[3]
        if found[1] and found[5]:
            return found[0][1:-1]
        if not (found[2] or name in closed or "=" in found[4] or _looks_like_code(name, found, html)):
            return found[0]
        if not found[2]:
            self.unknown[name] = None
        return found[1] + found[5]


def _looks_like_code(name: str, found: re.Match[str], html: str) -> bool:
    """Whether a shortcode without attributes is one: ``[sic]`` within a sentence is not, ``[toc]`` on a line is."""
    if "_" in name and not found[4].strip():
        return True
    line = html[html.rfind("\n", 0, found.start()) + 1 :].split("\n", 1)[0]
    return name.islower() and re.sub(r"<[^>]*>", "", line).strip() == found[0].strip()


def _attributes(text: str) -> dict[str, str]:
    """By name; what has no name is under ``src``, as ``[video "a.mp4"]`` has it."""
    attributes: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text.strip()):
        attributes.setdefault(match[1] or "src", match[2] or match[3] or match[4] or match[5] or match[6] or "")
    return attributes


def _code(found: re.Match[str]) -> str:
    attributes = _attributes(found[2] or "")
    language = attributes.get("language") or attributes.get("lang") or ""
    named = f' class="language-{escape(language)}"' if re.fullmatch(r"[\w+#.-]+", language) else ""
    return f"<pre><code{named}>{escape(unescape(found[3]).strip(chr(10)), quote=False)}</code></pre>"


def _figure(inner: str, caption: str) -> str:
    """A picture and its caption, which stands after it, or in an attribute in old posts."""
    picture = _PICTURE.search(inner)
    if picture is None:
        words = inner.strip()
        return f"\n\n<p>{words}</p>\n\n" if words else ""
    words = caption or (inner[: picture.start()] + inner[picture.end() :]).strip()
    figcaption = f"<figcaption>{words}</figcaption>" if words else ""
    return f"\n\n<figure>{picture[0]}{figcaption}</figure>\n\n"
