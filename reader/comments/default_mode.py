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
    """READER_COMMENTS; without it REVIEWED where somebody is there to read what waits: editors known by name, or a
    READER_EDITOR_TOKEN. The token that Reader makes for each new site is nobody, so comments stay OFF."""
    if settings.comments or not settings.editor:
        return settings.comments or OFF
    return REVIEWED if settings.editor_token or _has_editors(State(settings.state_url)) else OFF


def _has_editors(state: State) -> bool:
    """Whether there are editors known by name. Imports SQLAlchemy for a server only. While nobody can tell, it says
    yes: the comments of a site are not denied because its database starts later."""
    try:
        if state.path:
            return state.path.exists() and bool(column_in(state.path, "SELECT name FROM editors LIMIT 1"))
        return bool(all_editors(state))
    except (StateUnusable, sqlite3.Error, OSError) as error:
        log.warning("READER_COMMENTS is taken as reviewed: it cannot be asked who the editors are (%s)", error)
        return True
    finally:
        state.close()
