"""What an exporter is told besides the publication itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from ..chinese.script import SCRIPTS
from ..errors import BadOption
from ..settings import Settings


class Render(Protocol):
    """``Renderer.render``: the text of a template under ``templates/``."""

    def __call__(self, template: str, **context: Any) -> str: ...


@dataclass(frozen=True)
class Options:
    """``page`` is one of the exporter's PAGES; ``base_url`` is empty or the site's address without a last slash;
    ``instance`` is the folder where the pictures' whereabouts are noted.
    """

    page: str = ""
    script: str = ""
    site_name: str = "Reader"
    base_url: str = ""
    instance: str = ""


def options_of(settings: Settings, page: str, script: str) -> Options:
    return Options(page, script, settings.site_name, settings.base_url, str(settings.instance))


def script_of(script: str) -> str:
    """Raises BadOption. Empty is as written."""
    if script and script not in SCRIPTS:
        raise BadOption("script", script, list(SCRIPTS))
    return script
