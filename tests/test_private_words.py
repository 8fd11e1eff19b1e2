"""No word of a draft or of an article to come stands in any answer that a visitor can ask for."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from flask import url_for
from werkzeug.routing import BuildError

from reader.app import create_app
from reader.services import build_services

SECRET = "机密"
FIELDS = (
    "section: 机密栏目\ntags: [机密标签]\nbyline: 机密记者\nsource: 机密来源\nkicker: 机密引题\nsummary: 机密提要\n"
)
NAMES = ["secret", "later", "old-secret", "old-later", "2026-05-01", "2199-05-01", "zh", "atom.xml"]
VALUES = {
    "suffix": ["txt", "md", "json", "html", "png"],
    "width": [640],
    "digest": ["0" * 16],
    "number": [1],
    "page": [1],
}
QUERIES = ["", "?q=雨", "?a=secret&a=later&a=rain", "?script=hant"]


def addresses(app) -> list[str]:
    """Those of all routes but the desk's, with names of what is not public."""
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "GET" not in rule.methods or rule.rule.startswith("/editor"):
                continue
            names = sorted(rule.arguments)
            for values in itertools.islice(itertools.product(*(VALUES.get(name, NAMES) for name in names)), 40):
                try:
                    found.append(url_for(rule.endpoint, **dict(zip(names, values, strict=True))))
                except (ValueError, BuildError):  # no value of that kind
                    continue
    return sorted(set(found))


@pytest.mark.slow
def test_no_address_shows_a_word_of_what_is_not_public(settings, drop):
    drop(
        "2026-05-01/rain.md", "---\ntitle: 大雨\npublished: 2026-05-01\n---\n\n下雨。[一](secret.md)、[二](later.md)\n"
    )
    draft = (
        f"---\ntitle: 机密题目\npublished: 2026-05-01\n{FIELDS}aliases: [old-secret]\ndraft: true\n---\n\n机密正文。\n"
    )
    drop("2026-05-01/secret.md", draft)
    drop(
        "2026-05-01/later.md",
        draft.replace("draft: true\n", "").replace("2026-05-01", "2199-05-01").replace("old-s", "old-l"),
    )
    app = create_app(
        services := build_services(replace(settings, editor_token="a long secret of the house", comments="open"))
    )
    services.library.scan_all()
    client = app.test_client()
    assert client.get("/a/rain").status_code == 200
    for address in addresses(app):
        for query in QUERIES:
            with client.get(address + query) as answer:
                assert SECRET not in answer.get_data().decode("utf-8", "replace"), address + query
