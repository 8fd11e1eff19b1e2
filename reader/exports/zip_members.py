"""Members of ZIP files, so that the same content gives the same bytes."""

from __future__ import annotations

import zipfile

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every member: the earliest that ZIP allows, constant so that the file is deterministic."""


def add_member(archive: zipfile.ZipFile, name: str, content: bytes, *, compressed: bool = True) -> None:
    member = zipfile.ZipInfo(name, EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    member.external_attr, member.create_system = 0o644 << 16, 3
    archive.writestr(member, content, compresslevel=9)
