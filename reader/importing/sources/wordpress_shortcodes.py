"""WordPress shortcodes as HTML. Pictures, galleries, code and media are converted; other shortcodes leave their text.

The syntax is that of WordPress's Shortcode API: ``[name a="b"]``, ``[name]text[/name]``, and ``[[name]]`` for text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from html import escape, unescape

from .html_to_text import plain_title

_ATTRIBUTES = r"""(?:[^\[\]"']++|"[^"\[\]]*+"|'[^'\[\]]*+')*+"""
"""Without brackets, which WordPress does not allow in them either, so that no search goes beyond the next bracket."""
_CODE = re.compile(
    r"\[(?P<name>code|sourcecode|source|highlight|syntax|cc|pre|php|js|css|html|xml|python|bash|sql|java|cpp)"
    rf"(?P<attributes>\s{_ATTRIBUTES})?\]"
)
_RAW = re.compile(r"<(?P<name>pre|code|script|style)\b|<!--")
_PAIR = re.compile(
    rf"(?<!\[)\[(?P<name>wp_caption|caption|gallery|embed|audio|video)(?![\w-])(?P<attributes>{_ATTRIBUTES})\]"
)
_ANY = re.compile(rf"(\[?)\[(/?)([A-Za-z][\w-]*+)({_ATTRIBUTES})\](\]?)")
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))|"([^"]*)"|(\S+)""")
_PICTURE = re.compile(r"(?:<a\b[^<>]*>\s*)?<img\b[^<>]*>(?:\s*</a>)?", re.IGNORECASE)
_MOST_TAG_CHARACTERS = 500
"""The largest number of characters of tags around a shortcode that is alone on its line."""
_MEDIA = ("src", "mp4", "m4v", "webm", "ogv", "flv", "mp3", "m4a", "ogg", "wav", "wma")


@dataclass(frozen=True)
class LibraryPicture:
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
    """Replaces the shortcodes of one post. ``gallery`` returns the pictures with ids; without ids, those of the post.

    ``unknown`` collects the names of unknown shortcodes.
    """

    gallery: Callable[[Iterable[str]], Iterable[LibraryPicture]]
    unknown: dict[str, None] = field(default_factory=dict)

    def replace(self, html: str) -> str:
        html = _with_pairs(html, _CODE, lambda code, inner: None if inner is None else _code(code, inner))
        return "".join(text if raw else self._outside_code(text) for text, raw in split_raw(html))

    def _outside_code(self, html: str) -> str:
        html = _with_pairs(html, _PAIR, self._replace_known)
        closed = set(re.findall(r"\[/([A-Za-z][\w-]*)\]", html))
        return _ANY.sub(lambda found: self._replace_unknown(found, html, closed), html)

    def _replace_known(self, found: re.Match[str], enclosed: str | None) -> str:
        name, attributes, inner = found["name"], _attributes(found["attributes"]), enclosed or ""
        if name in ("caption", "wp_caption"):
            return _figure(inner, attributes.get("caption", ""))
        if name == "gallery":
            return f"\n\n{self._pictures(attributes)}\n\n"
        address = inner.strip() or next((attributes[key] for key in _MEDIA if key in attributes), "")
        address = unescape(re.sub(r"<[^<>]*>", "", address))
        return f'\n\n<p><a href="{escape(address)}">{escape(address)}</a></p>\n\n' if address else ""

    def _pictures(self, attributes: dict[str, str]) -> str:
        ids = re.findall(r"\d+", attributes.get("ids") or attributes.get("include") or "")
        pictures = list(self.gallery(ids))
        if not pictures:
            self.unknown["gallery"] = None
        return "".join(picture.html for picture in pictures)

    def _replace_unknown(self, found: re.Match[str], html: str, closed: set[str]) -> str:
        name = found[3]
        if found[1] and found[5]:
            return found[0][1:-1]
        if not (found[2] or name in closed or "=" in found[4] or _looks_like_code(name, found, html)):
            return found[0]
        if not found[2]:
            self.unknown[name] = None
        return found[1] + found[5]


def _with_pairs(html: str, begin: re.Pattern[str], replace: Callable[[re.Match[str], str | None], str | None]) -> str:
    """Replaces each shortcode by the result of *replace*, which gets the text up to its end tag, or None without one.

    If *replace* returns None, the shortcode remains unchanged. Each end tag is searched for once.
    """
    out, done, endless = list[str](), 0, set[str]()
    for found in begin.finditer(html):
        name = found["name"]
        if found.start() < done:
            continue
        is_whole = name in endless or (found["attributes"] or "").endswith("/")
        end = -1 if is_whole else html.find(f"[/{name}]", found.end())
        if end < 0 and not is_whole:
            endless.add(name)
        replacement = replace(found, html[found.end() : end] if end >= 0 else None)
        if replacement is not None:
            out += [html[done : found.start()], replacement]
            done = found.end() if end < 0 else end + len(f"[/{name}]")
    return "".join([*out, html[done:]])


def split_raw(html: str) -> Iterator[tuple[str, bool]]:
    """The parts of *html*, each with whether it is a comment or an element whose content is not interpreted.

    A part without an end extends to the end of the text, as in browsers.
    """
    done = 0
    while found := _RAW.search(html, done):
        mark = f"</{found['name']}>" if found["name"] else "-->"
        end = html.find(mark, found.end())
        yield html[done : found.start()], False
        done = end + len(mark) if end >= 0 else len(html)
        yield html[found.start() : done], True
    yield html[done:], False


def _looks_like_code(name: str, found: re.Match[str], html: str) -> bool:
    """Whether *name* without attributes is a shortcode: ``[sic]`` within a sentence is not, ``[toc]`` on its own line
    is."""
    if "_" in name and not found[4].strip():
        return True
    start, end = html.rfind("\n", 0, found.start()) + 1, html.find("\n", found.end())
    line = html[start : end if end >= 0 else len(html)]
    if len(line) > len(found[0]) + _MOST_TAG_CHARACTERS:
        return False
    return name.islower() and re.sub(r"<[^<>]*>", "", line).strip() == found[0].strip()


def _attributes(text: str) -> dict[str, str]:
    """The attributes by name. A value without a name has the key ``src``, as in ``[video "a.mp4"]``."""
    attributes: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text.strip()):
        attributes.setdefault(match[1] or "src", match[2] or match[3] or match[4] or match[5] or match[6] or "")
    return attributes


def _code(found: re.Match[str], inner: str) -> str:
    attributes = _attributes(found["attributes"] or "")
    language = attributes.get("language") or attributes.get("lang") or ""
    named = f' class="language-{escape(language)}"' if re.fullmatch(r"[\w+#.-]+", language) else ""
    return f"<pre><code{named}>{escape(unescape(inner).strip(chr(10)), quote=False)}</code></pre>"


def _figure(inner: str, caption: str) -> str:
    """A picture with its caption, which is after it, or in an attribute in old posts."""
    picture = _PICTURE.search(inner)
    if picture is None:
        words = inner.strip()
        return f"\n\n<p>{words}</p>\n\n" if words else ""
    words = caption or (inner[: picture.start()] + inner[picture.end() :]).strip()
    figcaption = f"<figcaption>{words}</figcaption>" if words else ""
    return f"\n\n<figure>{picture[0]}{figcaption}</figure>\n\n"
