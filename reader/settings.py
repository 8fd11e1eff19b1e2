"""The settings: READER_* environment variables, parsed once into a frozen dataclass."""

from __future__ import annotations

import difflib
import ipaddress
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
from .i18n import Message, is_language_tag, language_tag

SHORTEST_TOKEN = 12
_FORMER_NAMES = {"READER_RESPONSE_CACHE_MB": "READER_HOT_CACHE_MB"}
_HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
log = logging.getLogger(__name__)

PACKAGE = Path(__file__).resolve().parent
IS_INSTALLED = (PACKAGE / "templates").is_dir()
"""Whether this is an installed wheel, with ``templates/`` and ``static/`` inside the package."""

ROOT = PACKAGE if IS_INSTALLED else PACKAGE.parent
"""The folder of ``templates/`` and ``static/``."""

_DEFAULT_FOLDER = Path.cwd() if IS_INSTALLED else ROOT
"""The folder of ``articles/`` and ``instance/`` unless they are set."""


@dataclass(frozen=True)
class Settings:
    """Each field is set by the variable ``READER_<NAME>``; ``docs/reference/settings.md`` explains them.

    ::

        Settings.from_environ({"READER_ARTICLES": "/srv/articles", "READER_SITE_NAME": "河北新闻网"})
    """

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
    removal_grace_seconds: float = 10.0
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
    hosts: str = ""
    trusted_proxies: str = ""
    metrics_allow: str = "127.0.0.0/8,::1/128"
    exports_per_minute: int = 30
    searches_per_minute: int = 120
    editor_token: str = field(default="", repr=False)

    # ``static/`` and ``templates/`` belong to the code; their paths are not settings.

    @property
    def templates(self) -> Path:
        return ROOT / "templates"

    @property
    def static(self) -> Path:
        return ROOT / "static"

    @property
    def known_hosts(self) -> frozenset[str]:
        """The host names of this site: READER_HOSTS, else the host of READER_BASE_URL; empty for any."""
        own = urlsplit(self.base_url).hostname or ""
        return frozenset(self.hosts.split(",") if self.hosts else [own] if own else [])

    @property
    def proxies(self) -> tuple[Network, ...]:
        return _parsed_networks(self.trusted_proxies)

    @property
    def metrics_readers(self) -> tuple[Network, ...]:
        return _parsed_networks(self.metrics_allow)

    @property
    def catalog(self) -> Path:
        return self.instance / "catalog.sqlite3"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Raises BadSetting with the variable and its valid values."""
        values: dict[str, Any] = {}
        for f in fields(cls):
            name = f"READER_{f.name.upper()}"
            if value := _value_of(name, environ):
                wanted, parse = _PARSERS.get(f.name) or _PARSERS_BY_TYPE[str(f.type)]
                try:
                    values[f.name] = parse(value)
                except _Unusable as error:
                    raise BadSetting(name, value, error.wanted) from error
                except (ValueError, KeyError, OSError) as error:
                    raise BadSetting(name, value, wanted) from error
        _warn_of_unknown(environ, {f"READER_{f.name.upper()}" for f in fields(cls)})
        return cls(**values)


def _value_of(name: str, environ: Mapping[str, str]) -> str:
    """The variable's value; the value of its former name, with a warning, if only that is set."""
    value, old = environ.get(name, "").strip(), _FORMER_NAMES.get(name, "")
    if not value and (value := environ.get(old, "").strip()):
        log.warning("%s is now called %s; the old name still works", old, name)
    return value


class _Unusable(ValueError):
    """An invalid value with a special error message; ``wanted`` describes valid values."""

    def __init__(self, wanted: Message) -> None:
        super().__init__(wanted)
        self.wanted = wanted


def _warn_of_unknown(environ: Mapping[str, str], known: set[str]) -> None:
    """Logs a warning for each READER_* variable that is not a setting, such as a misspelt one."""
    for name in sorted(environ):
        if name.startswith("READER_") and name not in known and name not in _FORMER_NAMES.values():
            close = difflib.get_close_matches(name, known, n=1)
            log.warning("%s is not a setting%s", name, f"; did you mean {close[0]}?" if close else "")


def _positive(parse: Callable[[str], float]) -> Callable[[str], float]:
    def checked(value: str) -> float:
        number = parse(value)
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
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(value)
    if parts.username is not None or re.search(r"[\s<>\"\\^`{|}]", value):
        raise ValueError(value)
    root = f"{parts.scheme}://{parts.netloc}"
    if parts.path.strip("/"):
        raise _Unusable(
            Message("an address without a path, such as %(root)s: Reader answers at the root only", root=root)
        )
    return root if parts.port is None or parts.port else value  # .port raises ValueError above 65535


def _language(value: str) -> str:
    """A BCP 47 tag. The error for a POSIX locale name suggests the tag."""
    try:
        return language_tag(value)
    except ValueError:
        likely = value.partition(".")[0].replace("_", "-")
        example = likely if is_language_tag(likely) else "zh-CN"
        raise _Unusable(Message("a language tag such as %(example)s", example=example)) from None


def _hosts(value: str) -> str:
    names = [name.strip().lower().rstrip(".") for name in value.split(",") if name.strip()]
    if not all(_HOST_NAME.fullmatch(name) for name in names):
        raise ValueError(value)
    return ",".join(names)


def _parsed_networks(networks: str) -> tuple[Network, ...]:
    return tuple(map(ipaddress.ip_network, networks.split(","))) if networks not in ("", "none") else ()


def _networks(value: str) -> str:
    """Comma-separated IP addresses and networks, or ``none``."""
    if value.lower() == "none":
        return "none"
    return ",".join(str(ipaddress.ip_network(part.strip(), strict=False)) for part in value.split(",") if part.strip())


def _folder(value: str) -> Path:
    """An absolute path. Symbolic links are not resolved, because a deployment can switch them."""
    return Path(value).expanduser().absolute()


def _hub_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(value)
    return value


def _tagging_entity(value: str) -> str:
    """The tagging entity of tag: URIs: ``authority,date`` (RFC 4151 2.1)."""
    if not re.fullmatch(r"[\w.@-]+,\d{4}(-\d\d){0,2}", value, re.ASCII):
        raise ValueError(value)
    return value


_PARSERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "base_url": (Message("a URL such as https://news.example"), _web_address),
    "feed_authority": (Message("a domain and a year, such as news.example,2026"), _tagging_entity),
    "websub_hub": (Message("the URL of a hub, such as https://hub.example/"), _hub_address),
    "editor_token": (Message("a secret of at least %(least)s characters", least=SHORTEST_TOKEN), _secret),
    "removal_grace_seconds": (Message("a number of seconds, 0 or more"), _seconds),
    "language": (Message("a language tag such as zh-CN"), _language),
    "hosts": (Message("host names without port, such as news.example,www.news.example"), _hosts),
    "trusted_proxies": (Message("addresses or networks, such as 127.0.0.1,10.0.0.0/8, or none"), _networks),
    "metrics_allow": (Message("addresses or networks, such as 127.0.0.1,10.0.0.0/8, or none"), _networks),
    "timezone": (Message("a time zone such as Asia/Shanghai"), ZoneInfo),
}
_PARSERS_BY_TYPE: dict[str, tuple[str, Callable[[str], Any]]] = {
    "Path": (Message("a folder"), _folder),
    "str": (Message("text"), str),
    "bool": (Message("1 or 0"), _switch),
    "int": (Message("a whole number above 0"), _positive(int)),
    "float": (Message("a number above 0"), _positive(float)),
}
