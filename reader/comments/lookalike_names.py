"""Finds names that look like the name of an editor or of the paper although they consist of other characters."""

from __future__ import annotations

import unicodedata

from .word_list import skeleton

_LOOKALIKES = str.maketrans(
    "аԁеһіјӏкмноԛрѕтсувѵԝхүӕ" + "αβεζηικμνορστυχϲϳω" + "ոօսցհյոզ" + "ıɑɡɩɪʟɴᴀᴅᴇᴍɾɿʀ" + "01i",
    "adehljlkmhoqpstcyvvwxyæ" + "abezhlkmnopctyxcjw" + "noughjnq" + "laglllnademrrr" + "oll",
)
"""Cyrillic, Greek and Armenian letters, Latin letters of other alphabets, and digits -> the Latin letter that looks the
same, also if only their capital does (Unicode confusables, UTS 39). ``i`` becomes ``l``: a capital I is a small l."""


def outline(name: str) -> str:
    """*name* without differences that are hard to see: those that ``skeleton`` ignores, lookalikes, and marks.

    ``Аdmin`` with a Cyrillic A, ``ADMlN`` with a small L, ``ádmin`` and ``adrnin`` have the outline of ``admin``.
    """
    letters = unicodedata.normalize("NFD", skeleton(name))
    plain = "".join(c for c in letters if not unicodedata.combining(c)).translate(_LOOKALIKES)
    return plain.replace("rn", "m").replace("vv", "w")
