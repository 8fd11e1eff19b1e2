"""The settings: READER_* environment variables, parsed once into a frozen dataclass."""

from __future__ import annotations

import difflib
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from zoneinfo import ZoneInfo

from .errors import BadSetting
from .i18n import Message
from .setting_values import (
    SHORTEST_TOKEN,
    UNIX_PEER,
    Network,
    Unusable,
    access_log,
    bucket_url,
    command,
    database_url,
    file,
    folder,
    hosts,
    hub_address,
    indexnow_key,
    language,
    mail_address,
    networks,
    number,
    one_of,
    parsed_networks,
    proxies,
    redis_url,
    secret,
    smtp_url,
    switch,
    tagging_entity,
    text,
    web_address,
    whole_number,
)
from .urls import prefix_of

SECRETS = ("editor_token", "database_url", "redis_url", "smtp_url")
"""The fields whose values never appear in a message."""

LONGEST_SHOWN = 200
"""The longest value in an error message, in characters."""
DAY_SECONDS, YEAR_SECONDS = 86_400.0, 31_536_000.0
MOST_MB = 100_000_000
"""100 TB. Larger numbers are mistakes, and some overflow rlim_t or off_t."""

STATE_FILE = "state.sqlite3"

_FORMER_NAMES = {"READER_RESPONSE_CACHE_MB": "READER_HOT_CACHE_MB"}
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
    speech: str = ""
    feed_authority: str = "reader.invalid,2026"
    websub_hub: str = ""
    webmention: str = ""
    indexnow_key: str = ""
    hosts: str = ""
    trusted_proxies: str = ""
    metrics_allow: str = "127.0.0.0/8,::1/128"
    exports_per_minute: int = 30
    searches_per_minute: int = 120
    editor: bool = True
    comments: str = ""
    comments_close_days: int = 0
    comments_per_minute: int = 5
    comment_words: str = ""
    editor_token: str = field(default="", repr=False)
    database_url: str = field(default="", repr=False)
    bucket: str = ""
    redis_url: str = field(default="", repr=False)
    smtp_url: str = field(default="", repr=False)
    mail_from: str = ""
    mail_bounces: str = ""
    mail_hour: int = 7

    # ``static/`` and ``templates/`` belong to the code; their paths are not settings.

    @property
    def templates(self) -> Path:
        return ROOT / "templates"

    @property
    def static(self) -> Path:
        return ROOT / "static"

    @property
    def known_hosts(self) -> frozenset[str]:
        """The host names of this site: READER_HOSTS, else the host of READER_BASE_URL. Empty if any host is valid."""
        own = urlsplit(self.base_url).hostname or ""
        return frozenset(self.hosts.split(",") if self.hosts else [own] if own else [])

    @property
    def path_prefix(self) -> str:
        """The path in READER_BASE_URL, such as ``/news``; empty for a site at the root of its host."""
        return prefix_of(self.base_url)

    def without_secrets(self) -> Settings:
        """These settings for a child process, which reads files of others."""
        without: dict[str, Any] = dict.fromkeys(SECRETS, "")
        return replace(self, **without)

    @property
    def proxies(self) -> tuple[Network, ...]:
        """The networks of trusted proxies."""
        return parsed_networks(self.trusted_proxies)

    @property
    def trusts_unix_peers(self) -> bool:
        """Whether peers that connect by a UNIX socket are trusted proxies."""
        return UNIX_PEER in self.trusted_proxies.split(",")

    @property
    def metrics_readers(self) -> tuple[Network, ...]:
        """The networks whose clients may read the metrics."""
        return parsed_networks(self.metrics_allow)

    @property
    def catalog(self) -> Path:
        """The SQLite file of the catalog."""
        return self.instance / "catalog.sqlite3"

    @property
    def data(self) -> Path:
        """The folder of data that cannot be derived from the articles.

        It is the folder of the SQLite file in READER_DATABASE_URL, else ``data/`` beside the instance folder, or
        ``<name>-data/`` beside an instance folder with a name other than ``instance``.
        """
        if self.database_url.startswith("sqlite:"):
            return Path(unquote(self.database_url.removeprefix("sqlite:///"))).parent
        is_usual = self.instance.name == "instance"
        return self.instance.with_name("data" if is_usual else f"{self.instance.name}-data")

    @property
    def state_url(self) -> str:
        """The URL of the state database: READER_DATABASE_URL, else of an SQLite file in ``data``."""
        return self.database_url or f"sqlite:///{quote(str(self.data / STATE_FILE))}"

    @property
    def shares_exports(self) -> bool:
        """Whether machines share the queue of exports: in PostgreSQL, and the files through a bucket."""
        return bool(self.bucket) and self.database_url.startswith("postgresql")

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Reads all settings. Logs a warning for an unknown READER_* variable.

        Raises BadSetting with the variable and its valid values.
        """
        values: dict[str, Any] = {}
        for f in fields(cls):
            name = f"READER_{f.name.upper()}"
            if value := _value_of(name, environ):
                expected, parse = _PARSERS.get(f.name) or _PARSERS_BY_TYPE[str(f.type)]
                try:
                    values[f.name] = parse(text(value))
                except Unusable as error:
                    raise BadSetting(name, _display_value(f.name, value), error.wanted) from error
                except (ValueError, KeyError, OSError, RuntimeError) as error:  # RuntimeError: no home for ~
                    raise BadSetting(name, _display_value(f.name, value), expected) from error
        _warn_of_unknown(environ, {f"READER_{f.name.upper()}" for f in fields(cls)})
        _check_mail(values)
        return cls(**values)


def _check_mail(values: Mapping[str, Any]) -> None:
    """Mail needs a sender, and the base URL for its links. Raises BadSetting if either is missing."""
    for name in ("mail_from", "base_url") if values.get("smtp_url") else ():
        if not values.get(name):
            raise BadSetting(
                f"READER_{name.upper()}",
                "",
                Message("%(value)s, because READER_SMTP_URL is set", value=_PARSERS[name][0]),
            )


def _value_of(name: str, environ: Mapping[str, str]) -> str:
    """The variable's value. If only its former name is set, logs a warning and returns that value."""
    value, old = environ.get(name, "").strip(), _FORMER_NAMES.get(name, "")
    if not value and (value := environ.get(old, "").strip()):
        log.warning("%s is now called %s; the old name still works", old, name)
    return value


def _warn_of_unknown(environ: Mapping[str, str], known: set[str]) -> None:
    """Logs a warning for each READER_* variable that is not a setting, such as a misspelt one."""
    for name in sorted(environ):
        if name.startswith("READER_") and name not in known and name not in _FORMER_NAMES.values():
            # The common prefix would make all names similar.
            words = [setting.removeprefix("READER_") for setting in known]
            close = difflib.get_close_matches(name.removeprefix("READER_"), words, n=1)
            log.warning("%s is not a setting%s", name, f"; did you mean READER_{close[0]}?" if close else "")


def _display_value(field_name: str, value: str) -> str:
    """The value for an error message: one line, at most LONGEST_SHOWN characters, ``…`` for a secret."""
    if field_name in SECRETS:
        return "…"
    printable = "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in value)
    return printable if len(printable) <= LONGEST_SHOWN else f"{printable[:LONGEST_SHOWN]}…"


_PARSERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "base_url": (Message("a URL such as https://news.example"), web_address),
    "feed_authority": (Message("a domain and a year, such as news.example,2026"), tagging_entity),
    "websub_hub": (Message("the URL of a hub, such as https://hub.example/"), hub_address),
    "webmention": (Message("off, receive, send or both"), one_of("off", "receive", "send", "both")),
    "indexnow_key": (Message("8 to 128 letters, digits and hyphens"), indexnow_key),
    "database_url": (
        Message("sqlite:////srv/reader/data/state.sqlite3 or postgresql://user@host/name"),
        database_url,
    ),
    "bucket": (Message("s3://name or s3://name/folder"), bucket_url),
    "redis_url": (Message("redis://:password@host:6379/0, rediss://host or unix:///run/redis/redis.sock"), redis_url),
    "smtp_url": (Message("smtps://user:password@mail.example or smtp://127.0.0.1:25"), smtp_url),
    "mail_from": (Message("an address such as news@news.example"), mail_address),
    "mail_bounces": (Message("an address such as bounces@news.example"), mail_address),
    "mail_hour": whole_number(0, 23),
    "editor_token": (Message("a secret of at least %(least)s characters", least=SHORTEST_TOKEN), secret),
    "site_name": (Message("text"), str),
    "access_log": (Message("a file, or - for standard error"), access_log),
    "scan_seconds": number(0.1, DAY_SECONDS),
    "least_articles": whole_number(0, 1_000_000_000),
    "article_limit_mb": whole_number(1, 1_000),
    "picture_limit_mb": whole_number(1, 10_000),
    "media_limit_mb": whole_number(1, 10_000),
    "read_timeout_seconds": number(0.1, DAY_SECONDS),
    "read_memory_mb": whole_number(128, MOST_MB),
    "removal_grace_seconds": number(0, YEAR_SECONDS),
    "accept_removals_seconds": number(0.1, YEAR_SECONDS),
    "export_workers": whole_number(1, 64),
    "export_queue": whole_number(1, 100_000),
    "export_timeout_seconds": number(0.1, DAY_SECONDS),
    "export_memory_mb": whole_number(256, MOST_MB),
    "export_cache_mb": whole_number(1, MOST_MB),
    "response_cache_mb": whole_number(1, MOST_MB),
    "exports_per_minute": whole_number(1, 1_000_000),
    "searches_per_minute": whole_number(1, 1_000_000),
    "speech": (Message("a command that is here, such as /usr/local/bin/read-aloud"), command),
    "comments": (Message("off, reviewed or open"), one_of("off", "reviewed", "open")),
    "comments_close_days": whole_number(0, 100_000),
    "comments_per_minute": whole_number(1, 1_000_000),
    "comment_words": (Message("a file with a word on each line"), file),
    "language": (Message("a language tag such as zh-CN"), language),
    "hosts": (Message("host names without port, such as news.example,www.news.example"), hosts),
    "trusted_proxies": (Message("addresses or networks, such as 127.0.0.1,10.0.0.0/8, or unix, or none"), proxies),
    "metrics_allow": (Message("addresses or networks, such as 127.0.0.1,10.0.0.0/8, or none"), networks),
    "timezone": (Message("a time zone such as Asia/Shanghai"), ZoneInfo),
}
_PARSERS_BY_TYPE: dict[str, tuple[str, Callable[[str], Any]]] = {
    "Path": (Message("a folder"), folder),
    "bool": (Message("1 or 0"), switch),
}
