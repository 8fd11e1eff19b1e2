"""Two servers, a machine that only makes exports, PostgreSQL and SeaweedFS: any of the three is killed meanwhile."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

from long_forms import long_form
from machines import machine
from sqlalchemy import text
from waiting import wait_for

from reader.state import State

ROUNDS = 9
COUNT_CLAIMS = """
CREATE TABLE claims (key text);
CREATE RULE claim AS ON UPDATE TO export_jobs WHERE NEW.state = 'working' AND OLD.state = 'waiting'
    DO ALSO INSERT INTO claims VALUES (NEW.key)
"""


def claimed(state: State) -> list[str]:
    """The keys of the jobs that were claimed in this round, one for each time."""
    with state.reading() as connection:
        return list(connection.execute(text("SELECT key FROM claims")).scalars())


@long_form
def test_every_order_ends_in_the_same_bytes_on_both_servers_whichever_machine_is_killed(
    settings, s3, empty_postgresql, drop, tmp_path, monkeypatch
):
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    settings = replace(settings, bucket=f"s3://reader/{secrets.token_hex(6)}", database_url=empty_postgresql)
    state = State(empty_postgresql)
    with state.writing() as connection:
        connection.execute(text(COUNT_CLAIMS))
    drop("2026-05-01/begin.md", "# 开始\n\n第一篇。\n")
    with ExitStack() as machines, ThreadPoolExecutor(12) as visitors:
        nodes = [machines.enter_context(machine("serve", settings, tmp_path / n, settings.articles)) for n in "ab"]
        worker = machines.enter_context(machine("work", settings, tmp_path / "work"))
        for node in nodes:
            node.wait_until_it_serves("/a/begin")
        for number in range(ROUNDS + 1):
            files = [f"/a/round{number}-{n}.{kind}" for n in range(2) for kind in ("pdf", "pdf?page=phone")]
            for n in range(2):
                drop(f"2026-05-01/round{number}-{n}.md", f"# 第 {number} 轮之 {n}\n\n" + "路面积水，行人绕行。" * 400)
            for node in nodes:
                node.wait_until_it_serves(f"/a/round{number}-1")
            with state.queueing() as connection:
                connection.execute(text("TRUNCATE claims"))
            asked = [[visitors.submit(node.download, file) for node in nodes] for file in files]
            if number:
                wait_for(lambda: claimed(state))
                victim = [worker, *nodes][number % 3]
                victim.kill()
                victim.start()
            for first, second in asked:
                assert first.result() == second.result()
                assert first.result().startswith(b"%PDF")
            if not number:
                claims = claimed(state)
                assert len(claims) == len(set(claims)) == len(files), "each file is made once"
    state.close()
