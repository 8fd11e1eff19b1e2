"""The message whose last line this machine is sending: 20 microseconds before, where a commit takes milliseconds."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

_NAME, _NUMBER = 32, 20


class SendingRecord:
    """A file in the instance folder with a random name of this machine and the number of the last message it ended.

    It is written without fsync: what a process has written outlives it, whoever kills it. When the whole machine stops
    at once, a message that was just being sent may be sent again. Raises OSError.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("r+b" if _is_whole(path) else "w+b", buffering=0)
        if not _is_whole(path):
            self._file.write(f"{secrets.token_hex(_NAME // 2)}{0:0{_NUMBER}}".encode())
            os.fsync(self._file.fileno())
        self.machine = os.pread(self._file.fileno(), _NAME, 0).decode()

    @property
    def last(self) -> int:
        return int(os.pread(self._file.fileno(), _NUMBER, _NAME))

    def write(self, number: int) -> None:
        os.pwrite(self._file.fileno(), f"{number:0{_NUMBER}}".encode(), _NAME)

    def close(self) -> None:
        self._file.close()


def _is_whole(path: Path) -> bool:
    try:
        return path.stat().st_size == _NAME + _NUMBER
    except OSError:
        return False
