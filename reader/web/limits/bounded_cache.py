"""A cache in memory for what pages show, with a maximum number of values."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class BoundedCache(Generic[_Key, _Value]):
    """At most *most* values by key. When it is full, it is emptied: most keys contain a revision of the catalog, and
    values of earlier revisions are never used again.

    ``functools.lru_cache`` needs the arguments of the function as its key, which are whole articles here.

    Example::

        sizes = BoundedCache[str, int](1_000)
        sizes.get_or_set(article.version, lambda: len(article.body))
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[_Key, _Value] = {}

    def get(self, key: _Key) -> _Value | None:
        return self._values.get(key)

    def set(self, key: _Key, value: _Value) -> _Value:
        """Stores and returns *value*."""
        if key not in self._values and len(self._values) >= self._most:
            self._values.clear()
        self._values[key] = value
        return value

    def get_or_set(self, key: _Key, compute: Callable[[], _Value]) -> _Value:
        """The stored value, which must not be None, or the one that *compute* returns."""
        found = self._values.get(key)
        return self.set(key, compute()) if found is None else found
