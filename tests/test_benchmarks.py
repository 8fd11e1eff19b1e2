"""The benchmarks give every engine the same text. Their figures are not tested here: they depend on the machine."""

from __future__ import annotations

import pytest

from benchmarks import exports


@pytest.mark.parametrize("name", ["seed", "issue"])
def test_peers_of_exports_get_every_paragraph(name):
    html = exports.plain_html(name)
    for article in exports.subject(name).chapters:
        assert article.title in html
        assert html.count("<p>") >= article.body.count("<p>")
