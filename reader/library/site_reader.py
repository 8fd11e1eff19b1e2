"""Reads the settings file of a site, in a child process: decodes it, checks its fields, measures its pictures."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import PurePosixPath
from typing import Any

from ..article_building.site_settings_parser import LARGEST_BYTES, PICTURE_HINT, parse_site
from ..errors import UnreadableArticle, UnusablePicture
from ..formats.decoding import decode_text
from ..i18n import Message, serialize
from ..media.renditions import record_picture
from ..settings import Settings
from ..site_identity import Site, SitePicture
from .file_content import read_content_of


def read_site(settings: Settings, path: str) -> dict[str, Any]:
    """``{"site": fields or None, "mistaken": names of fields, "problems": […]}``.

    The site is None if the file cannot be read at all.
    """
    try:
        text = decode_text(read_content_of(settings.articles, path, LARGEST_BYTES))
        parsed = parse_site(text)
    except UnreadableArticle as error:
        return {"site": None, "mistaken": [], "problems": [_problem_json(error)]}
    except OSError as error:
        cause = error.strerror or str(error)
        return {"site": None, "mistaken": [], "problems": [{"line": 0, "cause": cause, "hint": ""}]}
    pictures = _Pictures(settings, PurePosixPath(path).parent, parsed.lines)
    site = pictures.measured(parsed.site)
    problems = [*map(_problem_json, parsed.errors), *pictures.problems]
    return {"site": asdict(site), "mistaken": [*parsed.mistaken, *pictures.mistaken], "problems": problems}


def _problem_json(error: UnreadableArticle) -> dict[str, object]:
    """A problem as JSON: its line, its cause and its hint, both serialized."""
    return {"line": error.line, "cause": serialize(error.cause), "hint": serialize(error.hint)}


class _Pictures:
    """Measures the pictures of a site in *folder*, and collects their problems. *lines* has the line of each field."""

    def __init__(self, settings: Settings, folder: PurePosixPath, lines: dict[str, int]) -> None:
        self._settings, self._folder, self._lines = settings, folder, lines
        self.problems: list[dict[str, object]] = []
        self.mistaken: list[str] = []
        """The fields with an unusable picture."""

    def measured(self, site: Site) -> Site:
        """*site* with the addresses and sizes of its pictures, without unusable ones."""
        follow = tuple(replace(channel, picture=self._picture("follow", channel.picture)) for channel in site.follow)
        return replace(site, logo=self._picture("logo", site.logo), follow=follow)

    def _picture(self, name: str, picture: SitePicture | None) -> SitePicture | None:
        if picture is None:
            return None
        try:
            found = record_picture(self._settings, self._folder / picture.address)
        except (OSError, ValueError, UnusablePicture) as error:
            cause = getattr(error, "message", None) or getattr(error, "strerror", None) or str(error)
            cause = Message("picture left out: %(path)s: %(cause)s", path=picture.address, cause=cause)
            self.problems.append(
                {"line": self._lines[name], "cause": serialize(cause), "hint": serialize(PICTURE_HINT)}
            )
            self.mistaken.append(name)
            return None
        return SitePicture(found.address, found.width, found.height)
