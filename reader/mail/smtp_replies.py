"""SMTP connections whose replies end: smtplib bounds a line and the wait for some bytes, but no reply as a whole."""

from __future__ import annotations

import smtplib
import time
from typing import BinaryIO

MOST_LINES = 200
"""Of one reply: a server's list of extensions has some twenty."""


class EndlessReply(smtplib.SMTPException):
    """The server's reply is longer or takes longer than any real one."""

    def __init__(self) -> None:
        super().__init__("the reply of the server does not end")


class ReplyReader:
    """What smtplib reads replies from. ``begin`` is called before each."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._lines_left, self._ends_at = file, 0, 0.0

    def begin(self, seconds: float) -> None:
        self._lines_left, self._ends_at = MOST_LINES, time.monotonic() + seconds

    def readline(self, size: int) -> bytes:
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
        """As ``smtplib.SMTP.getreply``. A whole reply may take as long as the socket waits for its first byte."""
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
    """Without TLS at first."""


class TlsConnection(_BoundedReplies, smtplib.SMTP_SSL):
    """With TLS from the first byte."""
