"""Parsers of the values of settings: each takes the text of a variable and returns its value.

They raise ValueError (also its subclass Unusable), KeyError or OSError for an invalid value.
"""

from __future__ import annotations

import ipaddress
import re
import shlex
import shutil
import unicodedata
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, urlsplit

from .i18n import Message, is_language_tag, language_tag
from .urls import FIRST_PARTS

SHORTEST_TOKEN = 12
LONGEST_TEXT = 4_000
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
STARTTLS = ("off", "required")
LONGEST_LOCAL_PART, LONGEST_ADDRESS = 64, 254
"""In octets (RFC 5321 4.5.3.1)."""

_LOCAL_PART = re.compile(r"[\w#$&'*+/=?^`{|}~-]+(\.[\w#$&'*+/=?^`{|}~-]+)*", re.ASCII)
"""A dot-atom (RFC 5322 3.2.3) without % and !, which old servers interpret as a route to another server."""

_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_PATH_PREFIX = re.compile(r"(?:/[\w.~-]+)*")
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[\w.-]+)*", re.ASCII)
_HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]")


class Unusable(ValueError):
    """An invalid value with an error message of its own; ``wanted`` describes valid values."""

    def __init__(self, expected: Message) -> None:
        super().__init__(expected)
        self.wanted = expected


def text(value: str) -> str:
    """Raises Unusable unless *value* is one line of UTF-8: it appears in headers, pages, logs and file names."""
    if len(value) > LONGEST_TEXT:
        raise Unusable(Message("at most %(count)s characters", count=LONGEST_TEXT))
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in value):
        raise Unusable(Message("one line of text in UTF-8, without control characters"))
    return value


def whole_number(least: int, most: int) -> tuple[str, Callable[[str], float]]:
    """The description of valid values and the parser, for whole numbers from *least* to *most*."""
    expected = Message("a whole number from %(least)s to %(most)s", least=str(least), most=str(most))
    return expected, partial(parse_within, int, least, most)


def number(least: float, most: float) -> tuple[str, Callable[[str], float]]:
    """The description of valid values and the parser, for numbers from *least* to *most*."""
    expected = Message("a number from %(least)s to %(most)s", least=f"{least:.10g}", most=f"{most:.10g}")
    return expected, partial(parse_within, float, least, most)


def parse_within(parse: Callable[[str], float], least: float, most: float, value: str) -> float:
    """The parsed *value*. Raises ValueError if it is less than *least* or greater than *most*."""
    number = parse(value)
    if not least <= number <= most:  # true for nan, too
        raise ValueError(value)
    return number


def switch(value: str) -> bool:
    """A bool from ``1``, ``yes``, ``true``, ``on`` and their opposites, in any case. Raises KeyError for other text."""
    return {"1": True, "yes": True, "true": True, "on": True, "0": False, "no": False, "false": False, "off": False}[
        value.lower()
    ]


def secret(value: str) -> str:
    """Raises ValueError for less than SHORTEST_TOKEN characters."""
    if len(value) < SHORTEST_TOKEN:
        raise ValueError("too short")
    return value


def web_address(value: str) -> str:
    """An http or https URL without ``/`` at its end. The host becomes ASCII (IDNA), the path is percent-encoded.

    Raises ValueError or Unusable, also for a query or a fragment.
    """
    parts = http_parts(value)
    if parts.query or parts.fragment:
        raise ValueError(value)
    root = f"{parts.scheme}://{parts.netloc}"
    root = root.replace(parts.hostname or "", ascii_host(parts.hostname or "")) if not root.isascii() else root
    return root + path_prefix(parts.path, root)


def path_prefix(path: str, root: str) -> str:
    """The path of the site's root, percent-encoded; empty at the *root* of its host. Raises Unusable."""
    prefix = unquote(path).rstrip("/")
    parts = prefix.split("/")[1:]
    if not _PATH_PREFIX.fullmatch(prefix) or {".", ".."} & set(parts):
        raise Unusable(Message("a path of letters, digits and -._~, such as %(example)s", example=f"{root}/news"))
    if parts and parts[0] in FIRST_PARTS:
        expected = Message(
            "another path, such as %(example)s: pages of Reader begin with this one", example=f"{root}/news"
        )
        raise Unusable(expected)
    return quote(prefix)


def http_parts(value: str) -> SplitResult:
    """The parts of an http or https URL with a host name and no user name. Raises ValueError."""
    parts = urlsplit(value)
    host = ascii_host(parts.hostname or "")
    if parts.scheme not in ("http", "https") or not _HOST_NAME.fullmatch(f"[{host}]" if ":" in host else host):
        raise ValueError(value)
    if parts.username is not None or re.search(r"[\s<>\"\\^`{|}]", value) or parts.port == 0:
        raise ValueError(value)  # .port raises ValueError above 65535
    return parts


def ascii_host(name: str) -> str:
    """The name as clients send it in Host: IDNA for non-ASCII names. Raises UnicodeError, a ValueError."""
    return name if name.isascii() else name.encode("idna").decode()


def language(value: str) -> str:
    """A BCP 47 tag. Raises Unusable; its text for a POSIX locale name suggests the tag."""
    try:
        return language_tag(value)
    except ValueError:
        likely = value.partition(".")[0].replace("_", "-")
        example = likely if is_language_tag(likely) else "zh-CN"
        raise Unusable(Message("a language tag such as %(example)s", example=example)) from None


def hosts(value: str) -> str:
    """Comma-separated host names in lower case, as clients send them in Host. Raises ValueError."""
    names = [ascii_host(name.strip().lower().rstrip(".")) for name in value.split(",") if name.strip()]
    if not all(_HOST_NAME.fullmatch(name) for name in names):
        raise ValueError(value)
    return ",".join(names)


UNIX_PEER = "unix"
"""In READER_TRUSTED_PROXIES: any peer that connects by a UNIX socket. Such a peer has no address."""


def parsed_networks(networks: str) -> tuple[Network, ...]:
    """The networks in the result of ``networks`` or ``proxies``; ``none`` and ``unix`` are left out."""
    parts = [part for part in networks.split(",") if part not in ("", "none", UNIX_PEER)]
    return tuple(map(ipaddress.ip_network, parts))


def networks(value: str) -> str:
    """Comma-separated IP addresses and networks, or ``none``. Raises ValueError."""
    if value.lower() == "none":
        return "none"
    return ",".join(str(ipaddress.ip_network(part.strip(), strict=False)) for part in value.split(",") if part.strip())


def proxies(value: str) -> str:
    """Like ``networks``, but the list may also contain ``unix``. Raises ValueError."""
    parts = [part.strip() for part in value.split(",")]
    others = networks(",".join(part for part in parts if part.lower() != UNIX_PEER))
    if UNIX_PEER not in map(str.lower, parts):
        return others
    if others == "none":
        raise ValueError(value)
    return ",".join(filter(None, [UNIX_PEER, others]))


def folder(value: str) -> Path:
    """An absolute path. Symbolic links are not resolved, because a deployment can switch them."""
    return Path(value).expanduser().absolute()


def hub_address(value: str) -> str:
    """An http or https URL in ASCII. Raises ValueError."""
    if not value.isascii():  # it is sent in a header
        raise ValueError(value)
    http_parts(value)
    return value


def indexnow_key(value: str) -> str:
    """A key as IndexNow defines it. The key is public: it is the name of a file on the site. Raises ValueError."""
    if not re.fullmatch(r"[A-Za-z0-9-]{8,128}", value):
        raise ValueError(value)
    return value


def bucket_url(value: str) -> str:
    """A bucket of S3, perhaps with a folder in it. Raises ValueError."""
    if not _BUCKET.fullmatch(value):
        raise ValueError(value)
    return value


def database_url(value: str) -> str:
    """A database URL as SQLAlchemy defines it: ``sqlite:///`` and a path, or ``postgresql://``. Raises ValueError.

    The path becomes absolute; ``postgres://`` becomes ``postgresql://``.
    """
    parts = urlsplit(value)
    if parts.scheme == "sqlite":
        path = unquote(parts.path.removeprefix("/"))
        if not value.startswith("sqlite:///") or not path.strip("./") or parts.query or parts.fragment:
            raise ValueError(value)
        if not path.isprintable():
            raise ValueError(value)
        return f"sqlite:///{quote(str(folder(path)))}"
    if parts.scheme.partition("+")[0] not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise ValueError(value)
    _ = parts.port  # raises ValueError above 65535
    return "postgresql" + value[len(parts.scheme) :]


def redis_url(value: str) -> str:
    """``redis://`` or ``rediss://`` with a host, perhaps with a password and the number of a database; or ``unix://``
    and a path. Raises ValueError."""
    parts = urlsplit(value)
    _ = parts.port  # raises ValueError above 65535
    if parts.scheme == "unix" and parts.path.strip("/") and not parts.fragment:
        return value
    database = parts.path.removeprefix("/")
    if parts.scheme not in ("redis", "rediss") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(value)
    if database and not (database.isascii() and database.isdigit()):
        raise ValueError(value)
    return value


def smtp_url(value: str) -> str:
    """A URL with ``smtp://`` or ``smtps://``, optionally with ``?starttls=off`` or ``?starttls=required``.

    User and password are percent-encoded. Raises ValueError.
    """
    parts = urlsplit(value)
    host = ascii_host(parts.hostname or "")
    is_host = _HOST_NAME.fullmatch(f"[{host}]" if ":" in host else host)
    if (
        parts.scheme not in ("smtp", "smtps")
        or not is_host
        or parts.path.strip("/")
        or parts.fragment
        or parts.port == 0
    ):
        raise ValueError(value)  # .port raises ValueError above 65535
    if parts.query not in ("", *(f"starttls={way}" for way in STARTTLS)) or bool(parts.username) != bool(
        parts.password
    ):
        raise ValueError(value)
    if not all(unquote(part).isprintable() for part in (parts.username or "", parts.password or "")):
        raise ValueError(value)
    return value


def mail_address(value: str) -> str:
    """A mail address that every server accepts (RFC 5321 4.1.2, without quotes and source routes). Its domain is IDNA.

    Raises ValueError, and Unusable for non-ASCII characters before the @: servers without SMTPUTF8 (RFC 6531) would
    lose the mail.
    """
    local, at, domain = unicodedata.normalize("NFKC", value).strip().rpartition("@")
    if at and not local.isascii():
        raise Unusable(Message("an address with only a-z, digits and -._+ before the @"))
    domain = ascii_host(domain.lower())
    name_is_usual = _LOCAL_PART.fullmatch(local) and len(local) <= LONGEST_LOCAL_PART
    name_is_usual = name_is_usual and "=?" not in local  # encoded word (RFC 2047): "To" would show another address
    if not name_is_usual or not _DOMAIN.fullmatch(domain) or len(local) + len(domain) >= LONGEST_ADDRESS:
        raise ValueError(value)
    return f"{local}@{domain}"


def access_log(value: str) -> str:
    """A file path, or ``-``. Raises ValueError for a folder."""
    if value != "-" and Path(value).expanduser().is_dir():
        raise ValueError(value)
    return value


def tagging_entity(value: str) -> str:
    """The tagging entity of tag: URIs: ``authority,date`` (RFC 4151 2.1). Raises ValueError."""
    if not re.fullmatch(r"[\w.@-]+,\d{4}(-\d\d){0,2}", value, re.ASCII):
        raise ValueError(value)
    year, month, day, *_ = [*map(int, value.rpartition(",")[2].split("-")), 1, 1]
    date(year, month, day)
    return value


def one_of(*values: str) -> Callable[[str], str]:
    """A parser that accepts one of *values*, in any case, and raises ValueError for other text."""
    return lambda value: values[values.index(value.lower())]


def command(value: str) -> str:
    """A command line. Raises ValueError unless its program exists and is executable."""
    if shutil.which(next(iter(shlex.split(value)), "")) is None:
        raise ValueError(value)
    return value


def file(value: str) -> str:
    """The absolute path of a readable file. Raises OSError."""
    path = folder(value)
    with path.open("rb"):
        return str(path)
