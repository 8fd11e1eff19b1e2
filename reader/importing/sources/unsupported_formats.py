"""Recognizes formats that import cannot read, and suggests what to do instead."""

from __future__ import annotations

from ...i18n import Message

_OFFICE = Message("open it in LibreOffice, Word or WPS, save it as .docx or .odt, and import that")
_SLIDES = Message("copy its text, and paste it: python -m reader import -")
JOPLIN = Message("in Joplin, export “MD - Markdown + Front Matter”, and import that folder")
_HINTS = {
    (".doc", ".dot", ".wps", ".wpt", ".rtf"): _OFFICE,
    (".pages",): Message("open it in Pages, export it to Word (.docx), and import that"),
    (".pdf", ".caj", ".ofd", ".djvu"): Message(
        "a file for printing; import the page or document it was made from, or copy its text: python -m reader import -"
    ),
    (".ppt", ".pptx", ".pps", ".dps", ".odp", ".key"): _SLIDES,
    (".xls", ".xlsx", ".et", ".ods", ".numbers"): _SLIDES,
    (".mobi", ".azw", ".azw3", ".prc", ".fb2", ".chm"): Message("convert it to EPUB with Calibre, and import that"),
    (".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz"): Message("unpack it, and import the folder"),
    (".msg", ".pst"): Message("save the mail as .eml, and import that"),
    (".webarchive", ".warc", ".wacz"): Message("save the page as HTML or MHTML, and import that"),
    (".jex",): JOPLIN,
    (".one", ".onepkg"): Message("export the page from OneNote to Word (.docx), and import that"),
    (".wiki", ".mediawiki", ".dokuwiki", ".creole", ".textile", ".tex", ".typ"): Message(
        "convert it to Markdown with Pandoc, and import that"
    ),
    (".mbox",): Message("save each mail as .eml, and import the folder"),
}
HINTS = {suffix: hint for suffixes, hint in _HINTS.items() for suffix in suffixes}
"""What to do instead, by suffix."""
_SIGNATURES = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".doc"),
    (b"{\\rtf", ".rtf"),
    (b"%PDF-", ".pdf"),
    (b"Rar!", ".rar"),
    (b"7z\xbc\xaf", ".7z"),
    (b"\x1f\x8b", ".gz"),
    (b"WARC/", ".warc"),
)


def reason_by_content(suffix: str, content: bytes) -> str:
    """Why *content* cannot be read, with a suggestion, according to its first bytes; empty if it may be readable.

    *suffix* is the suffix of its name: many programs share the container of ``.doc``.
    """
    found = next((kind for signature, kind in _SIGNATURES if content.startswith(signature)), "")
    if content[60:68] == b"BOOKMOBI":
        found = ".mobi"
    return reason_for(suffix if found == ".doc" and suffix in HINTS else found)


def reason_for(suffix: str) -> str:
    """Like ``reason_by_content``, for the suffix alone."""
    if suffix not in HINTS:
        return ""
    return Message("%(kind)s files cannot be read: %(hint)s", kind=suffix, hint=HINTS[suffix])
