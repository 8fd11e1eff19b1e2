"""Regular expressions that are compiled when they are first used, not when their module is imported.

Compiling those with classes of Chinese characters took 0.4 s of a start, for a web process that may never use them.
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
    """Becomes as fast as the compiled pattern with the first use: its methods then are this object's attributes."""

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
    """Like ``re.compile``; an invalid *source* raises at its first use. Use its methods: ``re.sub(…)`` takes none.

    A *source* that takes time to find out is a function, called at the first use.
    """
    return cast("re.Pattern[str]", _Uncompiled(source, flags))
