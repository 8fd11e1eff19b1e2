"""The program of the child process that parses pages of other sites. A request is a line of JSON, and so is its answer.

A request has ``task``, the name of a function in TASKS, with its arguments; ``page`` has the fields of an HttpResponse,
its content in base64. The answer is what that function returns.
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
    """The answer to an empty request is an empty line. A bug ends the process, with its traceback in the log."""
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
