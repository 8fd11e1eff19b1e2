"""The options of an export besides the publication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from ..chinese.script_conversion import SCRIPTS
from ..errors import BadOption
from ..settings import Settings


class Render(Protocol):
    """``Renderer.render``: renders a template below ``templates/``."""

    def __call__(self, template: str, **context: Any) -> str: ...


@dataclass(frozen=True)
class Options:
    """``page`` is one of the exporter's PAGES; ``base_url`` is empty or the site's URL without a trailing slash;
    ``instance`` is the folder with the records of the pictures and their renditions, which may take
    ``picture_cache_bytes``.
    """

    page: str = ""
    script: str = ""
    site_name: str = "Reader"
    base_url: str = ""
    instance: str = ""
    picture_cache_bytes: int = 2_000_000_000


def options_of(settings: Settings, page: str, script: str) -> Options:
    cache_bytes = settings.export_cache_mb * 1_000_000
    return Options(page, script, settings.site_name, settings.base_url, str(settings.instance), cache_bytes)


def script_of(script: str) -> str:
    """The validated *script*; empty means unconverted. Raises BadOption."""
    if script and script not in SCRIPTS:
        raise BadOption("script", script, list(SCRIPTS))
    return script
