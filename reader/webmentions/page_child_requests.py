"""Requests to the child process that parses pages of other sites, so that the indexing process does not parse them."""

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
"""For a page of at most ``fetching.LARGEST_BYTES``, which takes some 0.1 s and 100 MB."""

TIMEOUT_SECONDS = 60.0
"""More than ``cpu_seconds``: the machine may be busy."""

_children = WarmChildren(recycle_bytes=200_000_000, idle_seconds=60)


def mention_of(page: HttpResponse, target: str) -> Mention | None:
    """``pages.mention_in`` of the child. Raises ChildFailed."""
    found = _request("mention", page, target=target)
    return None if found is None else Mention(**found)


def endpoint_named_by(page: HttpResponse) -> str:
    """``pages.endpoint_of`` of the child. Raises ChildFailed."""
    return str(_request("endpoint", page))


def is_of_page(error: ChildFailed) -> bool:
    """Whether the page itself exceeds a limit, so that it is no use to try again."""
    return bool(error.limit) and not error.timed_out


def _request(task: str, page: HttpResponse, **arguments: str) -> Any:
    fields = asdict(page) | {"content": base64.b64encode(page.content).decode()}
    request = json.dumps({"task": task, "page": fields, **arguments})
    try:
        return json.loads(_children.request(COMMAND, LIMITS, request, TIMEOUT_SECONDS))
    except OSError as error:  # none can be started
        raise ChildFailed(str(error)) from error
