"""The options of an export besides the publication."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from ..chinese.script_conversion import site_in_script
from ..chinese.scripts import SCRIPTS
from ..errors import BadOption
from ..settings import Settings
from ..site_identity import Site, with_name


class Render(Protocol):
    """The type of ``Renderer.render``, which renders a template below ``templates/``."""

    def __call__(self, template: str, **context: Any) -> str: ...


@dataclass(frozen=True)
class Options:
    """The options of an export.

    ``page`` is one of the exporter's PAGES. ``base_url`` is empty, or the site's URL without a trailing slash.
    ``instance`` is the folder with the records of the pictures and their renditions; the cache of renditions may use
    ``picture_cache_bytes``. ``site`` is in the script of the export. ``speech`` is the command line of the
    text-to-speech program.
    """

    page: str = ""
    script: str = ""
    site_name: str = "Reader"
    base_url: str = ""
    instance: str = ""
    picture_cache_bytes: int = 2_000_000_000
    site: Site = field(default_factory=Site)
    speech: str = ""


def options_of(settings: Settings, page: str, script: str, site: Site | None = None) -> Options:
    """The options from the settings and the validated *page* and *script*. Converts the texts of *site* to *script*."""
    cache_bytes = settings.export_cache_mb * 1_000_000
    converted = site_in_script(with_name(site or Site(), settings.site_name), script)
    return Options(
        page, script, converted.name, settings.base_url, str(settings.instance), cache_bytes, converted, settings.speech
    )


def script_of(script: str) -> str:
    """The validated *script*; empty means no conversion. Raises BadOption."""
    if script and script not in SCRIPTS:
        raise BadOption("script", script, list(SCRIPTS))
    return script
