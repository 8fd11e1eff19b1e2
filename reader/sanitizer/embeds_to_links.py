"""Converts embedded players of video and sound to links. A page then loads nothing from a third party."""

from __future__ import annotations

import re
from html import escape, unescape
from urllib.parse import parse_qs, unquote, urlsplit

from .media_types import AUDIO, EMBEDDED, PLAY, VIDEO, media_kind, media_suffix

_PLAYER_OR_TEXT = re.compile(
    r"<(?:(iframe|video|audio|embed|object|mpvoice)|(script|style|textarea|!--))(?=[\s>/]|(?<=--))", re.IGNORECASE
)
"""The beginning of a player, or of an element with text only. Tags within a script, as HTML in JSON-LD, are text."""
_SOURCE = re.compile(r"<(?:source|embed|param)\b([^<>]*)>", re.IGNORECASE)
_LONGEST_TAG = 5000
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_ADDRESSES = ("src", "data-src", "data-lazy-src", "data-original", "data-mpvid", "data", "value", "data-url")

_PLAYERS = (
    (
        r"(?:www\.)?youtube(?:-nocookie)?\.com",
        r"/(?:embed|v)/([\w-]{11})",
        "https://www.youtube.com/watch?v={}",
    ),
    (r"player\.vimeo\.com", r"/video/(\d+)", "https://vimeo.com/{}"),
    (r"(?:www|geo)\.dailymotion\.com", r"/embed/video/(\w+)", "https://www.dailymotion.com/video/{}"),
    (r"player\.youku\.com", r"/embed/([\w=]+)", "https://v.youku.com/v_show/id_{}.html"),
)
"""The host and path of a player, and the URL of the page to watch its video on."""
_PLAYERS_BY_QUERY = (
    (r"player\.bilibili\.com", "bvid", "https://www.bilibili.com/video/{}"),
    (r"player\.bilibili\.com", "aid", "https://www.bilibili.com/video/av{}"),
    (r"v\.qq\.com", "vid", "https://v.qq.com/x/page/{}.html"),
)
_SOUND_HOSTS = re.compile(
    r"(?:.*\.)?(?:music\.163\.com|y\.qq\.com|ximalaya\.com|lizhi\.fm|spotify\.com|soundcloud\.com|podcasts\.apple\.com"
    r"|megaphone\.fm|art19\.com|simplecast\.com|acast\.com|libsyn\.com|buzzsprout\.com|xiaoyuzhoufm\.com)"
)
_PLAYER_HOSTS = re.compile(
    r"(?:.*\.)?(?:youtube(?:-nocookie)?\.com|youtu\.be|vimeo\.com|dailymotion\.com|bilibili\.com|v\.qq\.com|youku\.com"
    r"|iqiyi\.com|ixigua\.com|tv\.sohu\.com|mgtv\.com|v\.163\.com|music\.163\.com|y\.qq\.com|ximalaya\.com|lizhi\.fm"
    r"|weibo\.com|douyin\.com|tiktok\.com|twitch\.tv|ted\.com|spotify\.com|soundcloud\.com|podcasts\.apple\.com"
    r"|megaphone\.fm|art19\.com|simplecast\.com|acast\.com|libsyn\.com|buzzsprout\.com|cctv\.com|player\.cntv\.cn|archive\.org)"
)


def with_media_links(html: str, *, known_players_only: bool = False) -> str:
    """*html* with a link in place of each ``iframe``, ``video``, ``audio``, ``embed`` and ``object``.

    With *known_players_only*, frames of unknown hosts are unchanged: on web pages most of them are advertisements.
    """
    out: list[str] = []
    position, unclosed = 0, set[str]()
    while (start := _PLAYER_OR_TEXT.search(html, position)) is not None:
        if start[2]:
            after = _end_of_text_element(html, start[2], start.end())
            out.append(html[position:after])
            position = after
            continue
        tag, opened = start[1].lower(), html.find(">", start.end()) + 1
        if not opened:
            break
        end = -1 if tag in unclosed else _end_tag_position(html, tag, opened)
        if end < 0 and tag not in ("video", "audio"):
            unclosed.add(tag)
        stop = html.find(">", end) + 1 if end >= 0 else opened
        attributes = html[start.end() : min(opened - 1, start.end() + _LONGEST_TAG)]
        link = _link(tag, attributes, html[opened : max(end, opened)], known_players_only=known_players_only)
        out += [html[position : start.start()], html[start.start() : stop] if link is None else link]
        position = stop
    return "".join([*out, html[position:]]) if out else html


def _end_of_text_element(html: str, tag: str, position: int) -> int:
    """The position after a comment or before the end tag of a script; the end of *html* if it is not closed."""
    end = html.find("-->", position) if tag == "!--" else _end_tag_position(html, tag.lower(), position)
    return end + 3 if end >= 0 else len(html)


def _end_tag_position(html: str, tag: str, position: int) -> int:
    """The position of the end tag; -1 without one, as for ``embed``, or if another ``video`` begins before it."""
    if tag == "embed":
        return -1
    another = rf"|<{tag}(?=[\s>/])" if tag in ("video", "audio") else ""
    found = re.compile(rf"</{tag}\s*>{another}", re.IGNORECASE).search(html, position)
    return found.start() if found and found[0][1] == "/" else -1


def _link(tag: str, attributes: str, inner: str, *, known_players_only: bool) -> str | None:
    """The link for a player; empty for a player without a URL; None if the element is to be unchanged."""
    own_attributes = _attributes(attributes)
    sources = [own_attributes, *(_attributes(found[1]) for found in _SOURCE.finditer(inner))]
    found = (source.get(name, "") for source in sources for name in _ADDRESSES)
    address = next((unescape(text).strip() for text in found if _is_address(unescape(text).strip())), "")
    if not address:
        return None if tag == "iframe" and known_players_only else ""
    if tag in ("iframe", "object", "embed") and known_players_only and not _PLAYER_HOSTS.fullmatch(_host(address)):
        return None
    target = _watch_page(address)
    label = _label(tag, target, unescape(own_attributes.get("title") or own_attributes.get("aria-label") or "").strip())
    poster = _poster(own_attributes.get("poster", "")) if not _host(target) else ""
    start = '<p class="center">' if poster else "<p>"
    return f'{start}<a href="{escape(target)}">{poster}{PLAY} {escape(label)}</a></p>'


def _label(tag: str, target: str, title: str) -> str:
    """The text of the link: title or kind of the player, and host or, for a file of the site, file name."""
    host = _host(target).removeprefix("www.")
    if title and not host:
        return title
    return f"{title or _kind(tag, target, host)} · {host or unquote(target.rpartition('/')[2])}"


def _kind(tag: str, target: str, host: str) -> str:
    if tag in ("audio", "mpvoice") or media_kind(media_suffix(target)) == "audio" or _SOUND_HOSTS.fullmatch(host):
        return AUDIO
    return VIDEO if tag == "video" or media_suffix(target) or _PLAYER_HOSTS.fullmatch(host) else EMBEDDED


def _poster(address: str) -> str:
    """The poster of a video, if it is a file of the site: nothing is loaded from another site."""
    path = unescape(address).strip()
    return (
        f'<img src="{escape(path)}" alt="">' if path and not re.match(r"[a-z][\w+.-]*:|//", path, re.IGNORECASE) else ""
    )


def _attributes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text):
        found.setdefault(match[1].lower(), match[2] or match[3] or match[4] or "")
    return found


def _is_address(text: str) -> bool:
    """Whether *text* may be a URL: not ``blob:`` or ``data:`` of a script, nor a number."""
    return re.match(r"(?:https?:)?//[^/]|(?![a-z]+:)[^\s]*[./]", text, re.IGNORECASE) is not None


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _watch_page(address: str) -> str:
    """The URL of the page to watch the video of a player on; the URL of the player if that is unknown."""
    whole = f"https:{address}" if address.startswith("//") else address
    try:
        parts = urlsplit(whole)
        host, query = parts.hostname or "", parse_qs(parts.query)
    except ValueError:
        return whole
    for hosts, path, page in _PLAYERS:
        if re.fullmatch(hosts, host) and (found := re.match(path, parts.path)):
            return page.format(found[1])
    for hosts, key, page in _PLAYERS_BY_QUERY:
        if re.fullmatch(hosts, host) and re.fullmatch(r"\w+", value := query.get(key, [""])[0]):
            return page.format(value)
    return whole
