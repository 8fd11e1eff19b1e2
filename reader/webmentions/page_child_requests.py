"""Parses pages of other sites in a child process with limits, because they are untrusted."""

from __future__ import annotations

import base64
import json
import sys
from dataclasses import asdict
from typing import Any

from ..child_process.parent import Limits
from ..child_process.pool import WarmChildren
from ..errors import ChildFailed
from ..http_client.client import HttpResponse
from .pages import Mention

COMMAND = (sys.executable, "-m", "reader.webmentions.page_child")
LIMITS = Limits(memory_mb=500, cpu_seconds=5, nice=5)
"""A page of ``fetching.LARGEST_BYTES`` takes about 0.1 s and 100 MB."""

TIMEOUT_SECONDS = 60.0
"""Elapsed time; more than ``cpu_seconds``, because the machine may be busy."""

_children = WarmChildren(recycle_bytes=200_000_000, idle_seconds=60)


def mention_of(page: HttpResponse, target: str) -> Mention | None:
    """The result of ``pages.mention_in`` in the child process. Raises ChildFailed."""
    found = _request("mention", page, target=target)
    return None if found is None else Mention(**found)


def endpoint_named_by(page: HttpResponse) -> str:
    """The result of ``pages.endpoint_of`` in the child process. Raises ChildFailed."""
    return str(_request("endpoint", page))


def is_caused_by_page(error: ChildFailed) -> bool:
    """Whether the page itself exceeds a limit of memory or CPU time: a retry is useless."""
    return bool(error.limit) and not error.timed_out


def _request(task: str, page: HttpResponse, **arguments: str) -> Any:
    fields = asdict(page) | {"content": base64.b64encode(page.content).decode()}
    request = json.dumps({"task": task, "page": fields, **arguments})
    try:
        return json.loads(_children.request(COMMAND, LIMITS, request, TIMEOUT_SECONDS))
    except OSError as error:  # the child process cannot be started
        raise ChildFailed(str(error)) from error
