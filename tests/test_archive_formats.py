"""Formats of other programs in the folder: reStructuredText, Org, AsciiDoc, notebooks, Word and OpenDocument files."""

from __future__ import annotations

import base64
import io
import re

import pytest
from PIL import Image
from test_import_documents import DRAWING, open_document, paragraph, word

from reader.formats import read_draft
from reader.models import Draft
from reader.sanitizer import sanitize


def read(suffix: str, text: str) -> Draft:
    return read_draft(suffix, text.encode())


def shown(suffix: str, text: str) -> str:
    """The body as it is published, on one line."""
    return re.sub(r">\s+<", "><", str(sanitize(read(suffix, text).body_html)))


def test_chunks_of_quarto_and_r_markdown_are_code_without_their_options():
    text = '# A\n\n```{r setup, include=FALSE}\nhidden()\n```\n\n```{python}\n#| label: x\nshown()\n```\n\n```{note} Look\nMind *it*.\n```\n\n::: {.callout-tip title="So"}\nDo.\n:::\n'
    html = shown(".qmd", text)
    assert "<pre><code>shown()\n</code></pre>" in html.replace(' class="language-python"', "")
    assert not re.search(r"hidden|label|\{|:::", html)
    assert html.count('<aside class="note">') == 2
    assert "Mind <em>it</em>" in html


def pixels() -> str:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def test_a_word_file_and_an_open_document_in_the_folder_are_articles_with_their_pictures(publish, client, tmp_path):
    body = (
        paragraph("沿河步道开放", "a")
        + paragraph("2018-11-23 10:40 来源：晨报")
        + paragraph("步道全长七公里，沿途设有观鸟亭。")
        + DRAWING
    )
    publish(
        {
            "walk.docx": word(tmp_path / "a.docx", body).read_bytes(),
            "path.odt": open_document(tmp_path / "a.odt").read_bytes(),
        }
    )
    for slug in ("walk", "path"):
        page = client.get(f"/a/{slug}").text
        assert "沿河步道开放" in page
        assert re.search(r'<img [^>]*src="[^"]*/media/', page), slug


def test_a_picture_inside_of_an_article_is_served_and_a_broken_one_costs_only_itself(publish, client, services):
    publish(
        {
            "a.md": f"# 题\n\n正文。\n\n![图](data:image/png;base64,{pixels()})\n\n![坏](data:image/png;base64,AAAA)\n".encode()
        }
    )
    page = client.get("/a/a").text
    assert page.count("<img") == 1
    assert "data:image" not in page.split("<article")[1]
    assert [remark for remark in services.catalog.remarks() if "picture" in str(remark.cause)]


SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100"><rect width="200" height="100" fill="red"/>{}</svg>'
)


def test_an_svg_beside_the_article_is_drawn_and_reads_nothing_outside_of_it(publish, client, settings, tmp_path):
    Image.new("RGB", (9, 9), "blue").save(tmp_path / "secret.png")
    inside = f'<image href="{tmp_path}/secret.png" width="200" height="100"/><script>alert(1)</script>'
    publish({"a.md": "# 题\n\n正文。\n\n![图](a.svg)\n".encode(), "a.svg": SVG.format(inside).encode()})
    page = client.get("/a/a").text
    address = re.search(r'src="(/media/[^"]+\.jpg)"', page)
    assert address
    with client.get(address[1]) as answer, Image.open(io.BytesIO(answer.data)) as drawn:
        assert drawn.width == 720
        red, _, blue = drawn.convert("RGB").getpixel((300, 100))  # type: ignore[misc]
    assert (red > 200, blue < 60) == (True, True)


@pytest.mark.parametrize(
    "bad", [b"<svg", b"<svg xmlns='http://www.w3.org/2000/svg' width='99999' height='9'/>", b"GIF89a"]
)
def test_a_bad_svg_costs_only_itself(publish, client, bad):
    publish({"a.md": "# 题\n\n正文。\n\n![图](a.svg)\n".encode(), "a.svg": bad})
    assert "正文。" in client.get("/a/a").text
    assert "<img" not in client.get("/a/a").text
