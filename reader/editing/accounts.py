"""Editor accounts, each with a token of its own. The database stores only the digest of the token.

SQLAlchemy is imported inside the functions: a site with a single token does not need it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..errors import ReaderError
from ..i18n import Message
from ..models import escaped

if TYPE_CHECKING:
    from ..state import State

LONGEST_NAME = 60


class UnusableName(ReaderError):
    """An editor's name that exists already or is invalid."""


@dataclass(frozen=True)
class Editor:
    """An editor with a token of their own. ``added_at`` is aware."""

    name: str
    added_at: datetime


def add_editor(state: State, name: str) -> str:
    """Adds an editor. Returns the token, which can't be read later. Raises UnusableName or StateUnusable."""
    from sqlalchemy import insert, select

    from .editor_tables import editors

    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or escaped(name) != name or {*"<>"} & set(name):
        raise UnusableName(Message("not a name of an editor: '%(name)s'", name=name[:LONGEST_NAME]))
    token = secrets.token_urlsafe(24)
    with state.writing() as connection:
        if connection.execute(select(editors.c.name).where(editors.c.name == name)).first():
            raise UnusableName(Message("there is an editor named '%(name)s'", name=name))
        row = {"name": name, "token_digest": _digest(token), "added_at": datetime.now(UTC)}
        connection.execute(insert(editors).values(**row))
    return token


def remove_editor(state: State, name: str) -> bool:
    """Removes an editor, which also ends their sessions. Returns False if the name does not exist. Raises
    StateUnusable."""
    from sqlalchemy import delete

    from .editor_tables import editors

    with state.writing() as connection:
        return connection.execute(delete(editors).where(editors.c.name == name)).rowcount > 0


def all_editors(state: State) -> list[Editor]:
    """All editors, sorted by name. Raises StateUnusable."""
    from sqlalchemy import select

    from .editor_tables import editors

    with state.reading() as connection:
        rows = connection.execute(select(editors.c.name, editors.c.added_at).order_by(editors.c.name)).all()
    return [Editor(row.name, row.added_at) for row in rows]


def editor_with(state: State, token: str) -> str | None:
    """The name of the editor with the *token*; None if it is unknown. Raises StateUnusable."""
    from sqlalchemy import select

    from .editor_tables import editors

    if state.path and not state.path.exists():  # no editor was ever added; an unknown token must not create a database
        return None
    with state.reading() as connection:
        found = connection.execute(select(editors.c.name).where(editors.c.token_digest == _digest(token))).first()
    return str(found.name) if found else None


def token_version(state: State, name: str) -> str:
    """A value that changes when the editor gets another token; empty if the name does not exist."""
    from sqlalchemy import select

    from .editor_tables import editors

    with state.reading() as connection:
        found = connection.execute(select(editors.c.token_digest).where(editors.c.name == name)).first()
    return str(found.token_digest)[:16] if found else ""


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
