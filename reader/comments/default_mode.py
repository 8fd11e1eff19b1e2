"""The default of READER_COMMENTS. Determined when a server starts, so that all its processes agree."""

from __future__ import annotations

import logging
import sqlite3

from ..editing.accounts import all_editors
from ..errors import StateUnusable
from ..settings import Settings
from ..state import State
from ..state.revision import column_in
from .comment import OFF, REVIEWED

log = logging.getLogger(__name__)


def mode_of(settings: Settings) -> str:
    """READER_COMMENTS or its default.

    The default is REVIEWED if a person can review comments: named editors, or a READER_EDITOR_TOKEN. A token that
    Reader generated for a new site does not count, so comments stay OFF.
    """
    if settings.comments or not settings.editor:
        return settings.comments or OFF
    return REVIEWED if settings.editor_token or _has_editors(State(settings.state_url)) else OFF


def _has_editors(state: State) -> bool:
    """Whether named editors exist. Imports SQLAlchemy for a database server only.

    True if the database cannot be read: comments must not be disabled because the database starts later.
    """
    try:
        if state.path:
            return state.path.exists() and bool(column_in(state.path, "SELECT name FROM editors LIMIT 1"))
        return bool(all_editors(state))
    except (StateUnusable, sqlite3.Error, OSError) as error:
        log.warning("READER_COMMENTS defaults to reviewed: the list of editors cannot be read (%s)", error)
        return True
    finally:
        state.close()
