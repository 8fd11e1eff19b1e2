"""The child process that writes the history. A request is a line of JSON: ``[database URL, operation, argument]``.

The answer is ``{"value": …}``, or ``{"fault": …}`` with a stored Message if the database cannot be used.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from ..child_process.child import answer_lines, prepare
from ..errors import StateUnusable
from ..i18n import serialize
from ..state import State
from .records import exchange, identity_of, record

_states: dict[str, State] = {}
"""The State of the last request by its URL; at most one."""


def main() -> None:
    answers = prepare()
    logging.getLogger("reader.state").setLevel(logging.CRITICAL)  # the parent logs a fault, once
    answer_lines(answers, _answer)


def _answer(line: str) -> str:
    if not line:
        return ""
    url, operation, argument = json.loads(line)
    try:
        return json.dumps({"value": _execute(_state(url), operation, argument)})
    except StateUnusable as error:
        return json.dumps({"fault": serialize(error.reason)})


def _state(url: str) -> State:
    if url not in _states:
        for other in _states.values():
            other.close()
        _states.clear()
        _states[url] = State(url)
    return _states[url]


def _execute(state: State, operation: str, argument: Any) -> Any:
    if operation == "identity":
        with state.reading() as connection:
            return identity_of(connection)
    with state.writing() as connection:
        if operation == "record":
            return record(connection, argument)
        return identity_of(connection), exchange(connection, argument)


if __name__ == "__main__":
    main()
