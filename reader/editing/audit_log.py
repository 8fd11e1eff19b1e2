"""The audit log of the editor: one entry per action, with the versions of the file before and after.

SQLAlchemy is imported inside the functions.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .article_files import digest_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..state import State

SAVED, CREATED, DELETED, RESTORED = "saved", "created", "deleted", "restored"


@dataclass(frozen=True)
class Act:
    """One action. ``editor`` is empty for the site's own token; ``before`` and ``after`` are digests, empty without a
    file."""

    id: int
    at: datetime
    editor: str
    act: str
    path: str
    before: str
    after: str


def record(state: State, editor: str, act: str, path: str, before: bytes | None, after: bytes | None) -> None:
    """Stores an action with both versions of the file. Raises StateUnusable."""
    from sqlalchemy import insert

    from .editor_tables import editor_acts

    values = {"at": datetime.now(UTC), "editor": editor, "act": act, "path": path}
    with state.writing() as connection:
        versions = {"before": _store_version(connection, before), "after": _store_version(connection, after)}
        connection.execute(insert(editor_acts).values(**values, **versions))


def _store_version(connection: Connection, content: bytes | None) -> str:
    """Stores *content* unless it exists. Returns its digest; empty for None."""
    from sqlalchemy import insert, select

    from .editor_tables import article_versions

    if content is None:
        return ""
    digest = digest_of(content)
    if not connection.execute(select(article_versions.c.digest).where(article_versions.c.digest == digest)).first():
        connection.execute(insert(article_versions).values(digest=digest, content=zlib.compress(content)))
    return digest


def acts(state: State, path: str = "", before_id: int = 0, limit: int = 50) -> list[Act]:
    """Actions, latest first; of one file if *path* is set.

    *before_id* is the id of the last action of the previous page. Raises StateUnusable.
    """
    from sqlalchemy import select

    from .editor_tables import editor_acts

    query = select(editor_acts).order_by(editor_acts.c.id.desc()).limit(limit)
    query = query.where(editor_acts.c.path == path) if path else query
    query = query.where(editor_acts.c.id < before_id) if before_id else query
    with state.reading() as connection:
        rows = connection.execute(query).all()
    return [Act(row.id, row.at, row.editor, row.act, row.path, row.before, row.after) for row in rows]


def act(state: State, act_id: int) -> Act | None:
    """One action by id; None if it does not exist."""
    found = acts(state, before_id=act_id + 1, limit=1)
    return found[0] if found and found[0].id == act_id else None


def version(state: State, digest: str) -> bytes:
    """The content of the version *digest*; empty if it does not exist."""
    from sqlalchemy import select

    from .editor_tables import article_versions

    with state.reading() as connection:
        row = connection.execute(select(article_versions.c.content).where(article_versions.c.digest == digest)).first()
    return zlib.decompress(row.content) if row else b""
