"""The settings, read once from READER_* environment variables into one frozen value."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from .errors import BadSetting
from .i18n import Message

SHORTEST_TOKEN = 12
_FORMER_NAMES = {"READER_RESPONSE_CACHE_MB": "READER_HOT_CACHE_MB"}
log = logging.getLogger(__name__)

PACKAGE = Path(__file__).resolve().parent
IS_INSTALLED = (PACKAGE / "templates").is_dir()
"""Whether this is a wheel: ``templates/`` and ``static/`` lie in the package then, in a checkout beside it."""

ROOT = PACKAGE if IS_INSTALLED else PACKAGE.parent
"""Where ``templates/`` and ``static/`` lie."""

_DEFAULT_FOLDER = Path.cwd() if IS_INSTALLED else ROOT
"""Where ``articles/`` and ``instance/`` lie unless they are set."""


@dataclass(frozen=True)
class Settings:
    """Every field is the variable ``READER_<NAME>``; ``docs/reference/settings.md`` explains each."""

    articles: Path = _DEFAULT_FOLDER / "articles"
    instance: Path = _DEFAULT_FOLDER / "instance"
    base_url: str = ""
    site_name: str = "Reader"
    language: str = "zh-CN"
    timezone: ZoneInfo = ZoneInfo("Asia/Shanghai")
    scan_seconds: float = 5.0
    watch: bool = True
    article_limit_mb: int = 2
    picture_limit_mb: int = 40
    read_timeout_seconds: float = 10.0
    read_memory_mb: int = 512
    removal_grace_seconds: float = 5.0
    accept_removals_seconds: float = 86_400.0
    export_workers: int = 1
    export_queue: int = 64
    export_timeout_seconds: float = 120.0
    export_cache_mb: int = 2048
    response_cache_mb: int = 16
    access_log: str = ""
    export_memory_mb: int = 1024
    feed_authority: str = "reader.invalid,2026"
    websub_hub: str = ""
    editor_token: str = field(default="", repr=False)

    # ``static/`` and ``templates/`` belong to the code; their places are not settings.

    @property
    def templates(self) -> Path:
        return ROOT / "templates"

    @property
    def static(self) -> Path:
        return ROOT / "static"

    @property
    def catalog(self) -> Path:
        return self.instance / "catalog.sqlite3"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Raises BadSetting naming the variable and what it should be."""
        chosen: dict[str, Any] = {}
        for f in fields(cls):
            name = f"READER_{f.name.upper()}"
            if value := _value_of(name, environ):
                wanted, read = _READERS.get(f.name) or _READERS_BY_TYPE[str(f.type)]
                try:
                    chosen[f.name] = read(value)
                except (ValueError, KeyError, OSError) as error:
                    raise BadSetting(name, value, wanted) from error
        return cls(**chosen)


def _value_of(name: str, environ: Mapping[str, str]) -> str:
    """The variable's text; that of its former name, with a warning, if only that is set."""
    value, old = environ.get(name, "").strip(), _FORMER_NAMES.get(name, "")
    if not value and (value := environ.get(old, "").strip()):
        log.warning("%s is now called %s; the old name still works", old, name)
    return value


def _positive(read: Callable[[str], float]) -> Callable[[str], float]:
    def checked(value: str) -> float:
        number = read(value)
        if not 0 < number < float("inf"):
            raise ValueError(value)
        return number

    return checked


def _seconds(value: str) -> float:
    number = float(value)
    if not 0 <= number < float("inf"):
        raise ValueError(value)
    return number


def _switch(value: str) -> bool:
    return {"1": True, "yes": True, "true": True, "on": True, "0": False, "no": False, "false": False, "off": False}[
        value.lower()
    ]


def _secret(value: str) -> str:
    if len(value) < SHORTEST_TOKEN:
        raise ValueError("too short")
    return value


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError(value)
    return value.rstrip("/")


def _folder(value: str) -> Path:
    """Links in it are not followed here: a deploy may switch them at any time."""
    return Path(value).expanduser().absolute()


def _hub_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(value)
    return value


def _tagging_entity(value: str) -> str:
    """Who mints ids, and since when: ``authority,date`` of RFC 4151 2.1."""
    if not re.fullmatch(r"[\w.@-]+,\d{4}(-\d\d){0,2}", value, re.ASCII):
        raise ValueError(value)
    return value


_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "base_url": (Message("a URL such as https://news.example"), _web_address),
    "feed_authority": (Message("a domain and a year, such as news.example,2026"), _tagging_entity),
    "websub_hub": (Message("the URL of a hub, such as https://hub.example/"), _hub_address),
    "editor_token": (Message("a secret of at least %(least)s characters", least=SHORTEST_TOKEN), _secret),
    "removal_grace_seconds": (Message("a number of seconds, 0 or more"), _seconds),
    "timezone": (Message("a time zone such as Asia/Shanghai"), ZoneInfo),
}
_READERS_BY_TYPE: dict[str, tuple[str, Callable[[str], Any]]] = {
    "Path": (Message("a folder"), _folder),
    "str": (Message("text"), str),
    "bool": (Message("1 or 0"), _switch),
    "int": (Message("a whole number above 0"), _positive(int)),
    "float": (Message("a number above 0"), _positive(float)),
}
