"""Terminal output in the language of the environment (``i18n.environment_language``)."""

from __future__ import annotations

import copy
import gettext
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from ..i18n import catalogue_of, compile_catalogues, environment_language, translated, translations
from ..models import escaped

INSTALLED_PROGRAM = "reader-server"
"""The command of an installed package (pyproject.toml)."""


def localized(text: str) -> str:
    """*text*, translated for the terminal if it is a Message. Commands in it use the program name that the user
    typed."""
    return _with_program_name(translated(text, environment_language()))


def _with_program_name(text: str) -> str:
    program = Path(sys.argv[0]).name
    return text.replace("python -m reader", program) if program == INSTALLED_PROGRAM else text


def echo(text: str, err: bool = False) -> None:
    """Prints a line, translated if it is a Message. Control characters of paths and titles are escaped."""
    click.echo(escaped(localized(text)), err=err)


def echo_content(text: str) -> None:
    """Prints lines of a file unchanged. On a terminal, control characters are escaped."""
    lines = text.split("\n") if sys.stdout.isatty() else []
    click.echo("\n".join(escaped(line.replace("\t", "    ")) for line in lines) or text)


@contextmanager
def localized_click() -> Iterator[None]:
    """Translates click's own texts (“Usage:”) with our catalogues, because click uses the standard library's
    gettext."""
    locale, old_language = catalogue_of(environment_language()), os.environ.get("LANGUAGE")
    if locale == "en":
        yield
        return
    with TemporaryDirectory(prefix="reader-words-") as folder:
        compile_catalogues(Path(folder))
        gettext.bindtextdomain("messages", folder)
        os.environ["LANGUAGE"] = locale
        try:
            yield
        finally:
            os.environ.pop("LANGUAGE")
            os.environ.update({} if old_language is None else {"LANGUAGE": old_language})


def localized_command(command: click.Command) -> click.Command:
    """A copy of *command* with translated help; the summary is the first sentence."""
    found = copy.copy(command)
    found.help = localized_help(command.help or "")
    found.short_help = summary_of(found.help)
    found.params = [_localized_parameter(parameter) for parameter in command.params]
    return found


def summary_of(help_text: str) -> str:
    """The first sentence, without its full stop."""
    found = re.match(r"[^.。]*(?:[.](?!\s|$)[^.。]*)*[.。]?", help_text)
    return found[0].rstrip(".。") if found else ""


def localized_help(text: str) -> str:
    """Help text, translated paragraph by paragraph. Each paragraph is one msgid without line breaks."""
    gettext = translations(environment_language()).gettext
    return _with_program_name("\n\n".join(gettext(paragraph) for paragraph in paragraphs_of(text)))


def paragraphs_of(text: str) -> list[str]:
    """The msgids of a help text."""
    return [" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text.strip()) if paragraph.strip()]


def _localized_parameter(parameter: click.Parameter) -> click.Parameter:
    help_text: Any = getattr(parameter, "help", None)
    if not help_text:
        return parameter
    found: Any = copy.copy(parameter)
    found.help = localized_help(help_text)
    return found  # type: ignore[no-any-return]
