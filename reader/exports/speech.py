"""Exports an article as speech in MP3 with the program in READER_SPEECH. Disabled if the setting is empty.

It is not in EXPORTS, because sound has no links and tables, and only articles have it. ``exporter("mp3")`` returns it,
so the queue, the file cache and downloads treat it like any other export.

Reader includes no voice. Debian's espeak-ng 1.51 is unsuitable for Chinese: it reads 银行 as yín xíng, 重庆 as zhòng
qìng and 音乐 as yīn lè (``espeak-ng -v cmn-latn-pinyin -qx``).
"""

from __future__ import annotations

import ctypes
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator, Sequence

from lxml.html import HtmlElement

from ..child_process.child import PR_SET_PDEATHSIG
from ..errors import ExportFailed
from ..i18n import N_, Message
from ..models import Article, Publication
from ..sanitizer.allowlist import BLOCKS
from .body_tree import Body
from .options import Options, Render

SUFFIX = "mp3"
MIMETYPE = "audio/mpeg"
LABEL = N_("Audio")
PAGES: tuple[str, ...] = ()
LINKS_PICTURES = False
IS_LINKED = True
SAMPLE = b"\xff\xf3"
"""The beginning of a frame of MPEG 2, layer III (ISO 13818-3)."""

ENCODER = ("lame", "--quiet", "-m", "m", "-V", "6", "-", "-")
"""The program that converts WAV, the output of most text-to-speech programs, to MP3: one channel, about 50 kbit/s."""

MOST_BYTES = 200_000_000
_SILENT = ("pre", "table", "math", "img", "audio", "video", "rt", "rp")
_NOTES = ".//*[contains(@class, 'footnote')]"


def export(publication: Publication, options: Options, render: Render) -> bytes:  # noqa: ARG001 every exporter's
    """The MP3 of all chapters. Raises ExportFailed with the program's error message, or if it writes no sound."""
    texts = (spoken_text(article) for article in publication.chapters)
    return b"".join(_spoken(text, publication.language, options.speech) for text in texts)


def spoken_text(article: Article) -> str:
    """The text for the program: the title and the paragraphs, separated by empty lines, without tables, code, formulas,
    pictures and notes."""
    root = Body(article.body, "").root
    for element in [*root.iter(*_SILENT), *root.xpath(_NOTES)]:
        if element.getparent() is not None:
            element.drop_tree()
    head = [article.kicker, article.title, article.subtitle]
    return "\n\n".join(filter(None, [*head, *_paragraphs(root)])) + "\n"


def _paragraphs(element: HtmlElement) -> Iterator[str]:
    """The text of each innermost block; may be empty."""
    words = element.text or ""
    for child in element:
        if child.tag in BLOCKS:
            yield " ".join(words.split())
            yield from _paragraphs(child)
            words = child.tail or ""
        else:
            words += child.text_content() + ("\n" if child.tag == "br" else "") + (child.tail or "")
    yield " ".join(words.split())


def _spoken(text: str, language: str, command: str) -> bytes:
    """The MP3 of *text*. ``{language}`` in *command* is the first part of the language tag, such as ``zh``."""
    code = re.sub("[^A-Za-z]", "", language.partition("-")[0])  # letters only: the command may run a shell
    words = [word.replace("{language}", code) for word in shlex.split(command)]
    if not words:
        raise ExportFailed(SUFFIX, Message("READER_SPEECH is not set"))
    sound = _run(words, text.encode())
    if sound[:4] == b"RIFF":
        sound = _run(ENCODER, sound)
    if not is_mp3(sound):
        raise ExportFailed(SUFFIX, Message("%(program)s wrote neither MP3 nor WAV", program=words[0]))
    return sound


def is_mp3(content: bytes) -> bool:
    """Whether *content* begins with a frame of MPEG layer III, or with an ID3 tag."""
    return content[:3] == b"ID3" or (len(content) > 1 and content[0] == 0xFF and content[1] & 0xE6 == 0xE2)


def _run(words: Sequence[str], content: bytes) -> bytes:
    """The standard output of a program with *content* as its input. The program ends with this process and inherits its
    limits. Raises ExportFailed."""
    try:
        done = subprocess.run(  # noqa: S603 the operator's own command
            words, input=content, capture_output=True, check=False, preexec_fn=_end_with_parent
        )
    except OSError as error:
        raise ExportFailed(words[0], error.strerror or str(error)) from error
    if done.returncode or len(done.stdout) > MOST_BYTES:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ExportFailed(words[0], lines[-1][:200] if lines else f"exit status {done.returncode}")
    return done.stdout


def _end_with_parent() -> None:
    """Makes the kernel kill the program when this process ends. The program inherits ignored signals, so that a stop of
    all processes does not make the export fail."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
