"""Every error this package raises on purpose.

ReaderError
├── NotFound             asked for something the catalog does not hold
│   ├── Gone             it was there once and has been removed (HTTP 410)
│   └── Moved            it has another name now (HTTP 301)
├── UnreadableArticle    a file that cannot become an article
├── UnknownFormat        no format or exporter goes by that suffix
├── BadOption            an option of a known exporter has an unusable value
├── BadSetting           a READER_* variable has an unusable value
├── ChildFailed          a child process met a limit of memory or time, or died
├── ExportFailed         an exporter gave up: time, memory or a bug
├── NotImported          a source that cannot be imported: not found, not allowed, too large, no article
├── TooLarge             more was asked for than one file may hold (HTTP 413)
└── Busy                 too much work is waiting; ask again later (HTTP 503)
"""

from __future__ import annotations


class ReaderError(Exception):
    """Base of all errors meant to be shown; ``str(error)`` is the message."""


class NotFound(ReaderError):
    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"no {kind} named {key!r}")
        self.kind, self.key = kind, key


class Gone(NotFound):
    """The article was published once and has been removed since."""


class Moved(NotFound):
    """The article answers to *slug* now."""

    def __init__(self, kind: str, key: str, slug: str) -> None:
        super().__init__(kind, key)
        self.slug = slug


class UnreadableArticle(ReaderError):
    """``cause`` says what is wrong, ``hint`` what would be right; ``line`` counts from 1, 0 if unknown."""

    def __init__(self, cause: str, hint: str = "", line: int = 0) -> None:
        super().__init__(cause + (f" ({hint})" if hint else ""))
        self.cause, self.hint, self.line = cause, hint, line


class UnusablePicture(ReaderError):
    """A file that is no picture we read, or one that would unpack into too much."""


class UnknownFormat(ReaderError):
    def __init__(self, suffix: str, known: list[str]) -> None:
        super().__init__(f"no format for {suffix!r}; known: {', '.join(known)}")
        self.suffix, self.known = suffix, known


class BadOption(ReaderError):
    def __init__(self, name: str, value: str, known: list[str]) -> None:
        super().__init__(f"{name}={value!r} is not known; choose one of: {', '.join(known)}")


class BadSetting(ReaderError):
    def __init__(self, name: str, value: str, wanted: str) -> None:
        super().__init__(f"{name}={value!r}: expected {wanted}")


class ChildFailed(ReaderError):
    """``limit`` is ``memory`` or ``time``; empty when the process died of something else.

    ``killed`` tells that somebody else ended it: an operator, or the kernel when memory is short.
    """

    def __init__(self, reason: str, limit: str = "", *, killed: bool = False) -> None:
        super().__init__(reason)
        self.limit, self.killed = limit, killed


class ExportFailed(ReaderError):
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")


class TooLarge(ReaderError):
    """*count* of *what* were asked for, where *most* are allowed."""

    def __init__(self, what: str, count: int, most: int) -> None:
        super().__init__(f"{count:,} {what} are too many for one file; at most {most:,}: choose fewer")
        self.what, self.count, self.most = what, count, most


class NotImported(ReaderError):
    """``source`` is an address or a file, ``reason`` why nothing came of it."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source, self.reason = source, reason


class Busy(ReaderError):
    """``retry_seconds`` is when asking again makes sense."""

    def __init__(self, what: str, retry_seconds: int) -> None:
        super().__init__(f"{what}; try again in {retry_seconds} s")
        self.retry_seconds = retry_seconds
