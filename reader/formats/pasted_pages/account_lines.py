"""Recognizes an account between the headline and the story: its name twice, and its motto above the button 关注."""

from __future__ import annotations

from collections.abc import Sequence

_FOLLOW = "关注"
_BUTTONS = (_FOLLOW, "+关注", "+ 关注")
_LONGEST_NAME = 16
_LONGEST_HEAD = 24


def without_accounts(texts: Sequence[str]) -> list[str]:
    """*texts* with a button in place of each line about an account."""
    plain = list(texts)
    for index in range(1, min(len(texts) - 3, _LONGEST_HEAD)):
        if texts[index] == texts[index + 1] and len(texts[index]) <= _LONGEST_NAME:
            plain[index : index + 2] = [_FOLLOW] * 2
            if texts[index + 3] in _BUTTONS and "。" not in texts[index + 2]:
                plain[index + 2] = _FOLLOW
            break
    return plain
