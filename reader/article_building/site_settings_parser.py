"""Parses and validates the settings file of a site. An invalid field does not affect the other fields."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ..errors import UnreadableArticle
from ..formats.fields.field_values import Field
from ..formats.fields.yaml_fields import yaml_fields
from ..i18n import Message
from ..models import escaped
from ..sanitizer.url_checks import WEB_SCHEMES, safe_address
from ..site_identity import Channel, Site, SitePicture, TextLink

LONGEST_TEXT, MOST_ITEMS = 200, 50
LARGEST_BYTES = 200_000
_COLOUR = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_PHONE = re.compile(r"\+?[\d() -]{3,24}(?:转\d{1,6})?")
_CONTACT_SCHEMES = WEB_SCHEMES | {"mailto", "tel"}
_PICTURE = re.compile(r"[^/\\:]+\.(?:png|svg|jpe?g|webp)", re.IGNORECASE)
PICTURE_HINT = Message("name a PNG, SVG, JPEG or WebP file that lies beside this one")
_NUMBER = re.compile(r"\d{8,20}")


@dataclass(frozen=True)
class SiteField:
    """A field of Site, its names in the settings file, and the parser of its value.

    The parser raises UnreadableArticle for an invalid value.
    """

    name: str
    names: tuple[str, ...]
    parse: Callable[[Field], Any]


@dataclass(frozen=True)
class ParsedSite:
    """The site without the invalid fields, whose names are ``mistaken``. Its pictures are still paths.

    ``errors`` are the errors of all fields, ``lines`` the line number of each known field.
    """

    site: Site
    mistaken: tuple[str, ...]
    errors: tuple[UnreadableArticle, ...]
    lines: dict[str, int]


def parse_site(text: str) -> ParsedSite:
    """Parses the content of a settings file. Raises UnreadableArticle only if *text* is not a YAML mapping."""
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    errors: dict[str, UnreadableArticle] = {}
    for field in yaml_fields(text, 1):
        name = _NAMES.get(_normalized_name(field.name), "")
        try:
            if not name:
                raise _unknown(field)
            if name in values or name in errors:
                raise field.fail(Message("duplicate field: %(field)s", field=field.name), Message("keep one of them"))
            lines[name] = field.line
            if field.value or name == "accent":
                values[name] = _BY_NAME[name].parse(field)
        except UnreadableArticle as error:
            errors[name or field.name] = error
    mistaken = tuple(name for name in errors if name in _BY_NAME)
    return ParsedSite(Site(**values), mistaken, tuple(errors.values()), lines)


def _normalized_name(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).lower()


def _unknown(field: Field) -> UnreadableArticle:
    close = difflib.get_close_matches(_normalized_name(field.name), _NAMES, n=1)
    if close:
        hint = Message("did you mean %(field)s?", field=_NAMES[close[0]])
    else:
        hint = Message("the fields are: %(names)s", names=", ".join(_BY_NAME))
    return field.fail(Message("unknown field: %(field)s", field=escaped(field.name)[:LONGEST_TEXT]), hint)


def _text(field: Field) -> str:
    if not isinstance(field.value, str):
        raise field.fail(_invalid_value(field), Message("write one line of text"))
    return _line(field, field.value)


def _line(field: Field, text: object) -> str:
    """*text* as one line. Raises UnreadableArticle for control characters and changes of text direction."""
    line = " ".join(text.split()) if isinstance(text, str) else ""
    if not line or escaped(line) != line:
        raise field.fail(_invalid_value(field), Message("write one line of text"))
    if len(line) > LONGEST_TEXT:
        raise field.fail(_invalid_value(field), Message("at most %(count)s characters", count=LONGEST_TEXT))
    return line


def _invalid_value(field: Field) -> Message:
    return Message("this is no value for %(field)s", field=field.name)


def _accent(field: Field) -> str:
    value = field.value if isinstance(field.value, str) else ""
    if not _COLOUR.fullmatch(value):
        raise field.fail(_invalid_value(field), Message('write a colour in quotation marks: "#0b5fa5"'))
    digits = value[1:].lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def _items(field: Field) -> list[Any]:
    items = field.value if isinstance(field.value, list) else [field.value]
    if len(items) > MOST_ITEMS:
        raise field.fail(_invalid_value(field), Message("at most %(count)s entries", count=MOST_ITEMS))
    return items


def _lines(field: Field) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_line(field, item) for item in _items(field)))


def _words(field: Field) -> tuple[tuple[str, str], ...]:
    if not isinstance(field.value, dict):
        raise field.fail(
            _invalid_value(field), Message("write a Simplified and a Traditional word per line: 软件: 軟體")
        )
    _items(replace(field, value=list(field.value)))
    return tuple(
        (_line(field, simplified), _line(field, traditional)) for simplified, traditional in field.value.items()
    )


def _picture(field: Field) -> SitePicture:
    return _picture_of(field, field.value)


def _picture_of(field: Field, value: object) -> SitePicture:
    name = _line(field, value)
    if not _PICTURE.fullmatch(name):
        raise field.fail(_invalid_value(field), PICTURE_HINT)
    return SitePicture(name)


def _police(field: Field) -> str:
    text = _text(field)
    if not _NUMBER.search(text):
        raise field.fail(
            _invalid_value(field), Message("write the whole record with its number: 冀公网安备 13010002000000号")
        )
    return text


def _links(field: Field) -> tuple[TextLink, ...]:
    return tuple(_link(field, item) for item in _items(field))


def _link(field: Field, item: object) -> TextLink:
    """A text, or a mapping of ``text`` and ``link``."""
    if not isinstance(item, dict):
        return TextLink(_line(field, item))
    _check_keys(field, item, "text", "link")
    return TextLink(_line(field, item.get("text")), _address(field, item["link"]) if item.get("link") else "")


def _contacts(field: Field) -> tuple[TextLink, ...]:
    return tuple(_contact(field, item) for item in _items(field))


def _contact(field: Field, item: object) -> TextLink:
    """A telephone number, a mail address or a URL with its link; any other text without a link."""
    if isinstance(item, dict):
        return _link(field, item)
    text = _line(field, item)
    if _MAIL.fullmatch(text):
        return TextLink(text, f"mailto:{text}")
    if _PHONE.fullmatch(text):
        return TextLink(text, "tel:" + re.sub(r"[^\d+]", "", text.partition("转")[0]))
    if re.match(r"[a-z]+:", text, re.IGNORECASE):
        link = _address(field, text)
        return TextLink(re.sub(r"^(?:https?://|mailto:|tel:)", "", link).rstrip("/"), link)
    return TextLink(text)


def _comments(field: Field) -> TextLink:
    if not (contact := _contact(field, field.value)).link:
        raise field.fail(_invalid_value(field), Message("write a mail or web address: letters@news.example"))
    return contact


def _address(field: Field, value: object) -> str:
    text = _line(field, value)
    address = safe_address(text, _CONTACT_SCHEMES)
    if not re.match(r"https?://[^/]|mailto:.|tel:.", address) or address != text.replace(" ", "%20"):
        raise field.fail(_invalid_value(field), Message("write a whole address: https://…, mailto:… or tel:…"))
    return address


def _channels(field: Field) -> tuple[Channel, ...]:
    return tuple(_channel(field, item) for item in _items(field))


def _channel(field: Field, item: object) -> Channel:
    if not isinstance(item, dict):
        return Channel(_line(field, item))
    _check_keys(field, item, "name", "account", "link", "picture")
    return Channel(
        _line(field, item.get("name")),
        _line(field, item["account"]) if item.get("account") else "",
        _address(field, item["link"]) if item.get("link") else "",
        _picture_of(field, item["picture"]) if item.get("picture") else None,
    )


def _check_keys(field: Field, item: dict[str, Any], *known: str) -> None:
    if other := next((name for name in item if name not in known), None):
        hint = Message("the fields are: %(names)s", names=", ".join(known))
        raise field.fail(
            Message("unknown field: %(field)s", field=escaped(f"{field.name}: {other}")[:LONGEST_TEXT]), hint
        )


FIELDS = (
    SiteField("name", ("name", "名称", "站名"), _text),
    SiteField("tagline", ("tagline", "宣传语", "口号"), _text),
    SiteField("accent", ("accent", "主色"), _accent),
    SiteField("logo", ("logo", "标志"), _picture),
    SiteField("sections", ("sections", "栏目"), _lines),
    SiteField("icp", ("icp", "ICP备案"), _text),
    SiteField("police", ("police", "公安备案"), _police),
    SiteField("licences", ("licences", "licenses", "许可证"), _links),
    SiteField("copyright", ("copyright", "版权"), _text),
    SiteField("contact", ("contact", "联系方式"), _contacts),
    SiteField("comments", ("comments", "留言"), _comments),
    SiteField("report", ("report", "举报"), _contacts),
    SiteField("follow", ("follow", "关注"), _channels),
    SiteField("conversion_words", ("conversion_words", "简繁用词"), _words),
    SiteField("conversion_names", ("conversion_names", "不转换的名字"), _lines),
)
"""The fields of the settings file. docs/reference/site.md explains them."""

_BY_NAME = {row.name: row for row in FIELDS}
_NAMES = {_normalized_name(name): row.name for row in FIELDS for name in row.names}
