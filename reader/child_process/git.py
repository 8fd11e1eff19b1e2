"""Runs git safely in a work tree that other people write to: git runs no program that the repository configures, and
fetches nothing.

``protocol.<name>.allow`` of the repository overrides ``protocol.allow``, so the environment forbids all protocols:
a partial clone that lacks an object would otherwise run the ``uploadpack`` program of its remote.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path

_OFF = (
    *("core.fsmonitor=false", "core.hooksPath=/dev/null", "core.pager=cat", "core.editor=true", "core.quotePath=false"),
    *("log.showSignature=false", "commit.gpgsign=false", "diff.external=", "credential.helper=", "gc.auto=0"),
    *("maintenance.auto=false", "protocol.allow=never", "safe.directory=*"),
)
OPTIONS = tuple(part for option in _OFF for part in ("-c", option))
"""Arguments between ``git`` and the name of its command."""
_TERMINATION_SECONDS = 5
"""How long git may run after SIGTERM, to remove its lock files, before it is killed."""


def git_environment() -> dict[str, str]:
    """The environment variables for git: only the repository's own configuration, no prompts, no network."""
    path = {"PATH": os.environ.get("PATH", ""), "HOME": "/nonexistent", "LC_ALL": "C"}
    own_only = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0"}
    return path | own_only | {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1"}


def without_filters(program: str, folder: Path, timeout_seconds: float) -> dict[str, str]:
    """Environment variables that turn off the filter programs that the repository of *folder* configures
    (gitattributes(5)).

    *program* is the git executable. Raises OSError and subprocess.SubprocessError.
    """
    command = [program, *OPTIONS, "config", "--null", "--name-only", "--get-regexp", r"^filter\."]
    done = subprocess.run(  # noqa: S603 our own command
        command,
        cwd=folder,
        env=git_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=timeout_seconds,
        check=False,
    )
    if done.returncode not in (0, 1):  # 1: there are none
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    names = {name.rpartition(".")[0] for name in os.fsdecode(done.stdout).split("\0") if name}
    off = [
        (f"{name}.{key}", value)
        for name in sorted(names)
        for key, value in (("clean", ""), ("smudge", ""), ("process", ""), ("required", "false"))
    ]
    numbered = {f"GIT_CONFIG_KEY_{n}": key for n, (key, _) in enumerate(off)}
    numbered |= {f"GIT_CONFIG_VALUE_{n}": value for n, (_, value) in enumerate(off)}
    return numbered | {"GIT_CONFIG_COUNT": str(len(off))}


def run_git(command: list[str], folder: Path, environment: dict[str, str], timeout_seconds: float) -> None:
    """Runs *command* in *folder*. Raises OSError, and subprocess.SubprocessError for a timeout or an exit status other
    than 0.

    After *timeout_seconds* git gets SIGTERM first, so that it can remove its lock files.
    """
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(  # noqa: S603 our own command
        command, cwd=folder, env=environment, stdin=nothing, stdout=nothing, stderr=pipe
    ) as process:
        try:
            _, stderr = process.communicate(timeout=timeout_seconds)
        except BaseException:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=_TERMINATION_SECONDS)
            process.kill()
            raise
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=stderr)
