"""Converts a paragraph that contains only a picture to a figure with a caption, and back.

The caption is the picture's title, else its alternative text unless that is the name of a file. The next paragraph is
part of the caption if it is a credit line (``图：张三``, ``（张三 摄）``, ``Photo: Ann``) or begins like a caption
(``图为…``, ``▲…``), as in Chinese newspapers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from html import unescape
from urllib.parse import unquote

from markupsafe import Markup

from ..chinese import punctuate
from ..patterns import lazy_pattern
from ..sanitizer import INLINES, Token, attributes_of, joined, tokens

LONGEST_CREDIT, LONGEST_CAPTION = 60, 200
"""In characters of a paragraph that belongs to the picture before it."""
_ALLOWED_PARENTS = frozenset({"section", "aside", "blockquote", "details"})
"""The blocks in which a picture becomes a figure. A picture in a list, a table or a figure is unchanged."""
_FILE_NAME = lazy_pattern(
    r".*\.(?:jpe?g|png|gif|webp|avif|bmp|svg|tiff?|heic)|\S*(?:[0-9a-f]{8}-[0-9a-f]{4}-|[0-9a-f]{16})\S*|[\d\s_x×*.-]+"
    r"|(?:img|imag|image|dsc[nf]?|dcim|pxl|mvimg|gopr|p|pic|photo|picture|screen[ _-]?shot|untitled|unnamed|mmexport"
    r"|alt(?:[ _-]text)?"
    r"|微信图片|微信截图|企业微信截图|QQ图片|QQ截图|图片|图|截图|屏幕截图|未命名|无标题|在这里插入图片描述|插图|图片描述)"
    r"[\d\s_()（）T.-]*",
    re.IGNORECASE,
)
"""The name of a file, or a placeholder that editor programs write if the author gives no description."""
_CREDIT = lazy_pattern(
    r"[（(【\[]?\s*(?:(?:图片?|图源|图片来源|照片|来源|摄影|摄|供图|制图|绘图|漫画|插图|资料图片?)\s*[:：/／]\s*\S.*"
    r"|(?:photos?|photographs?|pictures?|images?|credits?)\s*(?::|/|by\b|courtesy of\b|©).+|©.+"
    r"|(?:[^。！？]*[^拍统调珍包吸录。！？])摄(?:影(?:报道)?)?|[^。！？]+(?:供图|制图|绘图|[/／]\s*图)"
    r"|资料图片?|资料照片|网络图片|图片来源于?网络)\s*。?\s*[）)】\]]?",
    re.IGNORECASE,
)
_CAPTION = lazy_pattern(
    r"[▲△↑]\s*\S.*|图为(?!什么|何).*|图\s?[一二三四五六七八九十\d]{1,3}\s?[:：].+"
    r"|.+[。！？”’』」][^。！？]{0,40}(?<![拍统调珍包吸录])摄[）)]?。?"
)


def to_figures(parts: list[Token], language: str) -> None:
    """Converts each paragraph of *parts* with one picture, with or without a caption, to a figure, in place."""
    out: list[Token] = []
    open_blocks: list[str] = []
    index = 0
    while index < len(parts):
        figure, after = _figure(parts, index, language) if _ALLOWED_PARENTS.issuperset(open_blocks) else ([], index)
        if not figure:
            _update_open_blocks(open_blocks, parts[index])
            figure, after = [parts[index]], index + 1
        out += figure
        index = after
    parts[:] = out
    _unwrap_captions(parts)


def _unwrap_captions(parts: list[Token]) -> None:
    """Removes the paragraph around the only text of a caption, so that the text has no indent."""
    paragraphs = [index for index, part in enumerate(parts) if part.name == "p"]
    needless: set[int] = set()
    for start, end in zip(paragraphs[::2], paragraphs[1::2], strict=False):
        if [part.name for part in (*parts[start - 1 : start], *parts[end + 1 : end + 2])] == ["figcaption"] * 2:
            needless |= {start, end}
    if needless:
        parts[:] = [part for index, part in enumerate(parts) if index not in needless]


def without_figures(body: Markup, language: str) -> Markup:
    """*body* as in its file: a figure becomes paragraphs again if ``to_figures`` converts these to the same figure."""
    parts = tokens(body)
    out: list[Token] = []
    open_blocks: list[str] = []
    at = 0
    while at < len(parts):
        end = at + 1
        if parts[at].name == "figure" and not parts[at].end and _ALLOWED_PARENTS.issuperset(open_blocks):
            end = next(index for index in range(end, len(parts)) if parts[index].name == "figure") + 1
            out += _source_of(parts[at:end], language)
        else:
            _update_open_blocks(open_blocks, parts[at])
            out.append(parts[at])
        at = end
    return joined(out)


def _source_of(figure: list[Token], language: str) -> list[Token]:
    """The paragraphs that ``to_figures`` converts to *figure*; *figure* itself if there are none."""
    paragraphs = _paragraphs(figure, language)
    again = list(paragraphs)
    to_figures(again, language)
    return paragraphs if joined(again) == joined(figure) else figure


def caption_of(attributes: dict[str, str], language: str) -> str:
    """The caption in the attributes of an ``img``, not escaped. Empty without one, and for the name of a file."""
    for name in ("title", "alt"):
        text = " ".join(unescape(attributes.get(name, "")).split())
        if text and not _is_file_name(text, attributes.get("src", "")):
            return punctuate(text) if language.startswith("zh") else text
    return ""


def _is_file_name(text: str, src: str) -> bool:
    file = unquote(unescape(src)).rpartition("/")[2]
    return text in (file, file.rpartition(".")[0]) or _FILE_NAME.fullmatch(text) is not None


def _update_open_blocks(open_blocks: list[str], part: Token) -> None:
    """Updates *open_blocks*, the names of the open blocks, for the tag *part*."""
    if not part.name or part.name in INLINES or part.name == "hr":
        return
    if part.end:
        open_blocks.pop()
    else:
        open_blocks.append(part.name)


def _figure(parts: Sequence[Token], index: int, language: str) -> tuple[list[Token], int]:
    """The figure for the paragraph at *index*, and the index after its source. An empty list without a picture."""
    end = _paragraph_end(parts, index)
    picture, rest = _picture_in(parts[index + 1 : end]) if end else ([], [])
    if not picture or (rest and not (_is_credit(rest) or _is_caption(rest))):
        return [], index
    image = next(part for part in picture if part.name == "img")
    text = caption_of(attributes_of(image.attributes), language)
    if not rest and (below := _paragraph_end(parts, end + 1)):
        following = list(parts[end + 2 : below])
        if not parts[end + 1].attributes and (_is_credit(following) or _is_caption(following)):
            rest, end = following, below
    caption = _caption(text, rest)
    if caption:
        caption = [Token(name="figcaption"), *caption, Token(name="figcaption", end=True)]
    return [
        Token(name="figure", attributes=parts[index].attributes),
        *picture,
        *caption,
        Token(name="figure", end=True),
    ], end + 1


def _paragraph_end(parts: Sequence[Token], start: int) -> int:
    """The index of the end tag of the paragraph that begins at *start*; 0 if no paragraph begins there."""
    if start >= len(parts) or parts[start].name != "p" or parts[start].end:
        return 0
    return next(index for index in range(start + 1, len(parts)) if parts[index].name == "p")


def _picture_in(inner: Sequence[Token]) -> tuple[list[Token], list[Token]]:
    """The picture at the beginning of a paragraph, with the link around it, and the rest of the paragraph."""
    length = 3 if [part.name for part in inner[:3]] == ["a", "img", "a"] else 1
    if not inner or inner[length // 2].name != "img":
        return [], []
    rest = list(inner[length:])
    while rest and (rest[0].name == "br" or (not rest[0].name and not rest[0].text.strip())):
        rest = rest[1:]
    if rest and not rest[0].name:
        rest[0] = replace(rest[0], text=rest[0].text.lstrip())
    return list(inner[:length]), rest


def _text(parts: Sequence[Token]) -> str:
    """The text of a paragraph without a picture; empty for a paragraph with one."""
    if any(part.name == "img" for part in parts):
        return ""
    return " ".join("".join(part.text for part in parts).split())


def _is_credit(parts: Sequence[Token]) -> bool:
    text = _text(parts)
    return 0 < len(text) <= LONGEST_CREDIT and _CREDIT.fullmatch(text) is not None


def _is_caption(parts: Sequence[Token]) -> bool:
    text = _text(parts)
    return 0 < len(text) <= LONGEST_CAPTION and _CAPTION.fullmatch(text) is not None


def _caption(caption: str, rest: list[Token]) -> list[Token]:
    """The content of the caption: *rest*, or the picture's *caption*. A credit line after *caption* is small."""
    if not rest or not caption:
        return rest or ([Token(caption)] if caption else [])
    if not _is_credit(rest):
        return rest
    return [Token(f"{caption} "), Token(name="small"), *rest, Token(name="small", end=True)]


# -- from figures to paragraphs -----------------------------------------------------------------------------------


def _paragraphs(figure: list[Token], language: str) -> list[Token]:
    """The paragraphs of a figure; *figure* itself if it is a figure in its file."""
    picture, rest = _picture_in(figure[1:-1])
    if not picture or figure[-1].name != "figure":
        return figure
    is_captioned = [part.name for part in (*rest[:1], *rest[-1:])] == ["figcaption", "figcaption"]
    caption = rest[1:-1] if is_captioned else rest
    image = next(part for part in picture if part.name == "img")
    text = caption_of(attributes_of(image.attributes), language)
    below = [] if _text(caption) == text else _below_picture(caption, text) if len(caption) > 1 else caption
    if below and not (_is_credit(below) or _is_caption(below)):
        return figure
    paragraph = [Token(name="p", attributes=figure[0].attributes), *picture, Token(name="p", end=True)]
    return [*paragraph, Token(name="p"), *below, Token(name="p", end=True)] if below else paragraph


def _below_picture(caption: list[Token], text: str) -> list[Token]:
    """The paragraph below the picture: the credit line after *text*, else the whole caption."""
    is_credited = [caption[0].text, caption[1].name, caption[-1].name] == [f"{text} ", "small", "small"]
    return caption[2:-1] if is_credited else caption
