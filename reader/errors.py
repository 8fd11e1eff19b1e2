"""Every error this package raises on purpose. Their texts are Messages (``i18n.py``), translated where they are shown.

ReaderError
├── NotFound             no such article, picture, collection … (HTTP 404)
│   ├── Gone             the article was removed (HTTP 410)
│   └── Moved            the article has another slug now (HTTP 301)
├── UnreadableArticle    a file that cannot become an article
│   └── NothingToPublish  it has neither title nor text: no fault of the file
├── UnusablePicture      a file that is not a picture in a supported format, or is too large
├── UnknownFormat        no format or exporter has that suffix
├── BadOption            an option of a known exporter has an unusable value
├── BadSetting           a READER_* variable has an unusable value
├── ChildFailed          a child process exceeded a limit of memory or time, or died
├── ExportFailed         an exporter failed: time, memory or a bug
├── NotImported          a source that cannot be imported: not found, not allowed, too large, no article
│   └── FetchFailed      an address that cannot be fetched: refused, not reached, too large, too slow
├── TooLarge             too many articles for one file (HTTP 413)
├── CannotListen         `serve` cannot bind its address and port
├── InstanceInUse        another `serve` uses the same instance folder
├── LimitTooLow          a limit of resources (ulimit) is too low for the server
├── InstanceUnusable     neither the instance folder nor a temporary one can be written
├── BadBackup            a file that cannot be restored, or a place where it cannot
├── StateUnusable        the state database cannot be used (HTTP 503)
└── Busy                 overloaded or temporarily unavailable; try again later (HTTP 503)
"""

from __future__ import annotations

from .i18n import N_, Message

KINDS = (N_("article"), N_("issue"), N_("picture"), N_("feed"), N_("page"), N_("file"))
"""The kinds of NotFound that users see; other kinds appear in logs only."""


class ReaderError(Exception):
    """The base class of all errors that are shown. ``str(error)`` is English; ``error.message`` can be translated."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message


class NotFound(ReaderError):
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
        """The message, with the line."""
        return (
            Message("line %(line)s: %(problem)s", line=self.line, problem=self.message) if self.line else self.message
        )


class NothingToPublish(UnreadableArticle):
    """A file with neither title nor text: an empty one, or one of fields alone, such as a section's index."""

    def __init__(self) -> None:
        super().__init__(Message("nothing to publish"), Message("write a headline and text into it"))


class UnusablePicture(ReaderError):
    """A file that is not a picture in a supported format, or whose decoded size is too large.

    ``lasting`` is False if another try may succeed: the file was not there, or the machine was too busy.
    """

    def __init__(self, reason: str, *, lasting: bool = True) -> None:
        super().__init__(reason)
        self.lasting = lasting


class UnknownFormat(ReaderError):
    def __init__(self, suffix: str, known: list[str]) -> None:
        listed = ", ".join(known)
        super().__init__(Message("unknown format '%(suffix)s'; choose one of: %(known)s", suffix=suffix, known=listed))
        self.suffix, self.known = suffix, known


class BadOption(ReaderError):
    def __init__(self, name: str, value: str, known: list[str]) -> None:
        msgid = N_("invalid value for %(name)s: '%(value)s'; choose one of: %(known)s")
        super().__init__(Message(msgid, name=name, value=value, known=", ".join(known)))


class BadSetting(ReaderError):
    """``wanted`` describes valid values."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        super().__init__(Message("%(name)s='%(value)s': expected %(wanted)s", name=name, value=value, wanted=expected))


class ChildFailed(ReaderError):
    """``limit`` is ``memory`` or ``time``; empty if the process died for another reason.

    ``killed`` means SIGKILL from outside: an operator, or the kernel when memory is short. ``timed_out`` means that
    time passed, not that it used much processor time: the machine may be busy.
    """

    def __init__(self, reason: str, limit: str = "", *, killed: bool = False, timed_out: bool = False) -> None:
        super().__init__(reason)
        self.limit, self.killed, self.timed_out = limit, killed, timed_out


class ExportFailed(ReaderError):
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(Message("%(name)s: %(reason)s", name=name, reason=reason))


class TooLarge(ReaderError):
    """*count* of *what* (a msgid) were requested; *most* are allowed."""

    def __init__(self, what: str, count: int, most: int) -> None:
        msgid = N_("too many %(what)s for one file: %(number)s; the limit is %(most)s")
        super().__init__(Message(msgid, what=Message(what), number=f"{count:,}", most=f"{most:,}"))
        self.what, self.count, self.most = what, count, most


class NotImported(ReaderError):
    """``source`` is a URL or a file, ``reason`` why nothing was imported from it."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(Message("%(source)s: %(reason)s", source=source, reason=reason))
        self.source, self.reason = source, reason


class FetchFailed(NotImported):
    """``source`` is the URL, ``reason`` why it could not be fetched."""


class Busy(ReaderError):
    """``retry_seconds`` is the value for Retry-After."""

    def __init__(self, what: str, retry_seconds: int) -> None:
        super().__init__(Message("%(reason)s; try again in %(seconds)s s", reason=what, seconds=retry_seconds))
        self.retry_seconds = retry_seconds


class ShareUsed(Busy):
    """One client or its network has used its share; others are served."""


class StateUnusable(ReaderError):
    """The state database (comments, editors, history) cannot be used; ``reason`` says why. Articles can be read."""

    retry_seconds = 30

    def __init__(self, reason: str) -> None:
        super().__init__(Message("the state database cannot be used: %(reason)s", reason=reason))
        self.reason = reason


class BadBackup(ReaderError):
    """``reason`` says why nothing was restored."""

    def __init__(self, reason: str) -> None:
        super().__init__(Message("nothing was restored: %(reason)s", reason=reason))
        self.reason = reason


class HalfRestored(ReaderError):
    """``reason`` says what is where: part of a restore could neither be finished nor taken back."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CannotListen(ReaderError):
    """``serve`` cannot bind its address and port; ``reason`` is the system's error message."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        msgid = N_("cannot listen on %(host)s port %(port)s: %(reason)s; stop what uses it, or choose another --port")
        super().__init__(Message(msgid, host=host, port=port, reason=reason))


class CannotListenAt(ReaderError):
    """``serve`` cannot make its UNIX socket at *path*; ``reason`` is the system's error message."""

    def __init__(self, path: str, reason: str) -> None:
        msgid = N_(
            "cannot listen on the socket %(path)s: %(reason)s; stop what uses it, or choose another --host unix:PATH"
        )
        super().__init__(Message(msgid, path=path, reason=reason))


class UnknownHost(ReaderError):
    """``serve`` has no such address."""

    def __init__(self, host: str) -> None:
        msgid = N_("--host %(host)s is no name or address of this machine; write one such as 127.0.0.1 or ::1")
        super().__init__(Message(msgid, host=host))


class InstanceInUse(ReaderError):
    """``owner`` is the process id of the other server."""

    def __init__(self, folder: str, owner: str) -> None:
        msgid = N_("process %(owner)s already serves from %(folder)s; stop it, or set READER_INSTANCE")
        super().__init__(Message(msgid, owner=owner, folder=folder))


class LimitTooLow(ReaderError):
    """*option* is that of ``ulimit``, *directive* systemd's name; *found* and *least* are in the unit of ``ulimit``."""

    def __init__(self, option: str, directive: str, found: int, least: int) -> None:
        msgid = N_(
            "ulimit %(option)s is %(found)s; at least %(least)s is needed: run ulimit %(option)s %(least)s or ulimit"
            " %(option)s unlimited first, or raise %(directive)s in the systemd unit"
        )
        super().__init__(Message(msgid, option=option, found=str(found), least=str(least), directive=directive))


class InstanceUnusable(ReaderError):
    """``reason`` is the system's for the instance folder."""

    def __init__(self, folder: str, reason: str) -> None:
        msgid = N_(
            "%(folder)s cannot be written (%(reason)s), nor can a temporary folder; make room there,"
            " or set READER_INSTANCE to a folder that can be written"
        )
        super().__init__(Message(msgid, folder=folder, reason=reason))
