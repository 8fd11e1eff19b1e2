"""The layout of a backup: a zip file with ``backup.json``, ``files.jsonl``, ``state.jsonl`` and the files themselves.

``files.jsonl`` has a line for each file: its path below ``articles/`` or ``data/``, the member that holds it, size,
SHA-256, times and mode. A zip file keeps times to two seconds only, and its names must be UTF-8.
"""

from __future__ import annotations

from dataclasses import dataclass

FORMAT = 1
HEAD, FILES, STATE = "backup.json", "files.jsonl", "state.jsonl"
DATA_FILES = ("editor-token",)
"""The files of the data folder besides the database, whose rows are in STATE."""


@dataclass(frozen=True)
class FileRecord:
    """*path* is below *place*, ``articles`` or ``data``. Bytes that are not UTF-8 are lone surrogates (PEP 383)."""

    place: str
    path: str
    member: str
    size: int
    sha256: str
    mtime_ns: int
    mode: int

    def is_safe(self) -> bool:
        """Whether it is of our making, and stays within its place."""
        texts = (self.place, self.path, self.member, self.sha256)
        numbers = (self.size, self.mtime_ns, self.mode)
        if not (all(isinstance(t, str) for t in texts) and all(isinstance(n, int) for n in numbers)):
            return False
        if any(part in ("", ".", "..") for part in self.path.split("/")) or "\0" in self.path:
            return False
        is_known = self.place == "articles" or (self.place == "data" and self.path in DATA_FILES)
        return is_known and self.size >= 0 and abs(self.mtime_ns) < 2**62 and 0 <= self.mode <= 0o777
