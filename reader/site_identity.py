"""The identity of a site: name, colour, registration numbers, contacts, channels. Frozen dataclasses without I/O."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

from .models import fingerprint

FOLDER = "_site"
"""The folder of the site's own files, below the articles folder. It is used if it contains one of SETTINGS_NAMES."""

SETTINGS_NAMES = ("site.yaml", "site.yml")
PAGE_SUFFIXES = (".md", ".markdown")


@dataclass(frozen=True)
class SitePicture:
    """A picture of the site itself, such as its logo. ``width`` and ``height`` are pixels, 0 if unknown.

    ``address`` is the URL of the widest JPEG rendition. While the settings are parsed, it is a path relative to them.
    """

    address: str
    width: int = 0
    height: int = 0

    @property
    def webp(self) -> str:
        """The URL of the same rendition as WebP, which keeps transparency."""
        return self.address.removesuffix("jpg") + "webp"

    @property
    def digest(self) -> str:
        """The digest of the picture's content, from its URL."""
        return self.address.rpartition("/")[2].partition("-")[0]

    @property
    def rendition_width(self) -> int:
        """The width of the rendition in pixels."""
        return int(self.address.rpartition("-")[2].removesuffix(".jpg"))


@dataclass(frozen=True)
class TextLink:
    """A label and its URL; ``link`` is empty for plain text."""

    text: str
    link: str = ""


@dataclass(frozen=True)
class Channel:
    """A channel of the publisher on another platform: ``account`` is a name to search for, ``picture`` a QR code."""

    name: str
    account: str = ""
    link: str = ""
    picture: SitePicture | None = None


@dataclass(frozen=True)
class Site:
    """The content of the site's settings file. A field without a value in the file is empty. ``accent`` is ``#rrggbb``.

    ``conversion_words`` are pairs of a Simplified and a Traditional word. ``conversion_names`` are never converted.
    """

    name: str = ""
    tagline: str = ""
    accent: str = ""
    logo: SitePicture | None = None
    sections: tuple[str, ...] = ()
    icp: str = ""
    police: str = ""
    licences: tuple[TextLink, ...] = ()
    copyright: str = ""
    contact: tuple[TextLink, ...] = ()
    comments: TextLink | None = None
    report: tuple[TextLink, ...] = ()
    follow: tuple[Channel, ...] = ()
    pages: tuple[TextLink, ...] = ()
    conversion_words: tuple[tuple[str, str], ...] = ()
    conversion_names: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """16 hex digits: the fingerprint of all fields."""
        return _version_of(self)


@lru_cache(64)
def with_name(site: Site, name: str) -> Site:
    """*site* with *name* if it has no name. A site with its own name gets a copyright line if it has none."""
    if not site.name:
        return replace(site, name=name)
    return site if site.copyright else replace(site, copyright=f"© {site.name}")


@lru_cache(64)
def _version_of(site: Site) -> str:
    return fingerprint(site_to_json(site))


def site_to_json(site: Site) -> str:
    """The site as a JSON object of its fields."""
    return json.dumps(asdict(site), ensure_ascii=False)


def site_from_json(text: str) -> Site:
    """The inverse of ``site_to_json``."""
    return site_from_fields(json.loads(text))


def site_from_fields(fields: dict[str, Any]) -> Site:
    """A Site from its parsed JSON object. Raises KeyError or TypeError for missing or unknown fields."""
    links = {name: tuple(TextLink(**link) for link in fields[name]) for name in _LINKS}
    comments = TextLink(**fields["comments"]) if fields["comments"] else None
    lists = {
        "sections": tuple(fields["sections"]),
        "follow": tuple(map(_channel, fields["follow"])),
        "conversion_words": tuple(
            (simplified, traditional) for simplified, traditional in fields.get("conversion_words", ())
        ),
        "conversion_names": tuple(fields.get("conversion_names", ())),
    }
    return Site(**{**fields, **links, **lists, "comments": comments, "logo": _picture(fields["logo"])})


_LINKS = ("licences", "contact", "report", "pages")


def _channel(fields: dict[str, Any]) -> Channel:
    channel = Channel(**fields)
    return replace(channel, picture=_picture(fields["picture"]))


def _picture(fields: dict[str, Any] | None) -> SitePicture | None:
    return SitePicture(**fields) if fields else None
