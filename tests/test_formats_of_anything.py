"""Whatever a file holds, every format reads or refuses it."""

from __future__ import annotations

import contextlib
import random
from pathlib import PurePosixPath

import pytest
from long_forms import pairs

from reader.article_building import to_article
from reader.errors import UnreadableArticle
from reader.formats import FORMATS, LARGEST_BYTES, read_draft
from reader.settings import Settings

ONE_OF_EACH = sorted({known.SUFFIXES[0] for known in FORMATS.values()})


PIECES = [b"---\n", b"title: a\n", b"# a\n", b"\n", b"<p>", b"<", b">", b"&#0;", b"\xff", b"\xe6\x9b\xb2", b"\x00", b"[^1]", b"*", b"`",
          b"|a|\n|-|\n", b"- ", b"> ", b": ", b"&a ", b"*a ", b"[", b"{", b"!!python/object:os.system ", b"<!--", b"-->", b"<html>",
          "（记者".encode(), "来源：".encode(), b"2018-11-23", b"2018-99-99 ", "责任编辑:".encode(), b">>", b"\r", b"\xef\xbb\xbf"]  # fmt: skip


@pytest.mark.parametrize("suffix", ONE_OF_EACH)
def test_any_bytes_are_read_or_refused_and_nothing_breaks(suffix):
    dice = random.Random(suffix)
    for _ in range(600):
        data = b"".join(dice.choices(PIECES, k=dice.randint(1, 14)))
        with contextlib.suppress(UnreadableArticle):
            to_article(read_draft(suffix, data), PurePosixPath("2018-11-23/a.md"), Settings())


PIECES_OF_HEAPS = (
    b"<div>",
    b"> ",
    b"[",
    b"*a ",
    b"- ",
    b"\n\n",
    b"<!--",
    b"|",
    b"a: [",
    b"\xe6\x9b\xb2,",
    b"(",
    b'"\xe6\x9b\xb2',
)


@pytest.mark.slow
@pytest.mark.parametrize(("piece", "suffix"), pairs(PIECES_OF_HEAPS, ONE_OF_EACH, each=3))
def test_a_heap_of_one_thing_takes_no_more_than_moments(suffix, piece):
    data = b"# a\n\n" + piece * (LARGEST_BYTES // 8 // len(piece))
    with contextlib.suppress(UnreadableArticle):
        to_article(read_draft(suffix, data), PurePosixPath("2018-11-23/a.md"), Settings())


def test_a_page_of_a_comment_alone_does_not_end_the_process_that_reads_it(drop, services):
    drop("a.html", "---\ntitle: 甲\n---\n<!-- -->")
    drop("none.html", "<!-- -->")
    drop("2018-01-02/b.md", "# 乙\n\n今天下雨。\n")
    services.library.scan_until_settled()
    assert services.catalog.problems() == []
    assert (services.catalog.count(), services.catalog.article("a").body) == (2, "")
    assert "nothing to publish" in {str(remark.cause) for remark in services.catalog.remarks()}
