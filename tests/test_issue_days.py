from __future__ import annotations

from datetime import date

import pytest

from reader.commands.export import publication_of
from reader.urls import parse_day


@pytest.mark.parametrize(
    "text", ["20260501", "2026-W18-5", "2026-5-1", "2026-05-01T00", "２０２６-05-01", "2026-02-30", ""]
)
def test_a_day_is_written_in_one_way_only(text):
    assert parse_day("2026-05-01") == date(2026, 5, 1)
    assert parse_day(text) is None


def test_an_issue_has_one_address(client, publish):
    publish({"2026-05-01/rain.md": "# 雨\n\n今天下雨。"})
    assert client.get("/d/2026-05-01/").status_code == client.get("/d/2026-05-01.txt").status_code == 200
    for address in ("/d/20260501/", "/d/2026-W18-5/", "/d/20260501.txt", "/d/?before=20260501"):
        assert client.get(address).status_code == 404


def test_an_article_that_is_called_like_a_day_can_be_exported(services, publish):
    publish({"20260501.md": '---\ntitle: 雨\nslug: "20260501"\ndate: 2026-05-01\n---\n今天下雨。'})
    assert publication_of(services, ("20260501",)).title == "雨"
