"""The priority of an export job that a visitor requested."""

from __future__ import annotations

from .. import urls
from ..exports import speech
from ..models import Publication
from .queue_contract import LEAST_BOOK, background_of

USUAL_CHARACTERS = 20_000
"""The length of the HTML of a usual chapter. A longer chapter counts as several, because it takes as long."""


def size_in_chapters(publication: Publication) -> int:
    """The work to export *publication*, as a number of usual chapters; at least its number of chapters."""
    characters = sum(len(chapter.body) for chapter in publication.chapters)
    return max(len(publication.chapters), characters // USUAL_CHARACTERS)


def priority_of(publication: Publication, suffix: str) -> int:
    """The ``background`` of a job that a visitor requested.

    Only an article may have the priority of articles. A selection or search with one article counts as a book, because
    any client can request any number of different ones, and books may fill only a part of the queue. Speech counts as a
    book too, because it can take a minute.
    """
    background = background_of(size_in_chapters(publication))
    is_article = publication.path in (urls.article(publication.name), urls.comments(publication.name))
    return background if is_article and suffix != speech.SUFFIX else max(LEAST_BOOK, background)
