"""A story of a Medium export: one HTML file with microformats (h-entry)."""

from __future__ import annotations

from lxml import etree

from ...formats.dates import date_in_text
from ...models import Draft
from ...sanitizer import sanitize
from ..extraction.text_blocks import parse


def is_story(html: str) -> bool:
    return 'class="h-entry"' in html and 'class="e-content"' in html and "Exported from" in html


def read_story(html: str) -> tuple[Draft, str]:
    """The draft, and the address of the story. A story without a date is a draft: it was not published."""
    root = parse(html)
    for heading in root.xpath('//*[contains(@class, "graf--title")]'):
        heading.drop_tree()
    body = next(iter(root.find_class("e-content")))
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
    )
    return draft, (link.get("href") or "") if link is not None else ""
