"""A story of a Medium export: one HTML file with microformats (h-entry), in the folder ``posts/``.

The other folders of an export are the account's: e-mail address, sessions, claps. They are never imported.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import partial

from lxml import etree

from ...formats.dates import date_in_text
from ...formats.hidden_elements import LEFT_OUT, drop_hidden
from ...models import Draft
from ...sanitizer import sanitize
from ..extraction.text_blocks import parse
from .items import Found, LeftOut, SourceItem
from .multi_file_exports import MultiFileExport

_FILE = re.compile(
    r"(?:.*/)?(posts|profile|about|blocks|bookmarks|claps|highlights|interests|ips|lists|partner-program|pubs-following|"
    r"sessions|topics-following|twitter|users-following)/[^/]+\.html"
)
_ACCOUNT = re.compile(r"(?:.*/)?(?:profile/profile|ips/ips-\d+|sessions/sessions-\d+)\.html")


def is_medium(path: str) -> bool:
    return _FILE.fullmatch(path) is not None


def medium_items(export: MultiFileExport) -> Iterator[Found]:
    """The stories in the order of their paths. Pages of the account are left out."""
    has_account = any(map(_ACCOUNT.fullmatch, export.paths))
    account: Counter[str] = Counter()
    for path in export.paths:
        folder = path.split("/")[-2]
        if folder != "posts" and has_account:
            account[folder] += 1
            continue
        yield SourceItem(
            export.name_of(path), partial(export.fetched, path), "page", read_sibling=export.read_sibling(path)
        )
    if account:
        yield LeftOut.by_kind(export.name, account)


def is_story(html: str) -> bool:
    return 'class="h-entry"' in html and 'class="e-content"' in html and "Exported from" in html


def read_story(html: str) -> tuple[Draft, str]:
    """The draft, and the address of the story. A story without a date is a draft: it was not published."""
    root = parse(html)
    for heading in root.xpath('//*[contains(@class, "graf--title")]'):
        heading.drop_tree()
    body = next(iter(root.find_class("e-content")))
    has_hidden = drop_hidden(body)
    for section in [body, *body.iter("section")]:
        section.tag = "div"
    names = ("p-name", "p-author", "dt-published", "p-summary")
    elements = {name: next(iter(root.find_class(name)), None) for name in names}
    words = {
        name: " ".join(found.text_content().split()) if found is not None else "" for name, found in elements.items()
    }
    time, link = elements["dt-published"], next(iter(root.find_class("p-canonical")), None)
    published = date_in_text(time.get("datetime") or "") if time is not None else None
    draft = Draft(
        title=words["p-name"],
        body_html=str(sanitize(etree.tostring(body, encoding="unicode", method="html", with_tail=False))),
        subtitle=words["p-summary"],
        published=published,
        byline=(words["p-author"],) if words["p-author"] else (),
        draft=published is None,
        warnings=(LEFT_OUT,) if has_hidden else (),
    )
    return draft, (link.get("href") or "") if link is not None else ""
