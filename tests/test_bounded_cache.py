"""The cache in memory for what pages show."""

from __future__ import annotations

from reader.web.limits.bounded_cache import BoundedCache


def test_it_computes_each_value_once_and_never_holds_more_than_its_limit():
    cache, computed = BoundedCache[str, str](2), []

    def value(key: str) -> str:
        computed.append(key)
        return key.upper()

    assert [cache.get_or_set(key, lambda key=key: value(key)) for key in "aabbcac"] == list("AABBCAC")
    assert computed == ["a", "b", "c", "a"]
    cache.set("c", "new")
    assert [cache.get(key) for key in "abc"] == ["A", None, "new"]
