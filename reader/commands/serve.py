"""``serve``: runs the web server."""

from __future__ import annotations

import logging
import os
import shutil
import socket
from contextlib import closing, suppress
from functools import partial

import click

from ..backup.unfinished_restore import unfinished
from ..child_process.secrets_of_parent import hide_this_process
from ..comments.default_mode import mode_of
from ..editing.access_token import create_token, login_url, token_of
from ..i18n import Message
from ..server.listener import UNIX, open_listener
from ..server.loaded_application import LoadedApplication
from ..server.spawn_web_process import open_standard_files
from ..server.supervisor import Supervisor
from ..server.writable_instance_folder import InstanceFolder
from ..settings import Settings
from ..storage.folder_checks import check_folders
from ..storage.process_limits import check_process_limits
from .click_localization import echo, localized

LOG = logging.getLogger(__name__)
CORES, COUNT = os.cpu_count() or 2, click.IntRange(1, 256)


@click.command("serve")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; 0.0.0.0 for all, :: for IPv6 too, unix:PATH for a socket.",
)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--workers", default=CORES, show_default="one per core", type=COUNT, help="Web processes.")
@click.pass_obj
def command(settings: Settings, host: str, port: int, workers: int) -> None:
    """Serve the articles folder until interrupted; new files appear within a second."""
    open_standard_files()
    hide_this_process()
    check_process_limits(settings, workers)
    check_folders(settings)
    if fault := unfinished(settings):
        raise click.ClickException(localized(fault))
    with InstanceFolder(settings.instance, os.getpid()) as instance, closing(open_listener(host, port)) as listener:
        raise SystemExit(_serve(settings, instance, listener, _display_address(host, port), workers))


def _serve(settings: Settings, instance: InstanceFolder, listener: socket.socket, address: str, workers: int) -> int:
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)  # set by another server; the metrics of both would be added up
    shutil.rmtree(instance.current() / "metrics", ignore_errors=True)  # metrics count from the start of the server
    with suppress(OSError):  # standard error may be a file on a full disk
        echo(Message("Serving %(folder)s at %(address)s", folder=settings.articles, address=address), err=True)
    comments = {"READER_COMMENTS": mode_of(settings)}  # determined before a generated token becomes one of the settings
    web_settings = comments | _editor_token(settings, address)
    environment, load = lambda: instance.environment() | web_settings, partial(LoadedApplication, settings)
    return Supervisor(listener, workers, environment, load, instance.keep).run()


def _editor_token(settings: Settings, address: str) -> dict[str, str]:
    """The setting of the editor's token for web processes. At the first start, generates the token and prints the
    URL."""
    try:
        if new_token := create_token(settings):
            local_url = "http://localhost" if address.startswith(UNIX) else address.rstrip("/")
            editor_url = login_url(new_token, settings.base_url or local_url)
            with suppress(OSError):
                echo(Message("Editor's desk of this new site: %(address)s", address=editor_url), err=True)
    except OSError as error:  # the site works without the editor
        LOG.warning("the editor's token cannot be stored in %s (%s)", settings.data, error.strerror)
    token = token_of(settings)
    return {"READER_EDITOR_TOKEN": token} if token else {}


def _display_address(host: str, port: int) -> str:
    """A URL for a browser, with an IPv6 address in brackets (RFC 3986 3.2.2). The path of a UNIX socket is
    unchanged."""
    if host.startswith(UNIX):
        return host
    is_local = host in ("0.0.0.0", "127.0.0.1", "::", "[::]")  # noqa: S104 (compared, not bound)
    name = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"http://{'localhost' if is_local else name}:{port}/"
