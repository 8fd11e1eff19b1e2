"""The layout of a backup: a zip file with ``backup.json``, ``files.jsonl``, ``state.jsonl`` and the files themselves.

``files.jsonl`` has one line per file: its path below ``articles/`` or ``data/``, the name of its zip member, size,
SHA-256, modification time and mode. The zip format itself stores times with a resolution of two seconds, and requires
names in UTF-8.
"""

from __future__ import annotations

from dataclasses import dataclass

FORMAT = 1
HEAD, FILES, STATE = "backup.json", "files.jsonl", "state.jsonl"
DATA_FILES = ("editor-token",)
"""The files of the data folder that a backup contains. The rows of the database are in STATE."""


@dataclass(frozen=True)
class FileRecord:
    """One file of the backup.

    *place* is ``articles`` or ``data``; *path* is relative to that folder. Bytes that are not UTF-8 are lone surrogates
    (PEP 383). *member* is the name of the zip member, *size* is in bytes.
    """

    place: str
    path: str
    member: str
    size: int
    sha256: str
    mtime_ns: int
    mode: int

    def is_safe(self) -> bool:
        """Returns whether the types are correct, and the path stays within its folder."""
        texts = (self.place, self.path, self.member, self.sha256)
        numbers = (self.size, self.mtime_ns, self.mode)
        if not (all(isinstance(t, str) for t in texts) and all(isinstance(n, int) for n in numbers)):
            return False
        if any(part in ("", ".", "..") for part in self.path.split("/")) or "\0" in self.path:
            return False
        is_known = self.place == "articles" or (self.place == "data" and self.path in DATA_FILES)
        return is_known and self.size >= 0 and abs(self.mtime_ns) < 2**62 and 0 <= self.mode <= 0o777
