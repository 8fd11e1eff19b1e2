"""The program of a child that reads article files: decode, parse, sanitize, edit, measure pictures, tokenize.

It opens only regular files within the size limit: reading a FIFO or a device could block.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import logging
import pickle
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from pathlib import PurePosixPath

from ..article_building import to_article
from ..catalog.article_terms import terms_of
from ..child_process.child import answer_lines, prepare
from ..errors import ReaderError, UnreadableArticle
from ..formats import HOLD_PICTURES, dates, read_content
from ..i18n import Message, stored
from ..media.images import without_pictures
from ..media.renditions import link_pictures
from ..models import Article, Problem, local_time
from ..settings import Settings
from ..storage.log_lines import start_logging
from ..storage.regular_files import read_regular
from .article_json import fields_of
from .author_files import look_again, with_names
from .site_reader import read_site

log = logging.getLogger(__name__)

_MOST_TRACEBACKS = 20
"""Of one process: a bug met by thousands of files is logged a few times; each file's problem names it."""
_traceback_numbers = count(1)


def main() -> None:
    answers = prepare()
    start_logging()
    answer_lines(answers, _answer)


def _answer(request: str) -> str:
    """A JSON list: for each path ``{"digest", "article", "words", "keywords"}`` or ``{"digest", "problem"}``.

    The answer to an empty request is an empty line.
    """
    if not request:
        return ""
    asked = json.loads(request)
    settings = _settings(asked["settings"])
    if "site" in asked:
        return json.dumps(read_site(settings, asked["site"]))
    look_again()
    read = (_json(path, read_file(settings, path, pictures=asked["pictures"])) for path in asked["paths"])
    return f"[{','.join(read)}]"


@lru_cache(4)
def _settings(text: str) -> Settings:
    """The parent's settings, pickled by the parent; they contain no user input."""
    return pickle.loads(base64.b64decode(text))  # type: ignore[no-any-return]  # noqa: S301


def read_file(settings: Settings, path: str, *, pictures: bool = True) -> dict[str, object]:
    """The article or the problem of the file *path* (relative to the articles folder), as JSON fields.

    ``may_pass`` is true for an error of the file system that may end without a change of the file.
    """
    try:
        raw = read_regular(settings.articles / path, _limit_bytes(settings, path))
    except OSError as error:
        problem = Problem(path, 0, error.strerror or str(error), _hint(error))
        return _failed("", problem, may_pass=error.errno not in (errno.EFBIG, errno.EINVAL))
    digest = hashlib.sha256(raw).hexdigest()
    try:
        article = _article(settings, path, raw, pictures=pictures)
        return {"digest": digest, "article": fields_of(article), **vars(terms_of(article))}
    except UnreadableArticle as error:
        return _failed(digest, Problem(path, error.line, error.cause, error.hint))
    except ReaderError as error:
        return _failed(digest, Problem(path, 0, error.message))
    except MemoryError:  # ends the process; the parent reports the memory limit
        raise
    except Exception as error:  # a bug in one parser must not stop the other files
        if next(_traceback_numbers) <= _MOST_TRACEBACKS:
            log.exception("%s: bug while reading", path)
        return _failed(digest, Problem(path, 0, *_bug(error)))


def _json(path: str, answer: dict[str, object]) -> str:
    """*answer* in one line; a problem if it holds text that is not valid Unicode, which no database stores."""
    written = json.dumps(answer, ensure_ascii=False)
    try:
        written.encode()
    except UnicodeEncodeError as error:
        return json.dumps(_failed(str(answer["digest"]), Problem(path, 0, *_bug(error))))
    return written


def _article(settings: Settings, path: str, raw: bytes, *, pictures: bool) -> Article:
    file = PurePosixPath(path)
    draft = read_content(file.suffix.lower(), raw, _limit_bytes(settings, path))
    if draft.embargo and local_time(draft.embargo.latest, settings.timezone) > datetime.now(UTC):
        raise UnreadableArticle(
            Message("the date can mean two, and one of them is in the future"), dates.HINT, draft.embargo.line
        )
    draft = replace(draft, byline=with_names(draft.byline, settings.articles, file))
    article = to_article(draft, file, settings)
    return link_pictures(article, file, settings, draft.pictures) if pictures else without_pictures(article)


def _limit_bytes(settings: Settings, path: str) -> int:
    holds_pictures = PurePosixPath(path).suffix.lower() in HOLD_PICTURES
    return (settings.picture_limit_mb if holds_pictures else settings.article_limit_mb) * 1_000_000


def _failed(digest: str, problem: Problem, *, may_pass: bool = False) -> dict[str, object]:
    texts = {"cause": stored(problem.cause), "hint": stored(problem.hint)}
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
