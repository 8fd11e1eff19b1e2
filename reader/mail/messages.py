"""The messages, as bytes ready for SMTP: headers in ASCII, lines ended by CRLF."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
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
from .mail_models import WEEKLY, Choice, Edition, Queued, Subscriber
from .mail_store import token_of

POLICY = SMTP.clone(refold_source="none", cte_type="7bit")
"""``none``: Content-Disposition is written as it is, with ``filename`` and ``filename*``."""

MOST_SHOWN = 100
"""Articles in a mail; Gmail cuts off what is longer than 102 KB."""

LONGEST_SUMMARY, LONGEST_SUBJECT = 120, 150


@dataclass(frozen=True)
class TeaserGroup:
    """Articles below a heading, which may be empty."""

    name: str
    teasers: tuple[Teaser, ...]


class Messages:
    """Builds the messages of a site. ``settings`` has READER_MAIL_FROM and READER_BASE_URL."""

    def __init__(self, settings: Settings, catalog: Catalog, renderer: Renderer) -> None:
        self._settings, self._catalog, self._renderer = settings, catalog, renderer
        self._kept: dict[tuple[int, int, str, str], list[TeaserGroup]] = {}

    def confirmation(self, queued: Queued) -> bytes:
        """Nothing that a visitor typed is in it but the address it goes to."""
        language = queued.content["locale"].replace("_", "-")
        _ = gettext_of(language)
        site = self._site("")
        link = f"{self._settings.base_url}{urls.MAIL_CONFIRM}?t={quote(queued.content['token'])}"
        subject = _("Please confirm your address") + f" - {site.name}"
        context = {"link": link, "frequency": queued.content["frequency"], "hours": 48}
        return _bytes(self._text(queued, subject, language, "mail/confirmation.txt", site, **context), language)

    def note(self, queued: Queued) -> bytes:
        """To who ordered a file: it could not be sent, and where to get it."""
        language = queued.content["locale"].replace("_", "-")
        _ = gettext_of(language)
        link = f"{self._settings.base_url}{quote(queued.content['path'], safe='/?=&%')}"
        context = {"link": link, "title": queued.content["title"], "to": queued.content["to"]}
        subject = _("A file could not be sent")
        return _bytes(self._text(queued, subject, language, "mail/note.txt", self._site(""), **context), language)

    def trial(self, queued: Queued) -> bytes:
        return _bytes(self._text(queued, "Reader", "en", "mail/trial.txt", self._site("")), "en")

    def document(self, queued: Queued, publication: Publication, suffix: str, path: Path) -> bytes:
        """The file, with a name that Amazon and old mail programs read and one with all characters."""
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

    def issue(self, queued: Queued, edition: Edition, subscriber: Subscriber) -> bytes | None:
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
        more = max(0, len(edition.slugs) - MOST_SHOWN)
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
        """The same for all subscribers with one choice, so it is kept until something changes."""
        key = (self._catalog.revision, edition.id, choice.script, language)
        if key not in self._kept:
            self._kept = {k: groups for k, groups in self._kept.items() if k[:2] == key[:2]}
            self._kept[key] = self._groups(edition, choice, language, site)
        return self._kept[key]

    def _groups(self, edition: Edition, choice: Choice, language: str, site: Site) -> list[TeaserGroup]:
        """By section, in a weekly mail by day."""
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
        """The articles that are public now, by the slugs of their first publication, in their order."""
        found = (self._article(slug) for slug in slugs[:MOST_SHOWN])
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
        self, queued: Queued, subject: str, language: str, template: str, site: Site, **context: Any
    ) -> EmailMessage:
        """A message of plain text with the headers that all have."""
        message = EmailMessage(policy=POLICY)
        sender = self._settings.mail_from
        user, _, domain = sender.rpartition("@")
        message["From"] = Address(_one_line(site.name), user, domain)
        message["To"] = queued.address
        message["Subject"] = _one_line(subject)[:LONGEST_SUBJECT]
        message["Date"] = format_datetime(queued.made_at)
        message["Message-ID"] = f"<{queued.kind}.{queued.id}.{_microseconds(queued.made_at)}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answers from holidays
        message.set_content(self._render(template, language, site, **context), cte="base64")
        return message

    def _render(self, template: str, language: str, site: Site, **context: Any) -> str:
        known = {"_": _formatting(gettext_of(language)), "language": language, "site_name": site.name}
        limits = {"longest_summary": LONGEST_SUMMARY, "base_url": self._settings.base_url}
        return self._renderer.render(template, **known, **limits, **context)


def language_of(choice: Choice) -> str:
    """The BCP 47 tag of the words of a mail: the script of the articles, if the interface was Chinese."""
    is_chinese = choice.locale.startswith("zh")
    return SCRIPTS[choice.script] if is_chinese and choice.script in SCRIPTS else choice.locale.replace("_", "-")


def _formatting(gettext: Gettext) -> Callable[..., str]:
    def translate(msgid: str, **values: object) -> str:
        return gettext(msgid) % values if values else gettext(msgid)

    return translate


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _as_ascii(name: str) -> str:
    """For the phrase of List-Id (RFC 2919): quoted, or empty if the name has other characters."""
    plain = "".join(c for c in name if c.isascii() and (c.isalnum() or c in " .-"))
    return f'"{plain}"' if plain == name else ""


def _microseconds(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def _bytes(message: EmailMessage, language: str) -> bytes:
    message["Content-Language"] = language  # last, because adding a part moves the fields Content-… into the first
    content = BytesIO()
    BytesGenerator(content, policy=POLICY).flatten(message)
    # The fold before a long address is legal, but some mail programs look for "<" as the first character.
    return content.getvalue().replace(b"List-Unsubscribe:\r\n <", b"List-Unsubscribe: <", 1)
