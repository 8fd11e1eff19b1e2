"""The command-line front door: ``python -m reader``."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from typing import Any

import click

from . import commands
from .errors import ReaderError
from .settings import Settings


class ErrorHandlingGroup(click.Group):
    """Our own errors are one line on stderr and exit status 1, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ReaderError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=ErrorHandlingGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.pass_context
def main(ctx: click.Context) -> None:
    """Read a folder of articles, and serve, check, export or import them.

    Settings are READER_* environment variables; the README lists them.
    """
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    ctx.obj = Settings.from_environ()


for info in sorted(pkgutil.iter_modules(commands.__path__), key=lambda info: info.name):
    module = importlib.import_module(f"{commands.__name__}.{info.name}")
    if hasattr(module, "command"):
        main.add_command(module.command)
