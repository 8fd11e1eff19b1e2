"""The program of a child process that reads article files: decodes, parses and sanitizes them, builds articles,
measures pictures, and computes search terms.

It opens only regular files within the size limit, because reading a FIFO or a device could block.
"""

from __future__ import annotations

import base64
import errno
import gc
import hashlib
import json
import logging
import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from pathlib import PurePosixPath
from typing import TypeVar

from ..article_building import to_article
from ..catalog.search_terms import terms_of
from ..child_process.child import answer_lines, prepare
from ..errors import NothingToPublish, ReaderError, UnreadableArticle
from ..formats import PICTURE_FORMATS, dates, read_content
from ..i18n import Message, serialize
from ..models import NOTE, Article, Draft, Problem, local_time
from ..settings import Settings
from ..storage.log_formatter import start_logging
from .article_json import fields_of
from .author_files import clear_cache, with_names
from .file_content import read_content_of, with_meta_file

log = logging.getLogger(__name__)

Answer = dict[str, object]
_In = TypeVar("_In")
_Out = TypeVar("_Out")
_MOST_TRACEBACKS = 20
"""The number of tracebacks that one process logs, because a bug can affect thousands of files. The problem of each
file names the error."""
_traceback_numbers = count(1)
_OBJECTS_BETWEEN_COLLECTIONS = 10_000
"""The threshold of the garbage collector. A batch creates few reference cycles; with Python's default of 700 objects,
collections take a twentieth of the time."""


def main() -> None:
    answers = prepare()
    start_logging()
    gc.freeze()  # excludes imported modules from garbage collection
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    answer_lines(answers, _answer)


def _answer(request: str) -> str:
    """The answer to a request: a JSON list with ``{"digest", "article", "words", "keywords"}`` or ``{"digest",
    "problem", "may_pass"}`` for each path; for the site's settings, the result of ``read_site``.

    The answer to an empty request (PING) is an empty line.
    """
    if not request:
        return ""
    arguments = json.loads(request)
    settings = _settings(arguments["settings"])
    if "site" in arguments:
        from .site_reader import read_site

        return json.dumps(read_site(settings, arguments["site"]))
    clear_cache()
    read = read_files(settings, arguments["paths"], pictures=arguments["pictures"])
    return f"[{','.join(map(_json, arguments['paths'], read))}]"


@lru_cache(4)
def _settings(text: str) -> Settings:
    """The settings, pickled by the parent process; they contain no user input."""
    return pickle.loads(base64.b64decode(text))  # type: ignore[no-any-return]  # noqa: S301


_file = lru_cache(100)(PurePosixPath)
"""PurePosixPath with a cache, so that each path of a batch is parsed once."""


def read_file(settings: Settings, path: str, *, pictures: bool = True) -> Answer:
    """Like ``read_files``, for one file."""
    return read_files(settings, [path], pictures=pictures)[0]


def read_files(settings: Settings, paths: list[str], *, pictures: bool = True) -> list[Answer]:
    """The article or the problem of each file (*paths* are relative to the articles folder), as JSON fields.

    All files pass one stage before the next one starts, so that its code stays in the CPU caches. This saves a sixth of
    the time.
    """
    batch = _Batch(settings)
    contents = batch.each(dict.fromkeys(paths, b""), batch.content)
    drafts = batch.each(contents, batch.draft)
    articles = batch.each(drafts, batch.article if pictures else batch.article_without_pictures)
    terms = batch.each(articles, lambda _, article: terms_of(article))
    answers = batch.failed | {
        path: {"digest": batch.digests[path], "article": fields_of(articles[path]), **vars(found)}
        for path, found in terms.items()
    }
    return [answers[path] for path in paths]


class _Batch:
    """The stages of reading. A file that fails in a stage is added to ``failed`` and skips the next stages."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.digests: dict[str, str] = {}
        self.failed: dict[str, Answer] = {}

    def each(self, values: dict[str, _In], stage: Callable[[str, _In], _Out]) -> dict[str, _Out]:
        """The results of ``stage(path, value)`` by path, without the files that fail."""
        results: dict[str, _Out] = {}
        for path, value in values.items():
            try:
                results[path] = stage(path, value)
            except (_NotRead, ReaderError) as error:
                self.failed[path] = _problem(path, self.digests.get(path, ""), error)
            except MemoryError:  # ends the process; the parent reports the memory limit
                raise
            except Exception as error:  # a bug in one parser must not stop the other files
                if next(_traceback_numbers) <= _MOST_TRACEBACKS:
                    log.exception("%s: bug while reading", path)
                self.failed[path] = _failed(self.digests.get(path, ""), Problem(path, 0, *_bug(error)))
        return results

    def content(self, path: str, _: bytes) -> bytes:
        try:
            content = read_content_of(self._settings.articles, path, _limit_bytes(self._settings, path))
        except OSError as error:
            raise _NotRead(error) from error
        content = with_meta_file(self._settings.articles, path, content)
        self.digests[path] = hashlib.sha256(content).hexdigest()
        return content

    def draft(self, path: str, content: bytes) -> Draft:
        file, zone = _file(path), self._settings.timezone
        draft = read_content(file.suffix.lower(), content, _limit_bytes(self._settings, path))
        if draft.embargo and local_time(draft.embargo.latest, zone) > datetime.now(UTC):
            cause = Message("the date isn't sure, and it may be in the future")
            raise UnreadableArticle(cause, dates.HINT, draft.embargo.line)
        byline = with_names(draft.byline, self._settings.articles, file)
        return replace(draft, byline=byline) if byline != draft.byline else draft

    def article(self, path: str, draft: Draft) -> Article:
        file = _file(path)
        article = to_article(draft, file, self._settings)
        return _with_media(article, draft, file, self._settings) if _may_have_media(article, draft) else article

    def article_without_pictures(self, path: str, draft: Draft) -> Article:
        from ..media.images import without_pictures

        return without_pictures(to_article(draft, _file(path), self._settings))


def _may_have_media(article: Article, draft: Draft) -> bool:
    return bool(article.images or draft.pictures) or "<img" in article.body or ' href="./' in article.body


def _with_media(article: Article, draft: Draft, file: PurePosixPath, settings: Settings) -> Article:
    from ..media.renditions import link_pictures  # imports Pillow, a fifth of all imports of this program
    from ..media.sound_and_video import link_media

    return link_media(link_pictures(article, file, settings, draft.pictures), file, settings)


class _NotRead(Exception):
    """An OSError of the article's own file. An OSError of another file is a bug."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


def _problem(path: str, digest: str, error: _NotRead | ReaderError) -> Answer:
    """The answer for a file that failed. ``may_pass`` is true for an error of the file system that may end without a
    change of the file."""
    if isinstance(error, _NotRead):
        cause = error.error
        problem = Problem(path, 0, cause.strerror or str(cause), _hint(cause))
        return _failed("", problem, may_pass=cause.errno not in (errno.EFBIG, errno.EINVAL))
    if isinstance(error, NothingToPublish):
        return _failed(digest, Problem(path, 0, error.cause, error.hint, NOTE))
    if isinstance(error, UnreadableArticle):
        return _failed(digest, Problem(path, error.line, error.cause, error.hint))
    return _failed(digest, Problem(path, 0, error.message))


def _json(path: str, answer: Answer) -> str:
    """*answer* as one line of JSON; a problem if it contains text that is not valid Unicode, which no database
    stores."""
    text = json.dumps(answer, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return json.dumps(_failed(str(answer["digest"]), Problem(path, 0, *_bug(error))))
    return text


def _limit_bytes(settings: Settings, path: str) -> int:
    holds_pictures = _file(path).suffix.lower() in PICTURE_FORMATS
    return (settings.picture_limit_mb if holds_pictures else settings.article_limit_mb) * 1_000_000


def _failed(digest: str, problem: Problem, *, may_pass: bool = False) -> Answer:
    texts = {"cause": serialize(problem.cause), "hint": serialize(problem.hint)}
    return {"digest": digest, "problem": vars(problem) | texts, "may_pass": may_pass}


def _bug(error: Exception) -> tuple[Message, Message]:
    return Message("internal error: %(error)s", error=repr(error)), Message("please report it")


def _hint(error: OSError) -> Message:
    if error.errno == errno.EFBIG:
        return Message(
            "split the file, or raise %(setting)s; to make files of pictures in it: python -m reader import",
            setting="READER_ARTICLE_LIMIT_MB",
        )
    if error.errno == errno.EINVAL:
        return Message("put a regular file in its place, or remove it")
    return Message("make the file readable")


if __name__ == "__main__":
    main()
