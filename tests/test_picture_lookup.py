"""A picture is found wherever the tools of the world keep it, never outside; a bad one never costs the article."""

from __future__ import annotations

import io
import unicodedata

import pytest
from PIL import Image


def png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("written", "lies_at"),
    [
        ("a.png", "2026-05-01/a.png"),
        ("a.png", "2026-05-01/rain/a.png"),
        ("a.png", "2026-05-01/rain.assets/a.png"),
        ("rain/a.png", "2026-05-01/rain/a.png"),
        ("/images/a.png", "static/images/a.png"),
        ("/images/a.png", "source/images/a.png"),
        ("/images/a.png", "public/images/a.png"),
        ("/a.png", "assets/a.png"),
        ("/images/a.png", "2026-05-01/images/a.png"),
        ("../images/a.png", "images/a.png"),
        ("../../../images/a.png", "images/a.png"),
        ("a.png", "attachments/a.png"),
        ("a b.png", "2026-05-01/a b.png"),
        ("a#1.png", "2026-05-01/a#1.png"),
        ("a?b.png", "2026-05-01/a?b.png"),
        ("50%.png", "2026-05-01/50%.png"),
        ("a%20b.png", "2026-05-01/a%20b.png"),
        ("a(1).png", "2026-05-01/a(1).png"),
        ("a[1].png", "2026-05-01/a[1].png"),
        ("img\\a.png", "2026-05-01/img/a.png"),
        ("A.PNG", "2026-05-01/a.png"),
        ("é.png", f"2026-05-01/{unicodedata.normalize('NFD', 'é')}.png"),
        (unicodedata.normalize("NFD", "é.png"), "2026-05-01/é.png"),
        ("a.png?raw=true", "2026-05-01/a.png"),
    ],
)
def test_a_picture_is_found_where_it_lies(services, publish, written, lies_at):
    publish({lies_at: png(), "2026-05-01/rain.md": f"# 大雨\n\n文。\n\n![图]({written})\n"})
    article = services.catalog.article("rain")
    assert 'src="/media/' in article.body, article.body
    assert len(article.images) == 1


@pytest.mark.parametrize("bad", ["no.png", "../../secret.png", "bad.png", "pic.svg", "a\u0001.png", "x" * 300 + ".png"])
def test_an_article_is_published_without_its_bad_picture(services, publish, settings, bad):
    settings.articles.parent.mkdir(exist_ok=True)
    (settings.articles.parent / "secret.png").write_bytes(png())
    files = {"2026-05-01/bad.png": b"no picture", "2026-05-01/pic.svg": b"<svg"}
    publish({**files, "2026-05-01/rain.md": f"---\nimages: [{bad!r}]\n---\n# 大雨\n\n前。\n\n![]({bad})\n\n后。\n"})
    article = services.catalog.article("rain")
    assert (article.body, article.images) == ("<p>前。</p><p>后。</p>", ())
