"""Deterministic members of ZIP files: the same content results in the same bytes."""

from __future__ import annotations

import zipfile

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every member: constant, so that the file is deterministic; the earliest date that ZIP allows."""


def add_member(archive: zipfile.ZipFile, name: str, content: bytes, *, compressed: bool = True) -> None:
    """Adds a file with mode 0644 and the date EPOCH to *archive*."""
    member = zipfile.ZipInfo(name, EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    member.external_attr, member.create_system = 0o644 << 16, 3
    archive.writestr(member, content, compresslevel=9)
