"""Commits each save under the editor's name if the articles folder is the root of a git work tree.

``git commit --only`` leaves all other changes of the work tree and the index untouched. No hooks or filters of the
repository run (``child_process/git.py``): the file is committed as it is. A folder inside a larger work tree is
ignored, because its owner commits.
"""

from __future__ import annotations

import logging
import shutil
import subprocess

from ..child_process.git import OPTIONS, git_environment, run_git, without_filters
from ..settings import Settings
from ..storage.locks import waiting_lock

TIMEOUT_SECONDS = 20
SITE_EDITOR = "Reader"
_NO_NAME = " .,:;<>\"\\'"
"""git rejects a name that consists only of these characters (git-commit-tree(1))."""
log = logging.getLogger(__name__)


def commit(settings: Settings, paths: list[str], editor: str, message: str) -> bool:
    """Commits the current state of *paths* (relative to the articles folder). Returns whether it did; logs a
    failure."""
    if not (settings.articles / ".git").exists() or not shutil.which("git"):
        return False
    try:
        with waiting_lock(settings.instance / "git.lock"):  # git does not wait for a concurrent git process
            existing = [path for path in paths if (settings.articles / path).exists()]
            if existing:
                _git(settings, editor, "add", "--", *existing)
            _git(settings, editor, "commit", "--quiet", "--only", f"--message={message}", "--", *paths)
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("%s was saved, but not committed: %s", paths[0], _reason(error))
        return False
    return True


def _git(settings: Settings, editor: str, *words: str) -> None:
    name = editor if editor.strip(_NO_NAME) else SITE_EDITOR
    program = shutil.which("git") or "git"
    environment = git_environment() | without_filters(program, settings.articles, TIMEOUT_SECONDS)
    environment |= {"GIT_LITERAL_PATHSPECS": "1"}
    for role in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{role}_NAME": name, f"GIT_{role}_EMAIL": "editor@reader.invalid"}
    run_git([program, *OPTIONS, *words], settings.articles, environment, TIMEOUT_SECONDS)


def _reason(error: Exception) -> str:
    stderr = error.stderr if isinstance(error, subprocess.CalledProcessError) else b""
    return stderr.decode("utf-8", "replace").strip()[:300] or str(error)
