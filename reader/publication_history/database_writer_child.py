"""The child process that writes the history. A request is a line of JSON: the URL, what to do, and with which rows."""

from __future__ import annotations

import json
import logging
from typing import Any

from ..child_process.child import answer_lines, prepare
from ..errors import StateUnusable
from ..i18n import stored
from ..state import State
from .records import exchange, identity_of, record

_states: dict[str, State] = {}
"""One: that of the last request."""


def main() -> None:
    answers = prepare()
    logging.getLogger("reader.state").setLevel(logging.CRITICAL)  # the parent logs what is wrong, once
    answer_lines(answers, _answer)


def _answer(line: str) -> str:
    if not line:
        return ""
    url, what, value = json.loads(line)
    try:
        return json.dumps({"value": _done(_state(url), what, value)})
    except StateUnusable as error:
        return json.dumps({"fault": stored(error.reason)})


def _state(url: str) -> State:
    if url not in _states:
        for other in _states.values():
            other.close()
        _states.clear()
        _states[url] = State(url)
    return _states[url]


def _done(state: State, what: str, value: Any) -> Any:
    if what == "identity":
        with state.reading() as connection:
            return identity_of(connection)
    with state.writing() as connection:
        if what == "record":
            return record(connection, value)
        return identity_of(connection), exchange(connection, value)


if __name__ == "__main__":
    main()
