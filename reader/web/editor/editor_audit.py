"""Records an editor's action in the audit log, and as a commit if the articles folder is a git work tree.

If recording fails, the saved file stays.
"""

from __future__ import annotations

import logging

from ...editing import audit_log, git_commits
from ...errors import StateUnusable
from .. import services
from .editor_session import current_session

log = logging.getLogger(__name__)


def record_act(act: str, path: str, before: bytes | None, after: bytes | None) -> None:
    """*before* and *after* are the contents of the file; None if it did not exist, or no longer exists."""
    session = current_session()
    name = session.name if session else ""
    try:
        audit_log.record(services().state, name, act, path, before, after)
    except StateUnusable as error:
        log.warning("%s: %s was not recorded (%s)", path, act, error)
    git_commits.commit(services().settings, [path], name, f"{act}: {path}")


def commit_picture(path: str) -> None:
    """Commits an uploaded picture if the articles folder is a git work tree."""
    session = current_session()
    git_commits.commit(services().settings, [path], session.name if session else "", f"picture: {path}")
