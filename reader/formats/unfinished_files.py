"""Recognizes files that hold no article: with a merge conflict, encrypted, or a pointer to a file that is elsewhere."""

from __future__ import annotations

import re

from ..errors import UnreadableArticle
from ..i18n import Message
from ..patterns import lazy_pattern

_POINTERS = ("version https://git-lfs.github.com/spec/", "/annex/objects/")
_SECRET = lazy_pattern(r"-----BEGIN (?:PGP MESSAGE|AGE ENCRYPTED FILE|[A-Z ]*PRIVATE KEY)|\$ANSIBLE_VAULT;")
_CONFLICT_SIGN = lazy_pattern(r"(<{7}|>{7}|\|{7}|%{7}|\+{7}) .|(={7})$")
_FENCE = lazy_pattern(r"[ >]*(?:`{3,}|~{3,})|</?pre\b(?!.*</pre)|#\+(?:begin|end)_", re.IGNORECASE)
_ASCIIDOC_FENCE = lazy_pattern(r"-{4,}$|\.{4,}$")


def refuse_unfinished(data: bytes, suffix: str) -> None:
    """Raises UnreadableArticle, with the line, if a file with this *suffix* holds no article."""
    beginning = data[:200].decode("ascii", "replace").lstrip()
    if beginning.startswith(_POINTERS):
        hint = Message("download the file: git lfs pull, or git annex get")
        raise UnreadableArticle(Message("a pointer of Git LFS or git-annex"), hint, 1)
    if _SECRET.match(beginning):
        raise UnreadableArticle(
            Message("encrypted text or a private key"), Message("decrypt the file, or remove it"), 1
        )
    if b"\n>>>>>>> " in data and (line := _conflict_line(data, suffix)):
        hint = Message("keep one version, and remove the lines <<<<<<<, ======= and >>>>>>>")
        raise UnreadableArticle(Message("an unresolved merge conflict"), hint, line)


def _conflict_line(data: bytes, suffix: str) -> int:
    """The line at which the first complete conflict outside of code begins; 0 without one."""
    begin, is_divided, is_code = 0, False, False
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if _FENCE.match(line) or (suffix in (".adoc", ".asciidoc") and _ASCIIDOC_FENCE.match(line)):
            is_code = not is_code
        elif not is_code and (sign := _CONFLICT_SIGN.match(line)):
            if line[0] == ">" and begin and is_divided:
                return begin
            begin, is_divided = (number, False) if line[0] == "<" else (begin, is_divided or sign[0][0] in "=%+|")
    return 0
