"""The contract of each registry, as functions that the registry tests call with an entry."""

from __future__ import annotations

import html
import io
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import lxml.html
import pikepdf
import pymupdf

from reader.errors import UnreadableArticle
from reader.exports import Exporter
from reader.exports.options import options_of
from reader.exports.publications import of_article
from reader.formats import FORMATS, PICTURE_FORMATS
from reader.models import Article, Draft
from reader.services import Services

TEXT_FORMATS = [suffix for suffix in FORMATS if suffix not in PICTURE_FORMATS]
"""Those whose files a person types, with front matter above."""
SPECIMEN = Path(__file__).resolve().parent / "samples" / "specimen.md"
PICTURE = "一座石桥跨过河面"
"""The alternative text of the picture that ``specimen`` adds."""


DATE = b"2026-05-01 06:00"
"""The date in every SAMPLE, as far as the format writes it so."""
ODD_DATES = (
    "", " ", "someday", "2026-99-99", "2026-02-30", "0000-00-00", "0001-01-01", "9999-12-31", "1800-01-01", "03/04/2026",
    "2026-05-01 25:61", "2026-05-01 06:00 CST", "2026-05-01 06:00 +99:99", "2026-05-01 06:00 [Mars/Base]",
    "9" * 400, "二〇二六年十三月四十日", "\u0661\u0662-\u0663", "2026-05-01\x0006:00", "记者高原雪", "---",
)  # fmt: skip
ODD_BYTES = (b"", b"\n", b"\r", b"\x00", b"\x1b", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xe6\x9b", b"---\n", b"...\n", b"# ",
             b"<", b"</p>", b"<!--", b"]]>", b"&#0;", b"&#x110000;", b"{{", b"[", b"*a: &a ", b'"', b"\\", b"\xed\xa0\x80",
             "\u202e".encode(), "\u3000".encode(), b"9" * 50)  # fmt: skip


def with_text(sample: bytes, old: str, new: str) -> bytes:
    """*sample* with *new* in place of *old*, also inside a zip file."""
    if not sample.startswith(b"PK"):
        return sample.replace(old.encode(), new.encode())
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sample)) as source, zipfile.ZipFile(target, "w") as file:
        for name in source.namelist():
            file.writestr(zipfile.ZipInfo(name), source.read(name).replace(old.encode(), new.encode()))
    return target.getvalue()


def odd_files(sample: bytes, seed: str, rounds: int = 300) -> Iterator[bytes]:
    """*sample* with odd dates, cut off at every byte, with lines left out, doubled or swapped, and with odd bytes in it."""
    yield from (sample.replace(DATE, date.encode()) for date in ODD_DATES)
    yield from (sample[:end] for end in range(len(sample)))
    dice, lines = random.Random(seed), sample.splitlines(keepends=True)
    for _ in range(rounds):
        chosen = dice.choices(lines, k=dice.randint(1, len(lines) + 1))
        data = bytearray(b"".join(chosen) if dice.random() < 0.5 else sample)
        for _ in range(dice.randint(1, 4)):
            at = dice.randint(0, len(data))
            data[at : at + dice.choice((0, 0, 1, 8))] = dice.choice(ODD_BYTES)
        yield bytes(data)


def wrong_errors(read: Callable[[bytes], Draft], sample: bytes) -> set[str]:
    """The names of errors other than UnreadableArticle that *read* raises for odd files; empty for a valid format."""
    wrong = set()
    for data in odd_files(sample, "odd"):
        try:
            read(data)
        except UnreadableArticle:
            continue
        except Exception as error:  # noqa: BLE001 what is looked for
            wrong.add(f"{type(error).__name__}: {data[:200]!r}")
    return wrong


def specimen(picture: bytes) -> dict[str, bytes]:
    """The files of an article with every kind of content: the specimen with a picture at its end."""
    text = SPECIMEN.read_text("utf-8").replace("最后一段。", f"最后一段。\n\n![{PICTURE}](bridge.png '图说')\n")
    return {"2026-05-01/specimen.md": text.encode(), "2026-05-01/bridge.png": picture}


def contents(article: Article) -> dict[str, list[str]]:
    """The required content of an export, by kind: headings, link targets, alternative texts, formulas, code, cells."""
    body = lxml.html.fragment_fromstring(str(article.body), create_parent="div")
    links = [link.get("href") for link in body.iter("a") if not link.get("href", "#").startswith("#")]
    return {
        "heading": [heading.text_content() for heading in body.iter("h2", "h3", "h4", "h5", "h6")],
        "link": links,
        "picture": [picture.get("alt") for picture in body.iter("img")],
        "formula": [formula.get("alttext") for formula in body.iter("math")],
        "code": [line for code in body.iter("pre") for line in code.text_content().splitlines()],
        "cell": [cell.text_content() for cell in body.iter("th", "td")],
    }


def missing(exporter: Exporter, article: Article, services: Services) -> list[str]:
    """The content of *article* that is missing from its export: ``cell: 142``. Empty for a valid exporter."""
    page = exporter.PAGES[0] if exporter.PAGES else ""
    content = exporter.export(of_article(article), options_of(services.settings, page, ""), services.render.render)
    text = squeezed(searchable(exporter, content))
    return [
        f"{kind}: {item}" for kind, items in contents(article).items() for item in items if squeezed(item) not in text
    ]


def squeezed(text: str) -> str:
    """*text* without white space, which varies by format, and without entities and Markdown escapes."""
    return re.sub(r"\s|\\(?=[^\w\s])", "", html.unescape(text))


def searchable(exporter: Exporter, content: bytes) -> str:
    """The text, link targets and alternative texts in a file, extracted by its type."""
    if hasattr(exporter, "searchable"):
        return str(exporter.searchable(content))
    if content.startswith(b"%PDF"):
        return "\n".join(_of_pdf(content))
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            texts = [
                file.read(name).decode("utf-8", "ignore") for name in file.namelist() if name.endswith(("html", ".md"))
            ]
        return "\n".join(re.sub(r"</?(?:span|b|i)\b[^>]*>", "", text) for text in texts)
    return re.sub(r"</?span\b[^>]*>", "", content.decode())


def _of_pdf(content: bytes) -> Iterator[str]:
    """The text of each page, the targets of its links, and the alternative texts in the structure tree."""
    with pymupdf.open(stream=content) as file:
        for page in file:
            yield page.get_text()
            yield from (link.get("uri", "") for link in page.get_links())
    with pikepdf.open(io.BytesIO(content)) as file:
        for thing in file.objects:
            if isinstance(thing, pikepdf.Dictionary) and "/Alt" in thing:
                yield f"{thing.Alt}\n{thing.get('/ActualText', '')}"
