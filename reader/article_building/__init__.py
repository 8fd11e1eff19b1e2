"""Builds an Article from a Draft: derives missing fields, and corrects the punctuation of the text.

``to_article`` depends only on the file's content, its path and the settings: all machines build equal articles from the
same file. Dates of the file system are never used, because a clone or a copy changes them. A file without any date
becomes an undated page, with a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath

from ..article_corrections import Correction, latest
from ..chinese import punctuate
from ..i18n import N_, Message
from ..models import UNDATED, Article, Draft, is_dated, local_time
from ..sanitizer import sanitize
from ..sanitizer.url_checks import refused_schemes
from ..settings import Settings
from . import path_metadata, text_metadata
from .body_transforms import transform_body
from .code_highlighting import with_highlighted_code
from .draft_validation import validate

_REFUSED_SCHEME = N_("links that begin with %(scheme)s: are left out, their words stay")
NO_DATE = Message(
    "%(cause)s (%(hint)s)",
    cause=Message("no date: a page that stands last in its section, and in no feed"),
    hint=Message("add published: 2018-11-23 10:40, or move the file into a folder 2018-11-23/"),
)


def to_article(draft: Draft, file: PurePosixPath, settings: Settings) -> Article:
    """The article in *file*, a path relative to the articles folder. Raises UnreadableArticle.

    ``images`` are paths relative to the articles folder: first the pictures of the front matter, then those of the
    body, whose ``src`` is the same path percent-encoded. Pictures of other sites are not in ``images``.

    ::

        article = to_article(read_draft(".md", content), PurePosixPath("2026/rain.md"), settings)
    """
    draft = validate(draft if draft.title else replace(draft, title=path_metadata.title(file, draft.body_html)))
    clean = sanitize(draft.body_html)
    plain = text_metadata.plain_text(clean)
    stated_language = draft.language or path_metadata.language(file)
    language = stated_language or text_metadata.language(draft.title + plain, settings.language)
    body, pictures = transform_body(clean, language, file.parent)
    published = _published(draft, file, clean, plain, settings)
    body = with_highlighted_code(body, language)
    correct_punctuation = punctuate if language.startswith("zh") else _unchanged
    corrections = tuple(
        sorted(_corrections(draft, published, correct_punctuation, settings), key=lambda one: one.at, reverse=True)
    )
    return Article(
        slug=draft.slug or path_metadata.slug(file),
        title=correct_punctuation(draft.title),
        body=body,
        summary=correct_punctuation(draft.summary) or text_metadata.summary(body, language),
        published=published,
        updated=max(_in_site_zone(draft.updated, settings) or published, published, latest(corrections)),
        language=text_metadata.canonical(language),
        kicker=correct_punctuation(draft.kicker),
        subtitle=correct_punctuation(draft.subtitle),
        source=correct_punctuation(draft.source),
        section=tuple(correct_punctuation(name) for name in draft.section or path_metadata.section(file)),
        byline=tuple(correct_punctuation(name) for name in draft.byline),
        editor=correct_punctuation(draft.editor),
        tags=tuple(correct_punctuation(tag) for tag in draft.tags),
        aliases=draft.aliases,
        images=tuple(dict.fromkeys([*_pictures(draft, file.parent), *pictures])),
        corrections=corrections,
        draft=draft.draft,
        top=draft.top,
        comments_closed=draft.comments_closed,
        warnings=(
            *draft.warnings,
            *([NO_DATE] if published == UNDATED and not draft.draft else []),
            *(Message(_REFUSED_SCHEME, scheme=scheme) for scheme in refused_schemes(draft.body_html)),
        ),
        notes=draft.notes,
        paths=draft.paths,
        translation=f"={draft.translation}" if draft.translation else path_metadata.translation(file),
    )


def _unchanged(text: str) -> str:
    return text


def _pictures(draft: Draft, folder: PurePosixPath) -> list[str]:
    return [path for image in draft.images if (path := text_metadata.resolve_within(image, folder))]


def _published(draft: Draft, file: PurePosixPath, clean: str, plain: str, settings: Settings) -> datetime:
    """The date in the front matter, else in the path, else of the last change, else in the text; else UNDATED."""
    zone = settings.timezone
    published = (
        _in_site_zone(draft.published, settings)
        or path_metadata.date(file, zone)
        or _in_site_zone(draft.updated, settings)
    )
    published = published or text_metadata.labelled_date(plain, zone) or text_metadata.date_of_paragraph(clean, zone)
    return published or UNDATED.astimezone(zone)


def _corrections(
    draft: Draft, published: datetime, correct_punctuation: Callable[[str], str], settings: Settings
) -> Iterator[Correction]:
    """The corrections with aware times and corrected punctuation.

    A time of day without a date is on the day of publication, or on the next day if it is before the publication.
    """
    for correction in draft.corrections:
        at = correction.at
        if at.date() == date.min:
            at = datetime.combine(published, at.time(), published.tzinfo)
            at += timedelta(days=at < published)
        yield Correction(
            at if not is_dated(at) else local_time(at, settings.timezone), correct_punctuation(correction.text)
        )


def _in_site_zone(at: datetime | None, settings: Settings) -> datetime | None:
    """*at* in the time zone of the site. A naive time is local to this zone."""
    return at and local_time(at, settings.timezone)
