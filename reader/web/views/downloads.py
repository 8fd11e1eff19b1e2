"""Downloads of exports: articles, issues, collections, searches and selections, in every format.

A finished file is sent with Content-Length, a strong ETag and byte ranges, so that interrupted downloads can be
resumed (RFC 9110 13.1.5, 14). For a missing file a job is queued. A browser gets a progress page that refreshes
automatically and shows the position in the queue; a program gets 503 with Retry-After. A limited number of requests
waits briefly: most files are finished within that time, but each waiting request blocks a thread.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import partial
from gettext import NullTranslations
from typing import BinaryIO, cast
from urllib.parse import quote

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from ... import urls
from ...catalog import Catalog
from ...catalog.query_parser import Query, parse
from ...chinese.scripts import needs_change
from ...errors import NotFound
from ...exports import EXPORTS, exporter, speech
from ...exports.content_disposition import disposition
from ...exports.options import script_of
from ...exports.publications import (
    MOST_ARTICLES,
    check_count,
    of_article,
    of_collection,
    of_issue,
    of_selection,
    outline_of,
)
from ...i18n import translations
from ...jobs.export_service import address_hash, options_in
from ...jobs.queue_contract import JobStatus
from ...models import Collection, Publication, is_slug
from .. import services
from ..downloads.e_readers import is_e_reader
from ..downloads.exports_in_requests import TEXT_FORMATS, export_now, is_light, store_if_possible
from ..downloads.files_with_comments import commented, has_comments
from ..http_responses.file_responses import file_response, removed
from ..limits.bounded_cache import BoundedCache
from ..limits.rate_limits import WaitingSlots, client, client_limits
from ..pages.localized_templates import render_template
from ..requests.request_context import gettext

bp = Blueprint("downloads", __name__)

FRESH = "public, max-age=300, stale-while-revalidate=600, stale-if-error=86400"
FOREVER = "public, max-age=31536000, immutable"
REFRESH_SECONDS = 1
"""The refresh interval of the progress page."""

PATIENCE_SECONDS = 2.0
"""How long a browser's request waits for its file: a PDF takes 0.1 s, an issue some seconds."""

PROGRAM_PATIENCE_SECONDS = 25.0
"""How long an e-reader's request waits. E-readers show an error for 503; most time out after 30 s."""

BROWSERS_WAITING = WaitingSlots(total=2, per_client=2)
PROGRAMS_WAITING = WaitingSlots(total=3, per_client=2)
"""Limits the threads of a web process that wait for files (number of threads: ``server/web_process.py``)."""

ARTICLES_PER_COST = 10
"""Each ten articles of a book count as one more export: about as much work as the PDF of one article."""

TEXTS_PER_MINUTE = 300
"""The maximum number of exports that are generated during requests of one client. Cached responses do not count."""

MOST_OUTLINES = 200
"""The maximum number of cached publications without texts: at most 200 articles of about 1 KB each."""

LONGEST_KEY = 200
"""Longer than any ``ExportService.key``. A file name of 256 bytes would be an OS error instead of a missing file."""

_SUFFIX, _ANY_SUFFIX = (
    f"<any({', '.join(map(repr, suffixes))}):suffix>" for suffixes in (EXPORTS, (*EXPORTS, speech.SUFFIX))
)


@bp.get(f"/a/<slug:slug>.{_SUFFIX}")
def article(slug: str, suffix: str) -> Response:
    """The file of an article; with ``?comments=1`` including the approved comments.

    Caches must revalidate a file with comments, because a comment may be hidden later.
    """
    found = services().catalog.article(slug)
    if request.args.get("comments") == "1" and has_comments(suffix):
        publication = commented(found)
        response = download_response(publication, suffix)
        if commented(found).version != publication.version:  # a comment was hidden while the request waited
            return redirect_to_same_address()
        if response.status_code in (200, 206, 304):
            response.headers["Cache-Control"] = "public, no-cache"
            response.headers.pop("Last-Modified", None)  # it is the article's
        return response
    return download_response(of_article(found), suffix)


@bp.get(f"/d/<day>.{_SUFFIX}")
def issue(day: str, suffix: str) -> Response:
    """The file of an issue. The day ``latest`` is the newest issue."""
    issue_day = services().catalog.latest_day() if day == "latest" else urls.issue_day(day)
    return bundle_response(partial(_issue, services().catalog, issue_day), issue_day.isoformat(), suffix)


def _issue(catalog: Catalog, day: date) -> Publication:
    found = catalog.issue(day)
    check_count(len(found.teasers))
    return of_issue(found, catalog.articles([teaser.slug for teaser in found.teasers]))


@bp.get(f"/s/<collection:name>.{_SUFFIX}", defaults={"kind": "section"})
@bp.get(f"/t/<collection:name>.{_SUFFIX}", defaults={"kind": "tag"})
@bp.get(f"/by/<collection:name>.{_SUFFIX}", defaults={"kind": "author"})
@bp.get(f"/from/<collection:name>.{_SUFFIX}", defaults={"kind": "source"})
def collection(kind: str, name: str, suffix: str) -> Response:
    listing = Collection(kind, name)
    return bundle_response(partial(_collection, services().catalog, listing), f"{kind} {name}", suffix)


def _collection(catalog: Catalog, listing: Collection) -> Publication:
    check_count(catalog.count(listing))
    teasers = catalog.latest(listing, limit=MOST_ARTICLES)
    return of_collection(listing, catalog.articles([teaser.slug for teaser in teasers]))


def bundle_response(read: Callable[[], Publication], name: str, suffix: str) -> Response:
    """The file of the publication that *read* returns. Caches outlines by *name*, so that a finished file is sent
    without reading its articles again."""
    catalog: Catalog = services().catalog
    key = catalog, catalog.revision, name
    outline = _outlines.get(key)
    if outline is None or (finished := export_in_store(outline, suffix)) is None:
        publication = read()
        _outlines.set(key, outline_of(publication))
        return download_response(publication, suffix)
    return download_response(outline, suffix, finished)


_outlines = BoundedCache[tuple[Catalog, int, str], Publication](MOST_OUTLINES)


def export_in_store(publication: Publication, suffix: str) -> BinaryIO | None:
    """Opens the finished file for ``?page=`` and ``?script=``; None if there is none. Raises BadOption."""
    page, script = requested_options(publication)
    return services().export_service.open(publication, suffix, page, script)


@bp.get(f"{urls.SEARCH}.{_SUFFIX}")
def found(suffix: str) -> Response:
    """The file with all results of ``?q=``, newest first."""
    client_limits().spend("searches", services().settings.searches_per_minute, client())
    query = parse(request.args.get("q", ""))
    articles = services().catalog.articles(slugs_found(query))
    path = f"{urls.SEARCH}?q={quote(query.text, safe='')}"
    return download_response(of_selection(query.text or _site_words().gettext("Search"), path, articles), suffix)


def slugs_found(query: Query) -> list[str]:
    """The slugs of all results. Raises TooLarge for more than MOST_ARTICLES."""
    slugs: list[str] = []
    results = services().catalog.search(query, limit=MOST_ARTICLES)
    while results.hits:
        slugs += [hit.teaser.slug for hit in results.hits]
        check_count(len(slugs))
        if results.more is None:
            break
        results = services().catalog.search(query, limit=MOST_ARTICLES, before=results.more)
    return slugs


@bp.get(f"/selection.{_SUFFIX}")
def selection(suffix: str) -> Response:
    """The file with the articles in repeated ``?a=<slug>``, in this order. Ignores invalid slugs."""
    slugs = [slug for slug in dict.fromkeys(request.args.getlist("a")) if is_slug(slug)]
    check_count(len(slugs))
    path = "/selection?" + "&".join(f"a={quote(slug)}" for slug in slugs)
    articles = services().catalog.articles(slugs)
    return download_response(of_selection(_site_words().gettext("Selection"), path, articles), suffix)


def _site_words() -> NullTranslations:
    """The translations for the site's language. The visitor's is not used, because caches share the file."""
    return translations(services().settings.language)


@bp.get(f"/a/<slug:slug>.{speech.SUFFIX}")
def read_aloud(slug: str) -> Response:
    """The article as speech, if READER_SPEECH is set. Raises NotFound."""
    if not services().settings.speech:
        raise NotFound("article", f"{slug}.{speech.SUFFIX}")
    return download_response(of_article(services().catalog.article(slug)), speech.SUFFIX)


@bp.get(f"/files/<key>/<slug:name>.{_ANY_SUFFIX}")
def version(key: str, name: str, suffix: str) -> WerkzeugResponse:
    """One version of an export, immutable. If it is no longer stored, redirects to the latest one with its options.

    Raises Gone, NotFound or Moved for an article that is no longer published at this address.
    """
    may_be_sent, latest = latest_of(key, name, suffix)
    name_in_store = f"{key}.{suffix}"
    file = services().export_service.store.open(name_in_store) if may_be_sent and is_key(key) else None
    if file is None:
        return redirect(latest + options_in(key, suffix), 302)
    return send(file, name_in_store, f"{name}.{suffix}", exporter(suffix).MIMETYPE, FOREVER)


def latest_of(key: str, name: str, suffix: str) -> tuple[bool, str]:
    """Whether the file with *key* may be sent, and the URL path of its latest version.

    Any version of a published article may be sent, but only the current version of an issue: one of its articles may
    have been withdrawn. Raises Moved, Gone, NotFound.
    """
    catalog: Catalog = services().catalog
    version, *rest = key.split("-")
    if rest[:1] == [address_hash(urls.article(name))]:
        catalog.article(name)
        return True, urls.article_file(name, suffix)
    with suppress(NotFound):
        day = urls.issue_day(name)
        if rest[:1] == [address_hash(urls.issue(day))]:
            return _issue(catalog, day).version == version, urls.issue_file(day, suffix)
    return False, urls.article_file(name, suffix)


def is_key(text: str) -> bool:
    """Whether *text* has the form of an ``ExportService.key`` without suffix."""
    return len(text) <= LONGEST_KEY and text.isascii() and text.replace("-", "").isalnum() and text == text.lower()


def download_response(publication: Publication, suffix: str, finished: BinaryIO | None = None) -> Response:
    """The *finished* file, the generated file, or its progress. ``?page=`` and ``?script=`` select page size and
    script. Raises BadOption, TooManyRequests and the errors of the export service."""
    page, script = requested_options(publication)
    export_service = services().export_service
    found: BinaryIO | bytes | JobStatus | None = finished or export_in_store(publication, suffix)
    if found is None and is_light(publication, suffix):
        client_limits().spend("texts", TEXTS_PER_MINUTE, client())
        found = export_now(publication, suffix, page, script)
        if suffix not in TEXT_FORMATS:
            found = store_if_possible(export_service.key(publication, suffix, page, script), found)
    if found is None:
        cost = 1 + len(publication.chapters) // ARTICLES_PER_COST
        client_limits().spend("exports", services().settings.exports_per_minute, client(), cost)
        revision = services().catalog.revision
        found = wait_for_file(publication, suffix, page, script)
        if services().catalog.revision != revision and not is_current(publication):
            if isinstance(found, io.BufferedIOBase):
                found.close()
            return redirect_to_same_address()
    if isinstance(found, JobStatus):
        return progress_response(found, publication)
    key = export_service.key(publication, suffix, page, script)
    mimetype, name = exporter(suffix).MIMETYPE, f"{publication.title}.{suffix}"
    if isinstance(found, bytes):
        changed_at = max((chapter.updated for chapter in publication.chapters), default=None)
        response = send(io.BytesIO(found), key, name, mimetype, FRESH, publication.name)
        response.last_modified = changed_at
        return response
    response = send(found, key, name, mimetype, FRESH, publication.name)
    if publication.path.startswith(urls.ISSUES) or publication.path == urls.article(publication.name):
        # ``latest_of`` supports only these
        version_address = urls.version_file(key.removesuffix(f".{suffix}"), publication.name, suffix)
        response.headers["Content-Location"] = version_address
    return response


def is_current(publication: Publication) -> bool:
    """Whether all articles of *publication* are still published in the same version."""
    chapters = publication.chapters
    now = services().catalog.articles([chapter.slug for chapter in chapters])
    return [article.version for article in now] == [chapter.version for chapter in chapters]


def redirect_to_same_address() -> Response:
    """Makes the client repeat the request, after an article was changed or withdrawn while the request waited."""
    response = cast("Response", redirect(request.full_path.rstrip("?"), 302))
    response.headers["Cache-Control"] = "no-store"
    return response


def requested_options(publication: Publication) -> tuple[str, str]:
    """``?page=`` and ``?script=``. The script is empty if it changes nothing, so that no file is generated twice.

    Raises BadOption.
    """
    script = script_of(request.args.get("script", ""))
    return request.args.get("page", ""), script if needs_change(publication.language, script) else ""


def wait_for_file(publication: Publication, suffix: str, page: str, script: str) -> BinaryIO | JobStatus:
    """The file, or its job status after the waiting time. Does not wait if too many requests are waiting.

    Requests the file again if it is deleted before it can be opened; raises Busy the second time.
    """
    slots, limit_seconds = (
        (PROGRAMS_WAITING, PROGRAM_PATIENCE_SECONDS) if is_e_reader() else (BROWSERS_WAITING, PATIENCE_SECONDS)
    )
    with slots.acquire(client()) as may_wait:
        patience_seconds = limit_seconds if may_wait else 0
        for seconds in (patience_seconds, 0):
            found = services().export_service.get_or_wait(publication, suffix, page, script, seconds)
            if isinstance(found, JobStatus):
                return found
            with suppress(FileNotFoundError):
                return found.open("rb")
    raise removed()


def send(content: BinaryIO, key: str, name: str, mimetype: str, cache_control: str, plain_name: str = "") -> Response:
    """The file as a 304, 206 or 200 response. *key* identifies the bytes, so it is a strong ETag.

    *name* is the file name for the download; the ASCII name is built from *plain_name*, or from *name* if it is empty.
    """
    response = file_response(content, mimetype, key)
    response.headers["Cache-Control"] = cache_control
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Content-Disposition"] = disposition(name, plain_name, mimetype)
    return response


def progress_response(status: JobStatus, publication: Publication) -> Response:
    """202 with a progress page that refreshes automatically; for programs 503 with Retry-After."""
    seconds = REFRESH_SECONDS + status.position // 10
    if not request.accept_mimetypes.accept_html or request.accept_mimetypes.best == "*/*":
        response = Response(gettext("Being generated; try again shortly.") + "\n", 503, mimetype="text/plain")
        response.headers["Retry-After"] = str(seconds)
    else:
        refresh = {"seconds": seconds, "again": request.full_path.rstrip("?"), "back": publication.path}
        page = render_template("progress.html", title=publication.title, status=status, crumbs=[], **refresh)
        response = Response(page, 202)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
