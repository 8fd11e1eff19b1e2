"""Keeps the secrets of this process from its children, which read files of others and should have nothing to tell."""

from __future__ import annotations

import ctypes
import os
import re

from ..settings import SECRETS

_OWN = "|".join(f"READER_{name.upper()}" for name in SECRETS)
_SECRET = re.compile(_OWN)
_CREDENTIAL = re.compile(
    rf"{_OWN}|PG\w+|(?:AWS|AZURE|GOOGLE|S3)_\w+"
    r"|\w*(?:SECRET|TOKEN|PASS|CREDENTIAL|CREDS|_KEY|APIKEY|AUTH|PRIVATE|DSN)\w*",
    re.IGNORECASE,
)
"""The names of variables that hold secrets of other programs, by custom."""

_HAS_USER = re.compile(r"://[^/\s]*@")
"""A URL with a user name or password, as in ``DATABASE_URL`` or ``HTTPS_PROXY``."""

_PR_SET_DUMPABLE = 4  # linux/prctl.h


def environment_of_child(*, has_credentials: bool) -> dict[str, str]:
    """This process's variables without Reader's secrets, and without those of others unless *has_credentials*."""
    if has_credentials:
        return {name: value for name, value in os.environ.items() if not _SECRET.fullmatch(name)}
    return {
        name: value
        for name, value in os.environ.items()
        if not _CREDENTIAL.fullmatch(name) and not _HAS_USER.search(value)
    }


def has_secrets() -> bool:
    """Whether the environment of this process has variables that children do not get."""
    return len(environment_of_child(has_credentials=False)) < len(os.environ)


def hide_this_process() -> None:
    """Makes the environment, memory and open files of this process in ``/proc`` readable by root only (proc(5)): a
    child of the same user could read there what it does not inherit. There are no core dumps then.

    Where a service manager hides processes (``ProtectProc=invisible``), its parent cannot read its processor time, so a
    child with such a limit must not be hidden. It has no secrets.
    """
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
