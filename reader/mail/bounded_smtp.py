"""SMTP connections that limit a reply. smtplib limits a line and the wait for some bytes, but not a reply as a
whole."""

from __future__ import annotations

import smtplib
import time
from typing import BinaryIO

MOST_LINES = 200
"""The largest number of lines of one reply. A server's list of extensions has about twenty."""


class EndlessReply(smtplib.SMTPException):
    """The server's reply is longer or slower than any regular reply."""

    def __init__(self) -> None:
        super().__init__("the reply of the server does not end")


class ReplyReader:
    """The file object from which smtplib reads replies. ``begin`` is called before each reply."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._lines_left, self._ends_at = file, 0, 0.0

    def begin(self, seconds: float) -> None:
        """Starts a reply that may take *seconds*."""
        self._lines_left, self._ends_at = MOST_LINES, time.monotonic() + seconds

    def readline(self, size: int) -> bytes:
        """The next line, at most *size* bytes. Raises EndlessReply."""
        self._lines_left -= 1
        line = bytearray()
        while len(line) < size and not line.endswith(b"\n"):
            if self._lines_left < 0 or time.monotonic() > self._ends_at:
                raise EndlessReply
            if not (byte := self._file.read(1)):
                break
            line += byte
        return bytes(line)

    def close(self) -> None:
        self._file.close()


class _BoundedReplies(smtplib.SMTP):
    def getreply(self) -> tuple[int, bytes]:
        """Like ``smtplib.SMTP.getreply``. The whole reply may take as long as the socket waits for its first byte."""
        if self.sock:
            if not isinstance(self.file, ReplyReader):
                self.file = ReplyReader(self.sock.makefile("rb"))
            self.file.begin(self.sock.gettimeout() or 0.0)
        try:
            return super().getreply()
        except (EndlessReply, OSError):
            self.close()
            raise


class PlainConnection(_BoundedReplies):
    """A connection that starts without TLS."""


class TlsConnection(_BoundedReplies, smtplib.SMTP_SSL):
    """A connection with TLS from the first byte."""
