"""The articles of blogs whose backup is one XML file.

Blogger: its backup, or Google Takeout, an Atom feed of the whole content. LiveJournal: an export for each month.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from lxml import etree

from ...formats.dates import date_in_text
from ...models import Draft
from .html_to_text import plain_title
from .items import Found, LeftOut, SourceItem, html_reader, not_public, xml_in
from .old_addresses import aliases_of

_KIND = "http://schemas.google.com/g/2005#kind"
_ARTICLES = ("post", "page")
_ROOT = re.compile(rb"<livejournal\b")
_HAS_PARAGRAPHS = re.compile(r"<(?:p|br|div|table|ul|ol|blockquote)\b", re.IGNORECASE)


def is_backup(content: bytes) -> bool:
    return b"schemas.google.com/blogger/20" in content[:20_000] and b"<feed" in content[:20_000]


def backup_items(name: str, content: bytes) -> Iterator[Found]:
    """The posts and pages in the backup's order, then the number of skipped comments, settings and templates."""
    root = xml_in(name, content)
    left_out: Counter[str] = Counter()
    for entry in root.iterfind("{*}entry"):
        kind = _kind(entry)
        is_trashed = _text(entry, "status").upper() == "SOFT_TRASHED"
        if kind in _ARTICLES and not is_trashed:
            yield _item(name, entry)
        else:
            left_out["trash" if is_trashed else kind] += 1
    if left_out:
        yield LeftOut.by_kind(name, left_out)


def _kind(entry: etree._Element) -> str:
    """``post``, ``comment``, ``settings`` …: from a category in backups, from an element in Takeout."""
    terms = [e.get("term") or "" for e in entry.iterfind("{*}category") if e.get("scheme") == _KIND]
    return (terms[0].rpartition("#")[2] if terms else _text(entry, "type")).lower() or "entry"


def _is_draft_mark(element: etree._Element) -> bool:
    """Whether it is ``<app:draft>yes``, also in a file that does not declare the prefix."""
    return element.tag.endswith(("}draft", ":draft")) and (element.text or "").strip() == "yes"


def _text(entry: etree._Element, name: str) -> str:
    return (entry.findtext(f"{{*}}{name}") or "").strip()


def _labels(entry: etree._Element) -> tuple[str, ...]:
    categories = [e for e in entry.iterfind("{*}category") if e.get("scheme") != _KIND]
    return tuple(term for e in categories if (term := e.get("term") or ""))


def _item(name: str, entry: etree._Element) -> SourceItem:
    status = _text(entry, "status").upper() or "LIVE"
    is_draft = status != "LIVE" or any(map(_is_draft_mark, entry.iter(etree.Element)))
    links = [e.get("href") or "" for e in entry.iterfind("{*}link") if e.get("rel") == "alternate"]
    author = (entry.findtext("{*}author/{*}name") or "").strip()
    draft = Draft(
        title=plain_title(_text(entry, "title")),
        body_html="",
        published=date_in_text(_text(entry, "published")),
        byline=(author,) if author and author != "Unknown" else (),
        tags=_labels(entry),
        draft=is_draft,
        aliases=aliases_of(*links, _text(entry, "filename")),
    )
    note = not_public(status if status != "LIVE" else "draft")
    read, address = html_reader(_text(entry, "content")), links[0] if links else ""
    return SourceItem(f"{name}: {draft.title}", read, "article", address, draft, notes=(note,) if is_draft else ())


# -- LiveJournal ------------------------------------------------------------------------------------------------------


def is_livejournal(content: bytes) -> bool:
    return _ROOT.search(content[:2000]) is not None


def livejournal_items(name: str, content: bytes) -> Iterator[Found]:
    """The entries in the export's order. Those for friends or the author alone become drafts."""
    for entry in xml_in(name, content).iterfind("entry"):
        security = _field(entry, "security") or "public"
        tags = _field(entry, "taglist") or _field(entry, "current_tags")
        draft = Draft(
            title=plain_title(_field(entry, "subject")),
            body_html="",
            published=date_in_text(_field(entry, "eventtime")) or date_in_text(_field(entry, "logtime")),
            tags=tuple(tag for each in tags.split(",") if (tag := each.strip())),
            draft=security != "public",
        )
        notes = (not_public(security),) if draft.draft else ()
        title = draft.title or _field(entry, "itemid")
        yield SourceItem(
            f"{name}: {title}", html_reader(_html(_field(entry, "event"))), "article", "", draft, notes=notes
        )


def _html(event: str) -> str:
    """The text of an entry as HTML: LiveJournal shows its line ends."""
    return event if _HAS_PARAGRAPHS.search(event) else "".join(f"<p>{line}</p>" for line in event.splitlines() if line)


def _field(entry: etree._Element, name: str) -> str:
    return (entry.findtext(name) or "").strip()
