"""The interface's words: English msgids, Chinese catalogues compiled from ``translations/*/LC_MESSAGES/messages.po``.

Only the .po files are kept in the repository; ``compile_catalogues`` makes the .mo files that Flask-Babel reads,
``translations`` gives exports and feeds the words of the article's own language.
"""

from __future__ import annotations

import gettext
import io
import os
import tempfile
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).resolve().parent / "translations"
TRADITIONAL = {"hant", "tw", "hk", "mo"}


def N_(msgid: str) -> str:  # noqa: N802 (gettext's name, which pybabel extract looks for)
    """*msgid* itself: marks text for the catalogue that is translated later, such as an exporter's label."""
    return msgid


def locales() -> list[str]:
    """The catalogues there are, sorted: ``zh_Hans``, …; English needs none."""
    return sorted(path.name for path in FOLDER.iterdir() if _source(path.name).is_file())


def compile_catalogues(folder: Path) -> None:
    """Brings ``<folder>/<locale>/LC_MESSAGES/messages.mo`` up to date; a file that is right already stays untouched.

    Safe in several processes at once: a file appears whole, by rename.
    """
    for locale in locales():
        target = folder / locale / "LC_MESSAGES" / "messages.mo"
        compiled = _compiled(locale)
        if not target.is_file() or target.read_bytes() != compiled:
            _replace(target, compiled)


def catalogue_of(language: str) -> str:
    """The locale that serves a BCP 47 tag: ``zh-CN`` → ``zh_Hans``, ``zh-HK`` → ``zh_Hant``, others → ``en``."""
    first, *rest = language.lower().replace("_", "-").split("-")
    if first not in ("zh", "yue"):
        return "en"
    return "zh_Hant" if TRADITIONAL & set(rest) else "zh_Hans"


def translations(language: str) -> gettext.NullTranslations:
    """The catalogue for an article's language; ``.gettext(msgid)`` answers the msgid itself where there is none."""
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
    """The .mo of a locale. Two runs give the same bytes: Babel sorts by msgid and writes no date of its own."""
    with _source(locale).open("rb") as source:
        catalogue = read_po(source, locale=locale)
    if locale == "zh_Hant":
        _fill(catalogue, "zh_Hans")
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    return compiled.getvalue()


def _fill(catalogue: Catalog, locale: str) -> None:
    """What *catalogue* does not say yet, it says as *locale* does: Simplified is nearer to a reader than English."""
    with _source(locale).open("rb") as source:
        for message in read_po(source, locale=locale):
            if message.id and message.id not in catalogue:
                catalogue[message.id] = message


def _source(locale: str) -> Path:
    return FOLDER / locale / "LC_MESSAGES" / "messages.po"


def _replace(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, suffix=".tmp")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(name).chmod(0o644)
    Path(name).replace(target)
