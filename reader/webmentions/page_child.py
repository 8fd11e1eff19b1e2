"""The program of the child process that parses pages of other sites. Requests and answers are lines of JSON.

A request has ``task``, a key of TASKS, and the arguments of that function. ``page`` has the fields of an HttpResponse,
with the content in base64. The answer is the function's return value.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ..child_process.child import answer_lines, prepare
from ..http_client.client import HttpResponse
from .pages import endpoint_of, mention_in


def main() -> None:
    answer_lines(prepare(), _answer)


def _answer(request: str) -> str:
    """The answer to *request*; empty for an empty request. An exception ends the process and is logged."""
    if not request:
        return ""
    arguments = json.loads(request)
    fields = arguments.pop("page")
    page = HttpResponse(**fields | {"content": base64.b64decode(fields["content"])})
    return json.dumps(TASKS[arguments.pop("task")](page, **arguments))


def _mention(page: HttpResponse, target: str) -> dict[str, str] | None:
    found = mention_in(page, target)
    return None if found is None else asdict(found)


TASKS: dict[str, Callable[..., Any]] = {"mention": _mention, "endpoint": endpoint_of}

if __name__ == "__main__":
    main()
