"""Regular expressions that are compiled when they are first used, not when their module is imported.

The compilation of patterns with classes of Chinese characters took 0.4 s at the start of each web process, which may
never use them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

_ATTRIBUTES = (
    *("fullmatch", "match", "search", "findall", "finditer", "split", "sub", "subn"),
    *("pattern", "flags", "groups", "groupindex", "scanner"),
)


class _Uncompiled:
    """At the first use, copies the methods of the compiled pattern into its own attributes: later uses are as fast."""

    def __init__(self, source: str | Callable[[], str], flags: int) -> None:
        self._source, self._flags = source, flags

    def __getattr__(self, name: str) -> Any:
        if name not in _ATTRIBUTES:
            raise AttributeError(name)
        source = self._source if isinstance(self._source, str) else self._source()
        compiled = re.compile(source, self._flags)
        self.__dict__.update({name: getattr(compiled, name) for name in _ATTRIBUTES})
        return self.__dict__[name]


def lazy_pattern(source: str | Callable[[], str], flags: int = 0) -> re.Pattern[str]:
    """Like ``re.compile``, but compiles at the first use. Raises ``re.error`` for an invalid *source* only then.

    Call the methods of the result: ``re.sub(…)`` does not accept it as a pattern. *source* can be a function, for a
    pattern that takes time to build; it is called at the first use.
    """
    return cast("re.Pattern[str]", _Uncompiled(source, flags))
