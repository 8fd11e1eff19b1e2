"""An empty or wrong articles folder is not taken for a new site, though nothing in instance/ tells of the old one."""

from __future__ import annotations

import json

from faults.running import Server, running, wait_for

PATHS = ("/", "/a/rain", "/feed.json", "/search?q=x")


def test_an_empty_folder_and_a_lost_instance_folder_are_no_new_site(tmp_path):
    server = Server(tmp_path, workers=1, environment={"READER_LEAST_ARTICLES": "2", "READER_SCAN_SECONDS": "0.5"})
    try:
        server.begin()
        wait_for(lambda: server.status("/healthz") == 503, server)
        reason = json.loads(server.get("/healthz")[1])["reason"]
        assert "READER_LEAST_ARTICLES" in reason
        assert [server.status(path) for path in PATHS] == [503] * 4
        server.publish("rain")
        assert "holds 0 article files" in server.log
        server.publish("sun")  # it is mounted at last
        wait_for(server.answers, server)
        assert [server.status(path) for path in PATHS] == [200] * 4
        (tmp_path / "articles" / "sun.md").unlink()  # with a filled catalog it does not count
        wait_for(lambda: server.status("/a/sun") == 410, server)
        assert server.status("/healthz") == 200
    finally:
        server.stop()


def test_a_folder_that_is_made_at_the_start_is_named_in_the_log(tmp_path):
    wrong = tmp_path / "artikels"
    server = Server(tmp_path, environment={"READER_ARTICLES": str(wrong)})
    with running(server):
        assert wrong.is_dir()
        assert server.log.count(f"{wrong} did not exist and was created") == 1
