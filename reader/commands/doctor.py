"""``doctor``: checks whether this machine and these settings can run the server, and suggests fixes."""

from __future__ import annotations

import os
import resource
import shlex
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from urllib.parse import urlsplit

import click
from packaging.requirements import Requirement

from ..backup.unfinished_restore import unfinished
from ..editing.access_token import token_of
from ..errors import LimitTooLow, StateUnusable
from ..exports.speech import ENCODER
from ..i18n import Message, catalogue_of
from ..settings import ROOT, Settings
from ..state import State
from ..storage.process_limits import check_process_limits
from ..storage.sqlite import is_broken
from .click_localization import echo
from .doctor_findings import OK, PROBLEM, WARNING, Check, Finding
from .doctor_shared_services import bucket, shared_limits, shared_queue

FREE_BYTES = 500_000_000
OPEN_FILES = 1024
OLDEST_SQLITE = (3, 38, 0)
PACKAGE = "reader-server"
NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "fuse.rclone", "9p", "vboxsf", "afs"}
FONTS = Path(__file__).resolve().parent.parent / "exports" / "fonts"
SOFTWARE_YEAR = 2026
"""A clock that shows an earlier year is wrong."""


@click.command("doctor")
@click.pass_obj
def command(settings: Settings) -> None:
    """Check folders, fonts, settings, clock, databases and packages, and say what to do.

    Changes nothing. Exits with 1 if something keeps Reader from working; a warning is not a problem.
    """
    findings = [finding for check in CHECKS for finding in check(settings)]
    for finding in findings:
        echo(Message("%(kind)s: %(text)s", kind=finding.kind, text=finding.text))
        if finding.advice:
            echo(Message("    to do: %(advice)s", advice=finding.advice))
    raise SystemExit(1 if any(finding.kind == PROBLEM for finding in findings) else 0)


def articles_folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.articles
    if not folder.is_dir():
        text = Message("the articles folder %(folder)s does not exist", folder=folder)
        yield Finding(PROBLEM, text, Message("create it, mount it, or set READER_ARTICLES"))
        return
    if not os.access(folder, os.R_OK | os.X_OK):
        text = Message("the articles folder %(folder)s cannot be read", folder=folder)
        yield Finding(PROBLEM, text, Message("give this user permission to read it (chmod, chown)"))
        return
    unreadable = sum(not os.access(path, os.R_OK) for path in folder.iterdir())
    if unreadable:
        text = Message("%(count)s entries of the articles folder cannot be read", count=unreadable)
        yield Finding(WARNING, text, Message("run: python -m reader check"))
    if token_of(settings) and not os.access(folder, os.W_OK):
        text = Message("the editor cannot save: %(folder)s is read-only", folder=folder)
        yield Finding(PROBLEM, text, Message("make it writable, or set READER_EDITOR=0"))
    device = folder.stat().st_dev
    yield Finding(OK, Message("articles: %(folder)s (device %(device)s)", folder=folder, device=device))


def instance_folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.instance
    if folder.is_relative_to(settings.articles) or settings.articles.is_relative_to(folder):
        text = Message("READER_INSTANCE and READER_ARTICLES lie in each other")
        yield Finding(PROBLEM, text, Message("choose two separate folders"))
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        text = Message("nothing can be written to %(folder)s: %(cause)s", folder=existing, cause=error.strerror)
        yield Finding(PROBLEM, text, Message("give this user write permission, or set READER_INSTANCE"))
        return
    free = shutil.disk_usage(existing).free
    text = Message("instance: %(folder)s, %(free)s MB free", folder=folder, free=free // 1_000_000)
    if free < FREE_BYTES:
        yield Finding(PROBLEM, text, Message("free some space, or set READER_INSTANCE to another disk"))
    elif free < settings.export_cache_mb * 1_000_000:
        advice = Message("set READER_EXPORT_CACHE_MB (%(size)s) below the free space", size=settings.export_cache_mb)
        yield Finding(WARNING, text, advice)
    else:
        yield Finding(OK, text)


def change_notification(settings: Settings) -> Iterator[Finding]:
    if not settings.watch or not settings.articles.is_dir():
        return
    kind = _file_system(settings.articles)
    if kind in NETWORK_FILE_SYSTEMS:
        text = Message("the articles lie on %(kind)s, which announces no changes made elsewhere", kind=kind)
        yield Finding(WARNING, text, Message("set READER_WATCH=0; changes then show within READER_SCAN_SECONDS"))
    limit = _number(Path("/proc/sys/fs/inotify/max_user_watches"))
    folders = 1 + sum(len(names) for _, names, _ in os.walk(settings.articles))
    if limit is not None and folders > limit * 0.8:
        text = Message("%(folders)s folders to watch, of %(limit)s allowed", folders=folders, limit=limit)
        advice = Message("run: sysctl fs.inotify.max_user_watches=%(wanted)s", wanted=max(65_536, folders * 2))
        yield Finding(WARNING, text, advice)
    else:
        yield Finding(OK, Message("changes are watched: %(count)s folders", count=folders))


def _file_system(folder: Path) -> str:
    """The file system type of *folder*; empty if ``/proc/mounts`` is missing."""
    try:
        lines = [line.split() for line in Path("/proc/mounts").read_text("utf-8", "replace").splitlines()]
    except OSError:
        return ""
    found = [(len(m[1]), m[2]) for m in lines if folder.is_relative_to(m[1].replace("\\040", " "))]
    return max(found, default=(0, ""))[1]


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def fonts(_settings: Settings) -> Iterator[Finding]:
    missing = [name for name in ("sans-ext.ttf", "serif-ext.ttf") if not (FONTS / name).is_file()]
    if missing:
        text = Message("fonts for rare and Traditional characters are missing: %(names)s", names=", ".join(missing))
        yield Finding(WARNING, text, Message("run: bash scripts/setup.sh serve; until then PDF lacks such characters"))
    else:
        yield Finding(OK, Message("fonts: complete"))


def addresses(settings: Settings) -> Iterator[Finding]:
    if not settings.base_url:
        text = Message("READER_BASE_URL is not set: addresses are those of each request")
        yield Finding(WARNING, text, Message("set it to the public address if others read this site"))
    elif settings.hosts and urlsplit(settings.base_url).hostname not in settings.known_hosts:
        text = Message("READER_HOSTS does not hold the name in READER_BASE_URL")
        yield Finding(PROBLEM, text, Message("add it; the site's own address would be answered with 421"))
    else:
        yield Finding(OK, Message("public address: %(address)s", address=settings.base_url))
    if settings.base_url.startswith("https:") and not settings.trusted_proxies:
        text = Message("READER_TRUSTED_PROXIES names no proxy, so visitors cannot be told apart")
        yield Finding(WARNING, text, Message("set it to your proxy's address, such as 127.0.0.1, or to none"))
    if any(network.prefixlen == 0 for network in settings.proxies):
        text = Message("READER_TRUSTED_PROXIES trusts every address, so visitors can claim to be anybody")
        yield Finding(WARNING, text, Message("set it to your proxy's address or network, such as 10.0.0.0/8"))


def clock(settings: Settings) -> Iterator[Finding]:
    now = datetime.now(UTC)
    local = now.astimezone(settings.timezone).strftime("%Y-%m-%d %H:%M %Z")
    ahead = [p for p in settings.articles.glob("*") if p.stat(follow_symlinks=False).st_mtime > time.time() + 86_400]
    if now.year < SOFTWARE_YEAR or ahead:
        text = Message("the clock says %(now)s, which is before the articles or this software", now=local)
        yield Finding(PROBLEM, text, Message("set the clock: timedatectl set-ntp true"))
    else:
        yield Finding(OK, Message("clock: %(now)s", now=local))


def language(settings: Settings) -> Iterator[Finding]:
    catalogue = catalogue_of(settings.language).replace("_", "-")
    text = Message("language: %(tag)s, interface %(catalogue)s", tag=settings.language, catalogue=catalogue)
    yield Finding(OK, text)


def databases(settings: Settings) -> Iterator[Finding]:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        text = Message("SQLite %(version)s is too old", version=sqlite3.sqlite_version)
        yield Finding(PROBLEM, text, Message("install SQLite 3.38 or later"))
    paths = sorted(settings.instance.glob("*.sqlite3")) if settings.instance.is_dir() else []
    for path in paths:
        try:
            fault = _fault_of(path)
        except sqlite3.Error as error:  # on a read-only disk, SQLite cannot open a database in WAL mode
            text = Message("%(path)s could not be checked: %(cause)s", path=path, cause=error)
            yield Finding(WARNING, text, Message("run this as the user and on the machine that runs the server"))
            continue
        if fault:
            text = Message("%(path)s is damaged: %(fault)s", path=path, fault=fault)
            yield Finding(PROBLEM, text, Message("stop Reader and restart it; it rebuilds what it derives"))
        else:
            yield Finding(OK, Message("database: %(name)s", name=path.name))


def _fault_of(path: Path) -> str:
    """The damage that SQLite reports for a database; empty if it is valid. Read-only. Raises other errors of SQLite."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5)) as database:
            answer = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        if not is_broken(error):
            raise
        return str(error)
    return "" if answer == "ok" else answer


def state_database(settings: Settings) -> Iterator[Finding]:
    if unfinished_restore := unfinished(settings):
        yield Finding(PROBLEM, unfinished_restore)
    state = State(settings.state_url)
    path = state.path
    if path and not path.exists():
        yield Finding(OK, Message("state database: %(name)s, not made yet", name=path))
        return
    if fault := state.fault() or (path and _fault_of(path)):
        text = Message("%(problem)s", problem=StateUnusable(fault).message)
        yield Finding(PROBLEM, text, Message("docs/state.md tells how to restore it"))
    elif fault := state.write_fault():
        text = Message("%(problem)s", problem=StateUnusable(fault).message)
        yield Finding(PROBLEM, text, Message("free some space there, or let the user that serves write there"))
    elif path and path.stat().st_mode & 0o077:
        text = Message("%(path)s can be read by other users of this machine", path=path)
        yield Finding(WARNING, text, Message("run: chmod 600 %(path)s", path=path))
    else:
        yield Finding(OK, Message("state database: %(name)s", name=path or "PostgreSQL"))
    state.close()


def mail_server(settings: Settings) -> Iterator[Finding]:
    if not settings.smtp_url:
        return
    from ..mail.smtp import ServerFailed, open_connection, server_at

    server = server_at(settings.smtp_url)
    try:
        with open_connection(server, settings.mail_from.rpartition("@")[2]):
            yield Finding(OK, Message("mail server: %(name)s", name=f"{server.host}:{server.port}"))
    except ServerFailed as error:
        text = Message("the mail server takes no mail: %(cause)s", cause=error.reason)
        yield Finding(PROBLEM, text, Message("correct READER_SMTP_URL, or start the server; mail waits until then"))


def speech(settings: Settings) -> Iterator[Finding]:
    if not settings.speech:
        return
    encoder = ENCODER[0]
    if not shutil.which(encoder):
        text = Message("speech: %(program)s, which converts WAV to MP3, is missing", program=encoder)
        yield Finding(WARNING, text, Message("install it (apt install lame), or use a voice that writes MP3"))
    else:
        yield Finding(OK, Message("speech: %(program)s", program=shlex.split(settings.speech)[0]))


def packages(_settings: Settings) -> Iterator[Finding]:
    wrong = [difference for requirement in _requirements() if (difference := _difference(requirement))]
    for text in wrong:
        yield Finding(WARNING, text, Message("install the pinned versions: bash scripts/setup.sh serve"))
    if not wrong:
        yield Finding(OK, Message("packages: as pinned"))


def _requirements() -> list[Requirement]:
    """The requirements of the checkout, or of the installed package."""
    pinned = ROOT / "requirements.txt"
    if pinned.is_file():
        lines = [line.partition("#")[0].strip() for line in pinned.read_text("utf-8").splitlines()]
    else:
        try:
            lines = requires(PACKAGE) or []
        except PackageNotFoundError:
            lines = []
    found = [Requirement(line) for line in lines if line and not line.startswith("-")]
    return [r for r in found if not r.marker or r.marker.evaluate({"extra": ""})]


def _difference(requirement: Requirement) -> Message | None:
    """Why the installed version does not meet *requirement*; None if it does."""
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return Message("the package %(name)s is missing", name=requirement.name)
    if requirement.specifier.contains(found, prereleases=True):
        return None
    wanted = str(requirement.specifier)
    return Message("%(name)s is %(found)s, not %(wanted)s", name=requirement.name, found=found, wanted=wanted)


def open_files(_settings: Settings) -> Iterator[Finding]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    text = Message("open files: %(soft)s allowed", soft=soft)
    if soft < OPEN_FILES and soft != resource.RLIM_INFINITY:
        kind = WARNING if hard >= OPEN_FILES or soft >= OPEN_FILES // 4 else PROBLEM
        yield Finding(kind, text, Message("raise it: ulimit -n 4096, or LimitNOFILE=4096 in the systemd unit"))
    else:
        yield Finding(OK, text)


def limits(settings: Settings) -> Iterator[Finding]:
    try:
        check_process_limits(settings, os.cpu_count() or 2)
    except LimitTooLow as error:
        yield Finding(PROBLEM, Message("%(problem)s", problem=error.message))


CHECKS: tuple[Check, ...] = (
    *(articles_folder, instance_folder, change_notification, fonts, addresses),
    *(bucket, shared_limits, shared_queue, clock, language, databases, state_database),
    *(mail_server, speech, packages, open_files, limits),
)
