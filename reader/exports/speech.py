"""An article as speech, an MP3, by the program in READER_SPEECH. Off unless that is set.

Not one of EXPORTS: sound holds no links and no tables, and only articles have it. ``exporter("mp3")`` finds it, so the
queue, the file cache and downloads treat it as any other export.

No voice comes with Reader. Debian's espeak-ng 1.51 is not fit for Chinese: it reads 银行 as yín xíng, 重庆 as zhòng
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
SAMPLE = b"\xff\xf3"
"""The beginning of a frame of MPEG 2, layer III (ISO 13818-3)."""

ENCODER = ("lame", "--quiet", "-m", "m", "-V", "6", "-", "-")
"""Makes an MP3 of the WAV that most voices write: one channel, some 50 kbit/s."""

MOST_BYTES = 200_000_000
_SILENT = ("pre", "table", "math", "img", "audio", "video", "rt", "rp")
_NOTES = ".//*[contains(@class, 'footnote')]"


def export(publication: Publication, options: Options, render: Render) -> bytes:  # noqa: ARG001 every exporter's
    """Raises ExportFailed with what the program says, or if it writes no sound."""
    texts = (spoken_text(article) for article in publication.chapters)
    return b"".join(_spoken(text, publication.language, options.speech) for text in texts)


def spoken_text(article: Article) -> str:
    """What is read: the title and the text, a paragraph a line; no tables, code, formulas, pictures or notes."""
    root = Body(article.body, "").root
    for element in [*root.iter(*_SILENT), *root.xpath(_NOTES)]:
        if element.getparent() is not None:
            element.drop_tree()
    head = [article.kicker, article.title, article.subtitle]
    return "\n\n".join(filter(None, [*head, *_paragraphs(root)])) + "\n"


def _paragraphs(element: HtmlElement) -> Iterator[str]:
    """The words of each innermost block."""
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
    code = re.sub("[^A-Za-z]", "", language.partition("-")[0])  # the command may be that of a shell
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
    """Whether *content* begins as an MP3 does: with a frame of layer III, or with an ID3 tag before it."""
    return content[:3] == b"ID3" or (len(content) > 1 and content[0] == 0xFF and content[1] & 0xE6 == 0xE2)


def _run(words: Sequence[str], content: bytes) -> bytes:
    """The standard output of a program, which ends with this process and inherits its limits. Raises ExportFailed."""
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
    """It ignores what this process ignores: a stop that reaches all processes must not make the export fail."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
