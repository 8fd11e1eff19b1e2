"""How git is run in a work tree that others write to: no program that its repository names is run, nothing is fetched.

``protocol.<name>.allow`` of the repository would win over ``protocol.allow``, so the environment forbids all protocols:
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
_SECONDS_TO_TIDY_UP = 5


def git_environment() -> dict[str, str]:
    """The environment: no configuration but the repository's own, no questions, no network."""
    path = {"PATH": os.environ.get("PATH", ""), "HOME": "/nonexistent", "LC_ALL": "C"}
    own_only = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0"}
    return path | own_only | {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1"}


def without_filters(program: str, folder: Path, timeout_seconds: float) -> dict[str, str]:
    """Environment variables that turn off the filter programs that the repository of *folder* names (gitattributes).

    Raises OSError and subprocess.SubprocessError.
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
    """Raises OSError and subprocess.SubprocessError. After the time git is ended so that it removes its lock files."""
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(  # noqa: S603 our own command
        command, cwd=folder, env=environment, stdin=nothing, stdout=nothing, stderr=pipe
    ) as process:
        try:
            _, stderr = process.communicate(timeout=timeout_seconds)
        except BaseException:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=_SECONDS_TO_TIDY_UP)
            process.kill()
            raise
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=stderr)
