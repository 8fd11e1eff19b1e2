"""Translations: English msgids, Chinese catalogues compiled from ``translations/*/LC_MESSAGES/messages.po``.

The repository holds only the .po files; ``compile_catalogues`` writes the .mo files that Flask-Babel reads. The set-up
script calls it to write them beside the sources, because a compilation takes 0.1 s.
``translations`` returns the catalogue of an article's language for exports and feeds.

Errors and problems are created before the user's language is known. Their text is therefore a ``Message``: English text
that stores its msgid and values. The code that shows it calls ``translated(text, language)``.
"""

from __future__ import annotations

import errno
import gettext
import hashlib
import io
import json
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog


def replace_unknown_local_zone() -> None:
    """Sets TZ to UTC if its value is not a time zone. The C library uses UTC in this case, too.

    The import of ``babel.dates`` reads TZ and fails for such a value. Reader itself uses READER_TIMEZONE only.
    """
    try:
        ZoneInfo(os.environ.get("TZ", "UTC").removeprefix(":"))
    except (LookupError, ValueError, OSError):
        os.environ["TZ"] = "UTC"


replace_unknown_local_zone()

_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(-[a-z]{3}){0,3}(-(?P<script>[a-z]{4}))?(-(?P<region>[a-z]{2}|\d{3}))?"
    r"(-([a-z0-9]{5,8}|\d[a-z0-9]{3}))*(-[a-wy-z0-9](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?",
    re.IGNORECASE | re.ASCII,
)
"""A well-formed language tag (RFC 5646 2.1), except grandfathered ones."""

FOLDER = Path(__file__).resolve().parent / "translations"
_CHECKSUM_BYTES = hashlib.sha256().digest_size
TRADITIONAL = {"hant", "tw", "hk", "mo"}


def N_(msgid: str) -> str:  # noqa: N802 (gettext's name, which pybabel extract looks for)
    """Returns *msgid* unchanged. Marks it for extraction if it is translated later, such as an exporter's label."""
    return msgid


class Message(str):
    """English text that can be translated later: ``Message("duplicate field: %(field)s", field="title")``.

    It is a ``str``: it can be logged, compared, copied and stored. Values that are Messages are translated too. Other
    values that are not numbers, such as exceptions, are stored as text.
    """

    msgid: str
    plural: str
    values: dict[str, object]

    def __new__(cls, msgid: str, /, plural: str = "", **values: object) -> Self:
        count = values.get("count")
        values = {name: value if isinstance(value, str | int | float) else str(value) for name, value in values.items()}
        self = super().__new__(cls, _filled(plural if plural and count != 1 else msgid, values))
        self.msgid, self.plural, self.values = msgid, plural, values
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return _message, (self.msgid, self.plural, self.values)


def nmessage(singular: str, plural: str, count: int, **values: object) -> Message:
    """A Message with singular and plural forms; both msgids may contain ``%(count)s``."""
    return Message(singular, plural, count=count, **values)


def translated(text: str, language: str) -> str:
    """*text* translated to the language of a BCP 47 tag if it is a Message, else unchanged."""
    if not isinstance(text, Message):
        return text
    catalogue = translations(language)
    count = text.values.get("count")
    if text.plural and isinstance(count, int):
        pattern = catalogue.ngettext(text.msgid, text.plural, count)
    else:
        pattern = catalogue.gettext(text.msgid)
    return _filled(pattern, {name: _translated_value(value, language) for name, value in text.values.items()})


_SAFE_IN_LOGS = {
    *("field", "used", "unused", "setting", "encoding", "byte", "kind", "manner"),
    *("count", "most", "size", "seconds", "times", "first", "last", "lost", "known"),
    *("file", "path", "where"),
}
"""The Message values that never quote content of a file: names of fields, settings and files, and numbers."""

_PARTS = ("cause", "hint", "problem", "reason")
"""The names of Message values that are complete messages themselves."""


def redacted(text: str) -> str:
    """*text* in English for the log, without content of articles: people who may not read a draft can read the log.

    Keeps the numbers, Messages and _SAFE_IN_LOGS values of a Message. Replaces all other values by ``…``, and also the
    whole of a text that is neither a Message nor an error message of the operating system.
    """
    if not isinstance(text, Message):
        return text if not text or text in _system_errors() else "…"
    pattern = text.plural if text.plural and text.values.get("count") != 1 else text.msgid
    return _filled(pattern, {name: _unquoted_value(name, value) for name, value in text.values.items()})


def _unquoted_value(name: str, value: object) -> object:
    if isinstance(value, Message) or (isinstance(value, str) and name in _PARTS):
        return redacted(value)
    return value if isinstance(value, int | float) or name in _SAFE_IN_LOGS else "…"


@cache
def _system_errors() -> frozenset[str]:
    return frozenset(map(os.strerror, errno.errorcode))


def environment_language(environ: Mapping[str, str] = os.environ) -> str:
    """The language tag for the command line: from LANGUAGE, LC_ALL … as in gettext, READER_LANGUAGE, else ``en``."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG", "READER_LANGUAGE"):
        language = environ.get(name, "").partition(":")[0].partition(".")[0].partition("@")[0].strip()
        if language and language not in ("C", "POSIX"):
            return language.replace("_", "-")
    return "en"


def serialize(text: str) -> str:
    """*text* for storage: a Message as JSON with its msgid and values. Lone surrogates become ``?``."""
    json_text = json.dumps(_storable(text), ensure_ascii=False) if isinstance(text, Message) else text
    return json_text if json_text.isascii() else json_text.encode("utf-8", "replace").decode()


def deserialize(text: str) -> str:
    """The inverse of ``serialize``: the Message, or *text* unchanged if it is not a serialized Message."""
    if not text.startswith('{"msgid": '):
        return text
    found: str = json.loads(text, object_hook=lambda entry: _message(**entry) if "msgid" in entry else entry)
    return found


def _message(msgid: str, plural: str, values: dict[str, object]) -> Message:
    return Message(msgid, plural, **values)


def _storable(value: object) -> object:
    if isinstance(value, Message):
        values = {name: _storable(value) for name, value in value.values.items()}
        return {"msgid": value.msgid, "plural": value.plural, "values": values}
    return value if isinstance(value, int | float) else str(value)


def _translated_value(value: object, language: str) -> object:
    return translated(value, language) if isinstance(value, str) else value


def _filled(pattern: str, values: Mapping[str, object]) -> str:
    return pattern % values if values else pattern


def language_tag(text: str) -> str:
    """Returns *text*. Raises ValueError unless it is a BCP 47 tag whose language, script and region exist in CLDR."""
    if not is_language_tag(text):
        raise ValueError(text)
    return text


@lru_cache(maxsize=1024)
def is_language_tag(text: str) -> bool:
    """True for ``zh-CN``, ``zh-Hant`` and ``en``; False for ``cn``, ``chinese``, ``C`` and ``zh_CN``."""
    from babel import Locale  # here: with tempfile, it is a tenth of the imports of a program that reads articles

    found = _TAG.fullmatch(text)
    if not found:
        return False
    names = Locale("en")
    language, script, region = found["language"].lower(), found["script"], found["region"]
    return (
        language in names.languages
        and (not script or script.title() in names.scripts)
        and (not region or region.upper() in names.territories)
    )


@lru_cache(100)
def name_of_language(tag: str) -> str:
    """The name of a language in that language: ``English``, 简体中文; *tag* itself if the name is unknown."""
    from babel import Locale, UnknownLocaleError

    try:
        found = Locale.parse(tag, sep="-")
        return found.languages.get(f"{found.language}_{found.script}") or found.get_display_name() or tag
    except (ValueError, UnknownLocaleError):
        return tag


def locales() -> list[str]:
    """The locales with a catalogue, sorted: ``zh_Hans``, …. English has none."""
    return sorted(path.name for path in FOLDER.iterdir() if _source(path.name).is_file())


def compile_catalogues(folder: Path) -> None:
    """Writes ``<folder>/<locale>/LC_MESSAGES/messages.mo`` for each locale whose file is missing or outdated.

    Several processes may call it simultaneously: files are written atomically.
    """
    for locale in locales():
        target = folder / locale / "LC_MESSAGES" / "messages.mo"
        if not _current(target, locale):
            compiled = _compiled(locale)
            _replace(target, compiled + _checksum(locale, compiled))


def _current(target: Path, locale: str) -> bytes:
    """The compiled catalogue in the file; empty if it is missing or outdated.

    The file ends with a checksum of its content and sources, which gettext ignores.
    """
    try:
        content = target.read_bytes()
    except OSError:
        return b""
    compiled = content[:-_CHECKSUM_BYTES]
    return compiled if content[-_CHECKSUM_BYTES:] == _checksum(locale, compiled) else b""


def _checksum(locale: str, compiled: bytes) -> bytes:
    sources = [_source(name).read_bytes() for name in dict.fromkeys((locale, "zh_Hans")) if _source(name).is_file()]
    return hashlib.sha256(b"".join([*sources, compiled])).digest()


def catalogue_of(language: str) -> str:
    """The locale for a BCP 47 tag: ``zh-CN`` → ``zh_Hans``, ``zh-HK`` → ``zh_Hant``, others → ``en``."""
    first, *rest = language.lower().replace("_", "-").split("-")
    if first not in ("zh", "yue"):
        return "en"
    return "zh_Hant" if TRADITIONAL & set(rest) else "zh_Hans"


def translations(language: str) -> gettext.NullTranslations:
    """The catalogue for a BCP 47 tag. For a language without a catalogue, ``.gettext(msgid)`` returns the msgid."""
    return _loaded(catalogue_of(language))


@cache
def _loaded(locale: str) -> gettext.NullTranslations:
    if locale == "zh_Hant" and locale not in locales():
        return _loaded("zh_Hans")
    if locale not in locales():
        return gettext.NullTranslations()
    return gettext.GNUTranslations(io.BytesIO(_compiled(locale)))


@cache
def _compiled(locale: str) -> bytes:
    """The content of a locale's .mo file: of the file beside its source if it is current, else compiled now."""
    return _current(_source(locale).with_suffix(".mo"), locale) or _compile(locale)


def _compile(locale: str) -> bytes:
    """Compiles the .po file. The result is reproducible: Babel sorts by msgid, and the creation date is constant."""
    from babel.messages.mofile import write_mo  # here: most processes compile nothing, and the import takes 30 ms
    from babel.messages.pofile import read_po

    with _source(locale).open("rb") as source:
        catalogue = read_po(source, locale=locale)
    if locale == "zh_Hant":
        _fill(catalogue, "zh_Hans")
    catalogue.creation_date = datetime.fromtimestamp(0, UTC)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    return compiled.getvalue()


def _fill(catalogue: Catalog, locale: str) -> None:
    """Adds missing translations to *catalogue* from *locale*: Simplified Chinese is a better fallback than English."""
    from babel.messages.pofile import read_po

    with _source(locale).open("rb") as source:
        for message in read_po(source, locale=locale):
            if message.id and message.id not in catalogue:
                catalogue[message.id] = message


def _source(locale: str) -> Path:
    return FOLDER / locale / "LC_MESSAGES" / "messages.po"


def _replace(target: Path, content: bytes) -> None:
    import tempfile

    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, suffix=".tmp")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(name).chmod(0o644)
    Path(name).replace(target)


_RIGHT_TO_LEFT = frozenset(("ar", "he", "fa", "ur", "yi", "ug", "ps", "sd", "dv"))


def direction_of(language: str) -> str:
    """The ``dir`` attribute for *language*: ``rtl``, or empty for left to right."""
    return "rtl" if language.lower().partition("-")[0] in _RIGHT_TO_LEFT else ""
