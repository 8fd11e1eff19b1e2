"""Recognizes formats that import cannot read, and suggests what to do instead."""

from __future__ import annotations

import re

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
_PANDOC_PAGES = Message("convert its pages to Markdown with Pandoc (pandoc -f mediawiki), and import these")
_OTHER_EXPORTS = (
    (re.compile(rb"<mediawiki\b"), "MediaWiki", _PANDOC_PAGES),
    (re.compile(rb'"dayone-moment:|"creationDevice|"entries"\s*:\s*\[[^\[\]]{0,3000}"creationDate"'), "Day One",
     Message("export it as HTML or text, and import that")),
    (re.compile(rb'"isTrashed"\s*:.{0,100000}"userEditedTimestampUsec"', re.DOTALL), "Google Keep",
     Message("import the HTML files of the same folder")),
    (re.compile(rb'\A\s*\[.{0,2000}"(?:create-time|edit-time)".{0,100000}"string"\s*:', re.DOTALL), "Roam",
     Message("export it as Markdown, and import that")),
    (re.compile(rb'"(?:originalContent|formatContent)"\s*:'), "Halo",
     Message("export it as Markdown, and import that")),
)  # fmt: skip
"""Signs of exports of other programs, with their names and what to do instead."""
HINTS = {suffix: hint for suffixes, hint in _HINTS.items() for suffix in suffixes}
"""What to do instead, by suffix."""
_HEAD_BYTES = 200_000
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


def reason_by_program(content: bytes) -> str:
    """Why the export of another program in XML or JSON cannot be read, with what to do; empty if none is known."""
    head = content[:_HEAD_BYTES]
    found = next(((name, hint) for pattern, name, hint in _OTHER_EXPORTS if pattern.search(head)), None)
    return Message("an export of %(program)s: %(hint)s", program=found[0], hint=found[1]) if found else ""
