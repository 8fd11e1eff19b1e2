"""Every error this package raises on purpose. Their texts are Messages (``i18n.py``), translated where they are shown.

ReaderError
├── NotFound             no such article, picture, collection … (HTTP 404)
│   ├── Gone             the article was removed (HTTP 410)
│   └── Moved            the article has another slug now (HTTP 301)
├── UnreadableArticle    a file that cannot become an article
│   └── NothingToPublish  the file has neither title nor text; this is not reported as a problem
├── UnusablePicture      a file that is not a picture in a supported format, or is too large
├── UnknownFormat        no format or exporter has that suffix
├── BadOption            an option of a known exporter has an unusable value
├── BadSetting           a READER_* variable has an unusable value
├── ChildFailed          a child process exceeded a limit of memory or time, or died
├── ExportFailed         an exporter failed: time, memory or a bug
├── NotImported          a source that cannot be imported: not found, not allowed, too large, no article
│   └── FetchFailed      a URL that cannot be fetched: refused, unreachable, too large, too slow
├── TooLarge             too many articles for one file (HTTP 413)
├── CannotListen         `serve` cannot bind its address and port
├── CannotListenAt       `serve` cannot create its UNIX socket
├── UnknownHost          the value of `serve --host` does not resolve to an address
├── InstanceInUse        another `serve` uses the same instance folder
├── LimitTooLow          a resource limit (ulimit) is too low for the server
├── InstanceUnusable     neither the instance folder nor a temporary folder is writable
├── BadBackup            a backup that cannot be restored, or not into this target
├── HalfRestored         a restore that stopped halfway and could not be undone
├── StateUnusable        the state database cannot be used (HTTP 503)
└── Busy                 overloaded or temporarily unavailable; try again later (HTTP 503)
    └── ShareUsed        one client or its network has used its share
"""

from __future__ import annotations

from .i18n import N_, Message

KINDS = (N_("article"), N_("issue"), N_("picture"), N_("feed"), N_("page"), N_("file"))
"""The kinds of NotFound that users see; other kinds appear in logs only."""


class ReaderError(Exception):
    """The base class of all errors that users see. ``str(error)`` is English; ``error.message`` can be translated."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message


class NotFound(ReaderError):
    """No *kind* (a msgid, see KINDS) has the name *key*. HTTP 404."""

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(Message("no %(kind)s named '%(key)s'", kind=Message(kind), key=key))
        self.kind, self.key = kind, key


class Gone(NotFound):
    """The article was published and has been removed."""


class Moved(NotFound):
    """The article's slug is *slug* now."""

    def __init__(self, kind: str, key: str, slug: str) -> None:
        super().__init__(kind, key)
        self.slug = slug


class UnreadableArticle(ReaderError):
    """``cause`` says what is wrong, ``hint`` how to fix it; ``line`` counts from 1, 0 if unknown."""

    def __init__(self, cause: str, hint: str = "", line: int = 0) -> None:
        super().__init__(Message("%(cause)s (%(hint)s)", cause=cause, hint=hint) if hint else cause)
        self.cause, self.hint, self.line = cause, hint, line

    @property
    def in_line(self) -> str:
        """The message with the line number, if it is known."""
        return (
            Message("line %(line)s: %(problem)s", line=self.line, problem=self.message) if self.line else self.message
        )


class NothingToPublish(UnreadableArticle):
    """A file with neither title nor text: an empty file, or only front matter, such as a section's index."""

    def __init__(self) -> None:
        super().__init__(Message("nothing to publish"), Message("write a headline and text into it"))


class UnusablePicture(ReaderError):
    """A file that is not a picture in a supported format, or whose decoded size is too large.

    ``lasting`` is False if another attempt may succeed: the file did not exist, or the machine was too busy.
    """

    def __init__(self, reason: str, *, lasting: bool = True) -> None:
        super().__init__(reason)
        self.lasting = lasting


class UnknownFormat(ReaderError):
    """No format or exporter has *suffix*; *known* are the valid suffixes."""

    def __init__(self, suffix: str, known: list[str]) -> None:
        listed = ", ".join(known)
        super().__init__(Message("unknown format '%(suffix)s'; choose one of: %(known)s", suffix=suffix, known=listed))
        self.suffix, self.known = suffix, known


class BadOption(ReaderError):
    """The option *name* of an exporter has the invalid *value*; *known* are the valid values."""

    def __init__(self, name: str, value: str, known: list[str]) -> None:
        msgid = N_("invalid value for %(name)s: '%(value)s'; choose one of: %(known)s")
        super().__init__(Message(msgid, name=name, value=value, known=", ".join(known)))


class BadSetting(ReaderError):
    """The setting *name* has the invalid *value*; *expected* describes valid values."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        super().__init__(Message("%(name)s='%(value)s': expected %(wanted)s", name=name, value=value, wanted=expected))


class ChildFailed(ReaderError):
    """``limit`` is ``memory`` or ``time``; empty if the process died for another reason.

    ``killed`` means that an operator, or the kernel when memory is short, sent SIGKILL. ``timed_out`` means that the
    limit of elapsed time was exceeded, not that of processor time: the machine may be busy.
    """

    def __init__(self, reason: str, limit: str = "", *, killed: bool = False, timed_out: bool = False) -> None:
        super().__init__(reason)
        self.limit, self.killed, self.timed_out = limit, killed, timed_out


class ExportFailed(ReaderError):
    """The export of the publication *name* failed because of *reason*."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(Message("%(name)s: %(reason)s", name=name, reason=reason))


class TooLarge(ReaderError):
    """A request for *count* items of the kind *what* (a msgid), of which *most* are allowed."""

    def __init__(self, what: str, count: int, most: int) -> None:
        msgid = N_("too many %(what)s for one file: %(number)s; the limit is %(most)s")
        super().__init__(Message(msgid, what=Message(what), number=f"{count:,}", most=f"{most:,}"))
        self.what, self.count, self.most = what, count, most


class NotImported(ReaderError):
    """Nothing was imported from ``source``, a URL or a file path, because of ``reason``."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(Message("%(source)s: %(reason)s", source=source, reason=reason))
        self.source, self.reason = source, reason


class FetchFailed(NotImported):
    """The URL ``source`` could not be fetched, because of ``reason``."""


class Busy(ReaderError):
    """Overloaded or temporarily unavailable. ``retry_seconds`` is the value for Retry-After."""

    def __init__(self, what: str, retry_seconds: int) -> None:
        super().__init__(Message("%(reason)s; try again in %(seconds)s s", reason=what, seconds=retry_seconds))
        self.retry_seconds = retry_seconds


class ShareUsed(Busy):
    """One client or its network has used its share. Other clients are served."""


class StateUnusable(ReaderError):
    """The state database (comments, editors, history) cannot be used, because of ``reason``. Articles can be read."""

    retry_seconds = 30

    def __init__(self, reason: str) -> None:
        super().__init__(Message("the state database cannot be used: %(reason)s", reason=reason))
        self.reason = reason


class BadBackup(ReaderError):
    """A backup that was not restored, because of ``reason``. Nothing was changed."""

    def __init__(self, reason: str) -> None:
        super().__init__(Message("nothing was restored: %(reason)s", reason=reason))
        self.reason = reason


class HalfRestored(ReaderError):
    """A restore that could be neither completed nor undone. ``reason`` says where the old and the new files are."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CannotListen(ReaderError):
    """``serve`` cannot bind its address and port; ``reason`` is the system's error message."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        msgid = N_("cannot listen on %(host)s port %(port)s: %(reason)s; stop what uses it, or choose another --port")
        super().__init__(Message(msgid, host=host, port=port, reason=reason))


class CannotListenAt(ReaderError):
    """``serve`` cannot create its UNIX socket at *path*; ``reason`` is the system's error message."""

    def __init__(self, path: str, reason: str) -> None:
        msgid = N_(
            "cannot listen on the socket %(path)s: %(reason)s; stop what uses it, or choose another --host unix:PATH"
        )
        super().__init__(Message(msgid, path=path, reason=reason))


class UnknownHost(ReaderError):
    """The value of ``serve --host`` is neither a host name nor an address of this machine."""

    def __init__(self, host: str) -> None:
        msgid = N_("--host %(host)s is no name or address of this machine; write one such as 127.0.0.1 or ::1")
        super().__init__(Message(msgid, host=host))


class InstanceInUse(ReaderError):
    """Another server uses the instance *folder*; ``owner`` is its process id."""

    def __init__(self, folder: str, owner: str) -> None:
        msgid = N_("process %(owner)s already serves from %(folder)s; stop it, or set READER_INSTANCE")
        super().__init__(Message(msgid, owner=owner, folder=folder))


class LimitTooLow(ReaderError):
    """A resource limit is *found*, less than *least*; both are in the unit of ``ulimit``.

    *option* is the option of ``ulimit``, *directive* the name of the limit in a systemd unit.
    """

    def __init__(self, option: str, directive: str, found: int, least: int) -> None:
        msgid = N_(
            "ulimit %(option)s is %(found)s; at least %(least)s is needed: run ulimit %(option)s %(least)s or ulimit"
            " %(option)s unlimited first, or raise %(directive)s in the systemd unit"
        )
        super().__init__(Message(msgid, option=option, found=str(found), least=str(least), directive=directive))


class InstanceUnusable(ReaderError):
    """Neither the instance *folder* nor a temporary folder is writable.

    ``reason`` is the system's error message for the instance folder.
    """

    def __init__(self, folder: str, reason: str) -> None:
        msgid = N_(
            "%(folder)s cannot be written (%(reason)s), nor can a temporary folder; make room there,"
            " or set READER_INSTANCE to a folder that can be written"
        )
        super().__init__(Message(msgid, folder=folder, reason=reason))
