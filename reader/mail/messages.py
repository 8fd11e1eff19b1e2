"""Builds the messages as bytes for SMTP: headers in ASCII, lines end with CRLF."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from email.generator import BytesGenerator
from email.headerregistry import Address
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.policy import SMTP
from email.utils import format_datetime
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from .. import urls
from ..catalog import Catalog
from ..chinese.script_conversion import in_script, site_in_script, terms_of
from ..chinese.scripts import SCRIPTS, needs_change
from ..chinese.text_conversion import convert
from ..errors import Moved, NotFound
from ..exports import EXPORTS
from ..exports.content_disposition import disposition
from ..exports.localization import Gettext, gettext_of, long_date
from ..models import Article, Publication, Teaser
from ..settings import Settings
from ..site_identity import Site, with_name
from ..templating import Renderer
from .mail_models import REQUEST_LIFETIME, WEEKLY, Choice, Edition, QueuedMessage, Subscriber
from .mail_store import token_of

POLICY = SMTP.clone(refold_source="none", cte_type="7bit")
"""``refold_source="none"``: Content-Disposition is written unchanged, with ``filename`` and ``filename*``."""

MOST_ARTICLES = 100
"""The largest number of articles in a mail. Gmail truncates mail above 102 KB."""

LONGEST_SUMMARY, LONGEST_SUBJECT = 120, 150


@dataclass(frozen=True)
class TeaserGroup:
    """Articles with a heading, which may be empty."""

    name: str
    teasers: tuple[Teaser, ...]


class Messages:
    """Builds the messages of a site. ``settings`` must have READER_MAIL_FROM and READER_BASE_URL."""

    def __init__(self, settings: Settings, catalog: Catalog, renderer: Renderer) -> None:
        self._settings, self._catalog, self._renderer = settings, catalog, renderer
        self._groups_cache: dict[tuple[int, int, str, str], list[TeaserGroup]] = {}

    def confirmation(self, queued: QueuedMessage) -> bytes:
        """The request to confirm an address. Except the recipient's address, it contains no text that the visitor
        entered."""
        language = queued.content["locale"].replace("_", "-")
        _ = gettext_of(language)
        site = self._site("")
        link = f"{self._settings.base_url}{urls.MAIL_CONFIRM}?t={quote(queued.content['token'])}"
        subject = _("Please confirm your address") + f" - {site.name}"
        context = {
            "link": link,
            "frequency": queued.content["frequency"],
            "hours": REQUEST_LIFETIME // timedelta(hours=1),
        }
        return _bytes(self._text(queued, subject, language, "mail/confirmation.txt", site, **context), language)

    def note(self, queued: QueuedMessage) -> bytes:
        """Notifies the person who requested a file that it could not be sent, with a link to the file."""
        language = queued.content["locale"].replace("_", "-")
        _ = gettext_of(language)
        link = f"{self._settings.base_url}{quote(queued.content['path'], safe='/?=&%')}"
        context = {"link": link, "title": queued.content["title"], "to": queued.content["to"]}
        subject = _("A file could not be sent")
        return _bytes(self._text(queued, subject, language, "mail/note.txt", self._site(""), **context), language)

    def trial(self, queued: QueuedMessage) -> bytes:
        """A test message for the operator."""
        return _bytes(self._text(queued, "Reader", "en", "mail/trial.txt", self._site("")), "en")

    def document(self, queued: QueuedMessage, publication: Publication, suffix: str, path: Path) -> bytes:
        """The message with the file at *path*. The file has two names: one in ASCII for Amazon and old mail programs,
        one with all characters."""
        script = queued.content["script"]
        site, language, title = self._site(script), publication.language, publication.title
        if needs_change(language, script):
            title, language = convert(title, script, terms_of(site)), SCRIPTS[script]
        message = self._text(queued, title, language, "mail/document.txt", site, title=title)
        name = f"{_one_line(title)[:60]}.{suffix}"
        part = MIMEApplication(path.read_bytes(), EXPORTS[suffix].MIMETYPE.partition("/")[2])
        part["Content-Disposition"] = disposition(name, publication.name, "")
        message.make_mixed()
        message.attach(part)  # type: ignore[arg-type]  # typeshed wants its own class
        return _bytes(message, language)

    def issue(self, queued: QueuedMessage, edition: Edition, subscriber: Subscriber) -> bytes | None:
        """The new issue for one subscriber; None if none of its articles is public any more."""
        choice = subscriber.choice
        language, site = language_of(choice), self._site(choice.script)
        groups = self._cached_groups(edition, choice, language, site)
        if not groups:
            return None
        _, day = gettext_of(language), date.fromisoformat(edition.day)
        kind = _("Weekly mail") if edition.frequency == WEEKLY else _("Daily mail")
        subject = f"{site.name} {long_date(day, language)} {groups[0].teasers[0].title}"
        unsubscribe = f"{self._settings.base_url}{urls.MAIL_UNSUBSCRIBE}?u={token_of(subscriber)}"
        more = max(0, len(edition.slugs) - MOST_ARTICLES)
        context = {"groups": groups, "kind": kind, "day": long_date(day, language), "unsubscribe": unsubscribe}
        message = self._text(queued, subject, language, "mail/issue.txt", site, **context, more=more)
        html = self._render("mail/issue.html", language, site, **context, more=more)
        message.add_alternative(html, subtype="html", cte="base64")
        host = urlsplit(self._settings.base_url).hostname or "localhost"
        message["List-Id"] = f"{_as_ascii(site.name)} <{edition.frequency}.{host}>".strip()
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        message["Precedence"] = "list"
        return _bytes(message, language)

    def _cached_groups(self, edition: Edition, choice: Choice, language: str, site: Site) -> list[TeaserGroup]:
        """The groups are equal for all subscribers with the same choice, so they are cached until the catalog
        changes."""
        key = (self._catalog.revision, edition.id, choice.script, language)
        if key not in self._groups_cache:
            self._groups_cache = {k: groups for k, groups in self._groups_cache.items() if k[:2] == key[:2]}
            self._groups_cache[key] = self._groups(edition, choice, language, site)
        return self._groups_cache[key]

    def _groups(self, edition: Edition, choice: Choice, language: str, site: Site) -> list[TeaserGroup]:
        """Groups by section; in a weekly mail by day."""
        found = self._teasers(edition.slugs)
        converted = [in_script(teaser, choice.script, terms_of(site)) for teaser in found]
        if edition.frequency == WEEKLY:
            return [
                TeaserGroup(long_date(day, language), tuple(group))
                for day, group in groupby(converted, key=lambda teaser: teaser.published.date())
            ]
        sections: dict[str, list[Teaser]] = {}
        for teaser in converted:
            sections.setdefault(teaser.section[0] if teaser.section else "", []).append(teaser)
        return [TeaserGroup(name, tuple(group)) for name, group in sections.items()]

    def _teasers(self, slugs: Sequence[str]) -> list[Teaser]:
        """The articles that are public now, in the order of *slugs*, which are original slugs."""
        found = (self._article(slug) for slug in slugs[:MOST_ARTICLES])
        names = [f.name for f in fields(Teaser) if f.name in {a.name for a in fields(Article)}]
        return [Teaser(**{name: getattr(article, name) for name in names}) for article in found if article]

    def _article(self, slug: str) -> Article | None:
        try:
            return self._catalog.article(slug)
        except Moved as moved:
            return self._catalog.article(moved.slug)
        except NotFound:
            return None

    def _site(self, script: str) -> Site:
        return site_in_script(with_name(self._catalog.site, self._settings.site_name), script)

    def _text(
        self, queued: QueuedMessage, subject: str, language: str, template: str, site: Site, **context: Any
    ) -> EmailMessage:
        """A plain-text message with the common headers."""
        message = EmailMessage(policy=POLICY)
        sender = self._settings.mail_from
        user, _, domain = sender.rpartition("@")
        message["From"] = Address(_one_line(site.name), user, domain)
        message["To"] = queued.address
        message["Subject"] = _one_line(subject)[:LONGEST_SUBJECT]
        message["Date"] = format_datetime(queued.made_at)
        message["Message-ID"] = f"<{queued.kind}.{queued.id}.{_microseconds(queued.made_at)}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: prevents automatic replies
        message.set_content(self._render(template, language, site, **context), cte="base64")
        return message

    def _render(self, template: str, language: str, site: Site, **context: Any) -> str:
        known = {"_": _formatting(gettext_of(language)), "language": language, "site_name": site.name}
        limits = {"longest_summary": LONGEST_SUMMARY, "base_url": self._settings.base_url}
        return self._renderer.render(template, **known, **limits, **context)


def language_of(choice: Choice) -> str:
    """The BCP 47 tag of a mail's language: Chinese in the script of the articles if the interface was Chinese."""
    is_chinese = choice.locale.startswith("zh")
    return SCRIPTS[choice.script] if is_chinese and choice.script in SCRIPTS else choice.locale.replace("_", "-")


def _formatting(gettext: Gettext) -> Callable[..., str]:
    def translate(msgid: str, **values: object) -> str:
        return gettext(msgid) % values if values else gettext(msgid)

    return translate


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _as_ascii(name: str) -> str:
    """The quoted phrase of List-Id (RFC 2919); empty if the name has other characters."""
    plain = "".join(c for c in name if c.isascii() and (c.isalnum() or c in " .-"))
    return f'"{plain}"' if plain == name else ""


def _microseconds(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def _bytes(message: EmailMessage, language: str) -> bytes:
    message["Content-Language"] = language  # last, because adding a part moves the Content-… fields into the first part
    content = BytesIO()
    BytesGenerator(content, policy=POLICY).flatten(message)
    # The fold before a long address is legal, but some mail programs look for "<" as the first character.
    return content.getvalue().replace(b"List-Unsubscribe:\r\n <", b"List-Unsubscribe: <", 1)
