"""Exports to take away: articles, issues, collections, searches and selections, in every format there is.

A finished file is sent with its length, a strong ETag and byte ranges, so that a download that broke goes on where
it stopped (RFC 9110 13.1.5, 14). One that isn't finished is ordered; a browser waits on a page that refreshes itself
and tells the place in the queue, a program gets 503 and Retry-After. A request waits in here but a moment, and few
do at once: most files are made meanwhile, and the threads that answer pages are few.
"""

from __future__ import annotations

import io
import re
import threading
from contextlib import suppress
from datetime import date
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response, redirect, render_template, request, send_file
from flask_babel import gettext
from werkzeug.wrappers import Response as WerkzeugResponse

from ... import urls
from ...catalog.query_parser import Query, parse
from ...errors import NotFound
from ...exports import EXPORTS, page_of
from ...exports.options import options_of, script_of
from ...exports.publications import (
    MOST_ARTICLES,
    check_count,
    in_chosen_script,
    of_article,
    of_collection,
    of_issue,
    of_selection,
)
from ...jobs.queue import JobStatus
from ...models import Collection, Publication, fingerprint, is_slug
from .. import services
from ..client_limits import client, client_limits
from ..responses import fit_suffix_range

bp = Blueprint("downloads", __name__)

FRESH = "public, max-age=300, stale-while-revalidate=600, stale-if-error=86400"
FOREVER = "public, max-age=31536000, immutable"
SOON_SECONDS = 1
"""When to look again: one PDF takes a tenth of a second, and the queue is short."""

PATIENCE_SECONDS = 2.0
"""How long a request may wait for its file: a PDF takes a tenth of a second, an e-paper some seconds."""

PROGRAM_PATIENCE_SECONDS = 25.0
"""How long a program waits that cannot make sense of 503: most e-readers give up after 30 seconds."""

WAITING = threading.BoundedSemaphore(2)
PROGRAMS_WAITING = threading.BoundedSemaphore(2)
"""Of the threads of one process, so many may wait; ``serve`` gives each process sixteen."""

LIGHT_BYTES = 1_000_000
"""Text formats of so much text are made on the spot: 0.4 to 10 ms for an article of 2,265 characters."""

_TEXTS = frozenset(("txt", "md", "json", "html"))
_E_READER = re.compile(
    r"(?i)koreader|kobo|kindle|pocketbook|librera|moon\+? ?reader|fbreader|aldiko|foliate|readest|thorium|calibre|opds"
    r"|coolreader|crengine|cantook|tolino|onyx|boox|marvin|bookfusion|yomu"
)

SHOWN = frozenset(("application/pdf",))
"""What browsers show by themselves; the rest is saved at once."""

_SUFFIX = f"<any({', '.join(map(repr, EXPORTS))}):suffix>"


@bp.get(f"/a/<slug:slug>.{_SUFFIX}")
def article(slug: str, suffix: str) -> Response:
    return answer_download(of_article(services().catalog.article(slug)), suffix)


@bp.get(f"/d/<day>.{_SUFFIX}")
def issue(day: str, suffix: str) -> Response:
    """``latest`` is the newest issue, under a name that never changes."""
    chosen = services().catalog.latest_day() if day == "latest" else _day(day)
    found = services().catalog.issue(chosen)
    check_count(len(found.teasers))
    articles = services().catalog.articles([teaser.slug for teaser in found.teasers])
    return answer_download(of_issue(found, articles), suffix)


@bp.get(f"/s/<collection:name>.{_SUFFIX}", defaults={"kind": "section"})
@bp.get(f"/t/<collection:name>.{_SUFFIX}", defaults={"kind": "tag"})
@bp.get(f"/by/<collection:name>.{_SUFFIX}", defaults={"kind": "author"})
@bp.get(f"/from/<collection:name>.{_SUFFIX}", defaults={"kind": "source"})
def collection(kind: str, name: str, suffix: str) -> Response:
    chosen = Collection(kind, name)
    check_count(services().catalog.count(chosen))
    teasers = services().catalog.latest(chosen, limit=MOST_ARTICLES)
    return answer_download(of_collection(chosen, services().catalog.articles([t.slug for t in teasers])), suffix)


@bp.get(f"{urls.SEARCH}.{_SUFFIX}")
def found(suffix: str) -> Response:
    """All that ``?q=`` finds, newest first."""
    client_limits().spend("searches", services().settings.searches_per_minute, client())
    query = parse(request.args.get("q", ""))
    articles = services().catalog.articles(slugs_found(query))
    path = f"{urls.SEARCH}?q={quote(query.text, safe='')}"
    return answer_download(of_selection(query.text or gettext("Search"), path, articles), suffix)


def slugs_found(query: Query) -> list[str]:
    """Raises TooLarge as soon as there are more than one file may hold."""
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
    """``?a=<slug>`` once for each article, in the order of the book."""
    slugs = [slug for slug in dict.fromkeys(request.args.getlist("a")) if is_slug(slug)]
    check_count(len(slugs))
    path = "/selection?" + "&".join(f"a={quote(slug)}" for slug in slugs)
    articles = services().catalog.articles(slugs)
    return answer_download(of_selection(gettext("Selection"), path, articles), suffix)


@bp.get(f"/files/<key>/<slug:name>.{_SUFFIX}")
def version(key: str, name: str, suffix: str) -> WerkzeugResponse:
    """One version for ever, while it is kept; after that the stable address has the latest."""
    path = services().export_service.store.find(f"{key}.{suffix}") if is_key(key) else None
    if path is None:
        return redirect(urls.article_file(name, suffix), 302)
    return send(path, path.name, f"{name}.{suffix}", EXPORTS[suffix].MIMETYPE, FOREVER)


def is_key(text: str) -> bool:
    return text.isascii() and text.replace("-", "").isalnum() and text == text.lower()


def answer_download(publication: Publication, suffix: str) -> Response:
    """The finished file, or where it stands. ``?page=`` and ``?script=`` choose among its kinds."""
    page, script = request.args.get("page", ""), request.args.get("script", "")
    export_service = services().export_service
    found: Path | bytes | JobStatus | None = export_service.find(publication, suffix, page, script)
    if found is None and is_light(publication, suffix):
        found = make_now(publication, suffix, page, script)
        if suffix not in _TEXTS:
            found = kept(export_service.key(publication, suffix, page, script), found)
    if found is None:
        client_limits().spend("exports", services().settings.exports_per_minute, client())
        found = open_patiently(publication, suffix, page, script)
    if isinstance(found, JobStatus):
        return show_progress(found, publication)
    key = export_service.key(publication, suffix, page, script)
    mimetype, name = EXPORTS[suffix].MIMETYPE, f"{publication.title}.{suffix}"
    if isinstance(found, bytes):
        changed_at = max((chapter.updated for chapter in publication.chapters), default=None)
        response = send(io.BytesIO(found), key, name, mimetype, FRESH, publication.name)
        response.last_modified = changed_at
        return response
    response = send(found, key, name, mimetype, FRESH, publication.name)
    version_address = urls.version_file(key.removesuffix(f".{suffix}"), publication.name, suffix)
    response.headers["Content-Location"] = version_address
    return response


def is_light(publication: Publication, suffix: str) -> bool:
    """Whether making it costs less than queueing it: little text, or the EPUB of one article, without pictures."""
    chapters = publication.chapters
    if sum(len(chapter.body) for chapter in chapters) > LIGHT_BYTES or any(c.images for c in chapters):
        return False
    return suffix in _TEXTS or (suffix == "epub" and len(chapters) == 1)


def make_now(publication: Publication, suffix: str, page: str, script: str) -> bytes:
    """The file's bytes, the same that a worker process would make. Raises BadOption."""
    options = options_of(services().settings, page_of(suffix, page), script_of(script))
    return EXPORTS[suffix].export(in_chosen_script(publication, script), options, services().render.render)


def kept(key: str, content: bytes) -> Path | bytes:
    """The file in the store; *content* as it is when the disk cannot take it."""
    with suppress(OSError):
        return services().export_service.store.put(key, content)
    return content


def open_patiently(publication: Publication, suffix: str, page: str, script: str) -> Path | JobStatus:
    """The file, or after a moment where it stands; at once if enough requests are waiting already."""
    semaphore, longest = (PROGRAMS_WAITING, PROGRAM_PATIENCE_SECONDS) if is_e_reader() else (WAITING, PATIENCE_SECONDS)
    may_wait = semaphore.acquire(blocking=False)
    try:
        patience_seconds = longest if may_wait else 0
        return services().export_service.get_or_wait(publication, suffix, page, script, patience_seconds)
    finally:
        if may_wait:
            semaphore.release()


def is_e_reader() -> bool:
    """Whether a program asks that wants the book and nothing else, and shows its reader an error for a 503."""
    if _E_READER.search(request.headers.get("User-Agent", "")):
        return True
    accepted = request.headers.get("Accept", "")
    return "application/epub" in accepted and "text/html" not in accepted


def send(
    content: Path | io.BytesIO, key: str, name: str, mimetype: str, cache_control: str, plain_name: str = ""
) -> Response:
    """304, 206 or 200. The store's key is the strong validator: the same key, the same bytes."""
    fit_suffix_range(len(content.getbuffer()) if isinstance(content, io.BytesIO) else content.stat().st_size)
    response = send_file(content, mimetype=mimetype, conditional=True, etag=key, last_modified=None)
    response.headers["Cache-Control"] = cache_control
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Content-Disposition"] = disposition(name, plain_name, mimetype)
    return response


def disposition(name: str, plain_name: str, mimetype: str) -> str:
    """RFC 6266 with RFC 8187: the title for who can read it, an ASCII name for who can't."""
    kind = "inline" if mimetype in SHOWN else "attachment"
    suffix = name.rpartition(".")[2]
    ascii_name = _in_ascii(plain_name or name.rpartition(".")[0])
    safe = "".join(char for char in name if char.isprintable() and char not in '/\\:*?"<>|')
    return f"{kind}; filename=\"{ascii_name}.{suffix}\"; filename*=UTF-8''{quote(safe, safe='')}"


def _in_ascii(name: str) -> str:
    """*name* without what is not ASCII; then with a few digits of its hash, so that two names stay two files."""
    kept = re.sub(r"[^\w.-]+", "-", name.encode("ascii", "ignore").decode()).strip("-_. ")
    return kept if kept == name else f"{kept or 'reader'}-{fingerprint(name)[:6]}"


def show_progress(status: JobStatus, publication: Publication) -> Response:
    """202 and a page that comes back by itself; for programs 503, which tells them to do so."""
    seconds = SOON_SECONDS + status.position // 10
    if not request.accept_mimetypes.accept_html or request.accept_mimetypes.best == "*/*":
        response = Response(gettext("Being generated; try again shortly.") + "\n", 503, mimetype="text/plain")
        response.headers["Retry-After"] = str(seconds)
    else:
        places = {"seconds": seconds, "again": request.full_path.rstrip("?"), "back": publication.path}
        page = render_template("progress.html", title=publication.title, status=status, crumbs=[], **places)
        response = Response(page, 202)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound("issue", text) from None
