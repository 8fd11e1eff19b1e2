"""The command line: ``python -m reader``, or ``reader-server`` if the package is installed."""

from __future__ import annotations

import ast
import errno
import gettext
import importlib
import keyword
import os
from pathlib import Path
from typing import Any

import click

from . import __version__, commands
from .commands.click_localization import localized, localized_click, localized_command, localized_help, summary_of
from .errors import BadSetting, InstanceUnusable, LimitTooLow, ReaderError
from .i18n import Message
from .models import escaped
from .settings import Settings
from .storage.log_formatter import start_logging

COMMANDS = (
    *("backup", "build", "check", "comments", "doctor", "editor", "export", "import", "mail", "restore", "serve"),
    "work",
)
"""The names of the commands. Each is a module of ``commands``, imported only if the command runs."""


class UnusableSetting(click.ClickException):
    """An error in a setting or in the environment. Exit status 2."""

    exit_code = 2


class MainGroup(click.Group):
    """Shows help and errors in the terminal's language. A ReaderError or OSError is one line on stderr.

    The exit status is 1, or 2 for an invalid setting.
    """

    def main(self, *args: Any, **kwargs: Any) -> Any:
        with localized_click():
            return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ReaderError as error:
            is_environment = isinstance(error, BadSetting | InstanceUnusable | LimitTooLow)
            kind = UnusableSetting if is_environment else click.ClickException
            raise kind(escaped(localized(error.message))) from error
        except OSError as error:  # from a path that the command writes to; click handles a closed pipe
            if error.errno == errno.EPIPE or not error.strerror:
                raise
            if error.filename is None and not _has_current_folder():
                text = Message("the current folder was deleted; change to another one, such as cd /")
                raise UnusableSetting(localized(text)) from error
            prefix = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
            raise click.ClickException(escaped(f"{prefix}{error.strerror}")) from error

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 click's
        return localized_command(command_of(cmd_name)) if cmd_name in COMMANDS else None

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 click's
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(localized_help(self.help or ""))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 click's
        """Reads the help texts from the source code: an import of every command takes ten times as long."""
        with formatter.section(gettext.gettext("Commands")):
            formatter.write_dl([(name, summary_of(localized_help(_help_of(name)))) for name in COMMANDS])


def _has_current_folder() -> bool:
    try:
        return bool(os.getcwd())  # noqa: PTH109 (as Path.cwd)
    except FileNotFoundError:
        return False


def _help_of(name: str) -> str:
    module = ast.parse(_path_of(name).read_text("utf-8"))
    found = [node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == "command"]
    return ast.get_docstring(found[0]) or "" if found else ""


def _path_of(name: str) -> Path:
    return Path(commands.__path__[0], f"{_module_of(name)}.py")


def _module_of(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def command_of(name: str) -> click.Command:
    """Imports and returns the command *name*, one of COMMANDS. Its texts are English."""
    found: click.Command = importlib.import_module(f"{commands.__name__}.{_module_of(name)}").command
    return found


@click.group(cls=MainGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="%(prog)s %(version)s", help="Show the version and exit.")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Read a folder of articles: serve, check, export or import them.

    Settings are READER_* environment variables; docs/reference/settings.md lists them.
    """
    start_logging()
    if not Path("/proc/self/fd").exists():  # each file of the articles folder is checked there (open_real)
        raise UnusableSetting(localized(Message("/proc is not mounted; run mount -t proc proc /proc first")))
    ctx.obj = Settings.from_environ()
