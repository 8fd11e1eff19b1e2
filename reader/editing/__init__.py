"""A draft becomes an article: missing fields are derived, and the text gets the punctuation of print.

A pure function of the content of the file, its path and the settings: two machines make the same article from the
same file. The date never comes from the file system, because copying or cloning changes its times. A file without
any date is an error that says where to add one.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath

from ..chinese import punctuate
from ..models import Article, Draft, local_time
from ..sanitizer import sanitize
from ..settings import Settings
from . import derived
from .body import set_body
from .values import checked


def to_article(draft: Draft, file: PurePosixPath, settings: Settings) -> Article:
    """The article in *file*, a path relative to the articles folder. Raises UnreadableArticle.

    ``images`` are paths relative to the articles folder, first those of the front matter, then those of the body, whose
    ``src`` is the same path percent-encoded. External pictures keep their URL and are not among them.
    """
    draft = checked(draft)
    clean = sanitize(draft.body_html)
    plain = derived.plain_text(clean)
    language = draft.language or derived.language(draft.title + plain, settings.language)
    body, pictures = set_body(clean, language, file.parent)
    published = _local(draft.published, settings) or derived.date_in(file, settings.timezone)
    setter = punctuate if language.startswith("zh") else _as_is
    return Article(
        slug=draft.slug or derived.slug(file),
        title=setter(draft.title),
        body=body,
        summary=setter(draft.summary) or derived.summary(body, language),
        published=published,
        updated=max(_local(draft.updated, settings) or published, published),
        language=derived.canonical(language),
        kicker=setter(draft.kicker),
        subtitle=setter(draft.subtitle),
        source=setter(draft.source),
        section=tuple(setter(name) for name in draft.section),
        byline=tuple(setter(name) for name in draft.byline),
        editor=setter(draft.editor),
        tags=tuple(setter(tag) for tag in draft.tags),
        aliases=draft.aliases,
        images=tuple(dict.fromkeys([*_pictures(draft, file.parent), *pictures])),
        draft=draft.draft,
        warnings=draft.warnings,
    )


def _as_is(text: str) -> str:
    return text


def _pictures(draft: Draft, folder: PurePosixPath) -> list[str]:
    return [path for image in draft.images if (path := derived.resolve_within(image, folder))]


def _local(moment: datetime | None, settings: Settings) -> datetime | None:
    """In the time zone of the site; a naive time is taken to be in it already."""
    return moment and local_time(moment, settings.timezone)
