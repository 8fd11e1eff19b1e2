"""The settings: READER_* environment variables, parsed once into a frozen dataclass."""

from __future__ import annotations

import difflib
import ipaddress
import logging
import os
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from .errors import BadSetting
from .i18n import Message, is_language_tag, language_tag

SHORTEST_TOKEN = 12
SECRETS = ("editor_token",)
"""Fields whose values no message shows."""

LONGEST_TEXT, LONGEST_SHOWN = 4_000, 200
DAY_SECONDS, YEAR_SECONDS = 86_400.0, 31_536_000.0
MOST_MB = 100_000_000
"""100 TB; larger numbers are mistakes, and some overflow rlim_t or off_t."""

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
    least_articles: int = 0
    article_limit_mb: int = 2
    picture_limit_mb: int = 40
    media_limit_mb: int = 500
    read_timeout_seconds: float = 10.0
    read_memory_mb: int = 512
    removal_grace_seconds: float = 10.0
    accept_removals_seconds: float = 86_400.0
    export_workers: int = 1
    export_queue: int = 64
    exports_ahead: bool = True
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
                    values[f.name] = parse(_text(value))
                except _Unusable as error:
                    raise BadSetting(name, _shown(f.name, value), error.wanted) from error
                except (ValueError, KeyError, OSError) as error:
                    raise BadSetting(name, _shown(f.name, value), wanted) from error
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


def _shown(field_name: str, value: str) -> str:
    """The value as an error message shows it: on one line, not endless, and no secret."""
    if field_name in SECRETS:
        return "…"
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in value)
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}…"


def _text(value: str) -> str:
    """Raises _Unusable unless *value* is one line of UTF-8: it appears in headers, pages, logs and file names."""
    if len(value) > LONGEST_TEXT:
        raise _Unusable(Message("at most %(count)s characters", count=LONGEST_TEXT))
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in value):
        raise _Unusable(Message("one line of text in UTF-8, without control characters"))
    return value


def _whole(least: int, most: int) -> tuple[str, Callable[[str], float]]:
    wanted = Message("a whole number from %(least)s to %(most)s", least=str(least), most=str(most))
    return wanted, partial(_within, int, least, most)


def _number(least: float, most: float) -> tuple[str, Callable[[str], float]]:
    wanted = Message("a number from %(least)s to %(most)s", least=f"{least:.10g}", most=f"{most:.10g}")
    return wanted, partial(_within, float, least, most)


def _within(parse: Callable[[str], float], least: float, most: float, value: str) -> float:
    number = parse(value)
    if not least <= number <= most:  # false for nan, too
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
    parts = _http_parts(value)
    if parts.query or parts.fragment:
        raise ValueError(value)
    root = f"{parts.scheme}://{parts.netloc}"
    if parts.path.strip("/"):
        raise _Unusable(
            Message("an address without a path, such as %(root)s: Reader answers at the root only", root=root)
        )
    return root.replace(parts.hostname or "", _ascii_host(parts.hostname or "")) if not root.isascii() else root


def _http_parts(value: str) -> SplitResult:
    """The parts of an http or https URL with a host name and no user name. Raises ValueError."""
    parts = urlsplit(value)
    host = _ascii_host(parts.hostname or "")
    if parts.scheme not in ("http", "https") or not _HOST_NAME.fullmatch(f"[{host}]" if ":" in host else host):
        raise ValueError(value)
    if parts.username is not None or re.search(r"[\s<>\"\\^`{|}]", value) or parts.port == 0:
        raise ValueError(value)  # .port raises ValueError above 65535
    return parts


def _ascii_host(name: str) -> str:
    """The name as clients send it in Host: IDNA for others than ASCII. Raises UnicodeError, a ValueError."""
    return name if name.isascii() else name.encode("idna").decode()


def _language(value: str) -> str:
    """A BCP 47 tag. The error for a POSIX locale name suggests the tag."""
    try:
        return language_tag(value)
    except ValueError:
        likely = value.partition(".")[0].replace("_", "-")
        example = likely if is_language_tag(likely) else "zh-CN"
        raise _Unusable(Message("a language tag such as %(example)s", example=example)) from None


def _hosts(value: str) -> str:
    names = [_ascii_host(name.strip().lower().rstrip(".")) for name in value.split(",") if name.strip()]
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
    if not value.isascii():  # it is sent in a header
        raise ValueError(value)
    _http_parts(value)
    return value


def _access_log(value: str) -> str:
    if value != "-" and Path(value).expanduser().is_dir():
        raise ValueError(value)
    return value


def _tagging_entity(value: str) -> str:
    """The tagging entity of tag: URIs: ``authority,date`` (RFC 4151 2.1)."""
    if not re.fullmatch(r"[\w.@-]+,\d{4}(-\d\d){0,2}", value, re.ASCII):
        raise ValueError(value)
    year, month, day, *_ = [*map(int, value.rpartition(",")[2].split("-")), 1, 1]
    date(year, month, day)
    return value


_PARSERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "base_url": (Message("a URL such as https://news.example"), _web_address),
    "feed_authority": (Message("a domain and a year, such as news.example,2026"), _tagging_entity),
    "websub_hub": (Message("the URL of a hub, such as https://hub.example/"), _hub_address),
    "editor_token": (Message("a secret of at least %(least)s characters", least=SHORTEST_TOKEN), _secret),
    "site_name": (Message("text"), str),
    "access_log": (Message("a file, or - for standard error"), _access_log),
    "scan_seconds": _number(0.1, DAY_SECONDS),
    "least_articles": _whole(0, 1_000_000_000),
    "article_limit_mb": _whole(1, 1_000),
    "picture_limit_mb": _whole(1, 10_000),
    "media_limit_mb": _whole(1, 10_000),
    "read_timeout_seconds": _number(0.1, DAY_SECONDS),
    "read_memory_mb": _whole(128, MOST_MB),
    "removal_grace_seconds": _number(0, YEAR_SECONDS),
    "accept_removals_seconds": _number(0.1, YEAR_SECONDS),
    "export_workers": _whole(1, 64),
    "export_queue": _whole(1, 100_000),
    "export_timeout_seconds": _number(0.1, DAY_SECONDS),
    "export_memory_mb": _whole(256, MOST_MB),
    "export_cache_mb": _whole(1, MOST_MB),
    "response_cache_mb": _whole(1, MOST_MB),
    "exports_per_minute": _whole(1, 1_000_000),
    "searches_per_minute": _whole(1, 1_000_000),
    "language": (Message("a language tag such as zh-CN"), _language),
    "hosts": (Message("host names without port, such as news.example,www.news.example"), _hosts),
    "trusted_proxies": (Message("addresses or networks, such as 127.0.0.1,10.0.0.0/8, or none"), _networks),
    "metrics_allow": (Message("addresses or networks, such as 127.0.0.1,10.0.0.0/8, or none"), _networks),
    "timezone": (Message("a time zone such as Asia/Shanghai"), ZoneInfo),
}
_PARSERS_BY_TYPE: dict[str, tuple[str, Callable[[str], Any]]] = {
    "Path": (Message("a folder"), _folder),
    "bool": (Message("1 or 0"), _switch),
}
