"""Child processes: limited memory and time, terminated with their parent, exact error messages."""

from __future__ import annotations

import ctypes
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from dataclasses import fields
from pathlib import Path

import pytest
from waiting import LIMIT_SECONDS, wait_for

from reader.child_process.cpu_time import CpuTimeReached, limited_cpu_time
from reader.child_process.parent import NO_LIMITS, ChildProcess, Limits
from reader.child_process.pool import WarmChildren
from reader.errors import ChildFailed
from reader.settings import ROOT, SECRETS, Settings

PROGRAM = "from reader.child_process.child import answer_lines, prepare\nout = prepare()\n"


def ask_once(command, request, timeout_seconds, limits):
    with ChildProcess(command, limits) as child:
        return child.request(request, timeout_seconds) or ""


def command(answer: str, before: str = "") -> list[str]:
    """A child process that answers each request with the value of *answer*, an expression over ``order``."""
    return [sys.executable, "-c", f"import os, sys, time\n{before}\n{PROGRAM}answer_lines(out, lambda order: {answer})"]


def failure_of(answer: str, limits: Limits = NO_LIMITS, timeout_seconds: float = 60.0) -> ChildFailed:
    with pytest.raises(ChildFailed) as failed:
        ask_once(command(answer), "x", timeout_seconds, limits)
    return failed.value


def test_one_child_answers_many_orders_each_with_a_line():
    with ChildProcess(command("order[::-1]")) as child:
        assert [child.request(order, 60) for order in ("abc", "大雨", "")] == ["cba", "雨大", ""]
        assert child.resident_bytes() > 1_000_000
    assert not child.alive()


@pytest.mark.parametrize("has_credentials", [False, True])
def test_a_child_has_no_secrets_in_its_environment(monkeypatch, has_credentials):
    own = {f"READER_{name.upper()}": f"own-{name}" for name in SECRETS}
    others = {
        "AWS_SECRET_ACCESS_KEY": "other-1",
        "PGPASSWORD": "other-2",
        "OPENAI_API_KEY": "other-3",
        "github_token": "other-4",
        "SMTP_PASS": "other-5",
        "SENTRY_DSN": "other-6",
        "HTTPS_PROXY": "http://user:other-7@proxy.example:3128",
    }
    for name, value in (own | others | {"READER_SITE_NAME": "public", "LANG": "C.UTF-8"}).items():
        monkeypatch.setenv(name, value)
    with ChildProcess(command("order"), Limits(has_credentials=has_credentials)) as child:
        assert child.request("x", 60) == "x"
        environment = Path(f"/proc/{child.pid}/environ").read_text("utf-8")
        dumpable = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)  # PR_GET_DUMPABLE
    assert dumpable == 0, "/proc of this process is open to the child"
    assert not [value for value in own.values() if value in environment]
    assert [value for value in others.values() if value in environment] == [*others.values()] * has_credentials
    assert {"READER_SITE_NAME=public", "LANG=C.UTF-8"} <= set(environment.split("\0"))


def test_settings_for_a_child_have_no_secrets():
    settings = Settings(**dict.fromkeys(SECRETS, "hidden"))
    assert "hidden" not in repr([getattr(settings.without_secrets(), field.name) for field in fields(settings)])


def test_orders_and_answers_larger_than_a_pipe_cross_in_both_directions():
    order = "雨" * 3_000_000
    assert ask_once(command("order * 2"), order, 60, NO_LIMITS) == order * 2


def test_what_a_library_prints_is_no_answer(capfd):
    assert ask_once(command("print('noise') or os.write(1, b'more noise\\n') and 'fine'"), "x", 60, NO_LIMITS) == "fine"
    assert "more noise" in capfd.readouterr().err


def test_wall_time_is_limited():
    failed = failure_of("time.sleep(60)", timeout_seconds=0.5)
    assert (str(failed), failed.limit) == ("timed out after 0.5 s", "time")


@pytest.mark.slow
@pytest.mark.parametrize(("extended", "sleeps", "is_answered"), [(True, 0, True), (False, 0, False), (True, 60, False)])
def test_time_in_which_it_waits_for_a_busy_processor_need_not_count(extended, sleeps, is_answered):
    """Nine processes share one processor: what takes 0.3 s of it takes three seconds, more than the second allowed."""
    cpu = {min(os.sched_getaffinity(0))}
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(8)]
    before = f"os.sched_setaffinity(0, {cpu})\ndef work(until):\n    while time.process_time() < until: pass\n    return 'done'"
    answer = f"'' if not order else (time.sleep({sleeps}) or work(time.process_time() + 0.3))"
    try:
        for process in busy:
            os.sched_setaffinity(process.pid, cpu)
        with ChildProcess(command(answer, before)) as child:
            child.request("", 60)
            if is_answered:
                assert child.request("x", 1, extended=extended) == "done"
            else:
                with pytest.raises(ChildFailed, match="timed out after 1 s"):
                    child.request("x", 1, extended=extended)
    finally:
        for process in busy:
            process.kill()
            process.wait()


def test_a_child_that_writes_half_an_answer_and_hangs_is_timed_out():
    program = "import time; print('half', end='', flush=True); time.sleep(60)"
    with ChildProcess([sys.executable, "-c", program]) as child, pytest.raises(ChildFailed, match="timed out"):
        child.request("x", 0.5)


def test_a_child_that_reads_no_order_is_timed_out():
    with (
        ChildProcess([sys.executable, "-c", "import time; time.sleep(60)"]) as child,
        pytest.raises(ChildFailed, match="timed out"),
    ):
        child.request("x" * 10_000_000, 0.5)


def test_processor_time_is_limited_for_each_order_not_for_the_life_of_the_child():
    busy = "[None for _ in iter(lambda: time.process_time() < float(order), False)] and order"
    with ChildProcess(command(busy), Limits(cpu_seconds=1)) as child:
        assert [child.request(until, 60) for until in ("0.8", "1.6", "2.4")] == ["0.8", "1.6", "2.4"]
        with pytest.raises(ChildFailed) as failed:
            child.request("1000", 60)
    assert (str(failed.value), failed.value.limit) == ("needs more than 1 s of processor time", "time")


@pytest.mark.parametrize(
    "answer",
    [
        "str(len(bytes(10**10)))",
        "sys.stderr.write('memory allocation of 10000000000 bytes failed\\n') and sys.stderr.flush() or os.abort()",
        "[sys.exit('MemoryError')]",
    ],
    ids=["python", "rust", "at exit"],
)
def test_memory_is_limited_and_named_whoever_asks_for_it(answer):
    failed = failure_of(answer, Limits(memory_mb=300))
    assert (str(failed), failed.limit) == ("needs more than 300 MB of memory", "memory")


def test_a_child_that_dies_of_something_else_says_how():
    failed = failure_of("os.kill(os.getpid(), 11)")
    assert (str(failed), failed.limit) == ("the process died (signal 11)", "")
    assert str(failure_of("os._exit(3)")) == "the process died (exit status 3)"


def test_a_child_leaves_no_core_dump_and_is_polite():
    answer = "f'{__import__(\"resource\").getrlimit(4)[0]} {os.nice(0)}'"
    assert resource.RLIMIT_CORE == 4
    assert ask_once(command(answer), "x", 60, Limits(nice=7)) == f"0 {os.nice(0) + 7}"


def test_a_stop_leaves_a_busy_child_at_once():
    stop = threading.Event()
    stop.set()
    with ChildProcess(command("time.sleep(60)")) as child:
        assert child.request("x", 60, stop) is None


def test_a_child_lives_on_when_the_thread_that_started_it_ends():
    made = []
    thread = threading.Thread(target=lambda: made.append(ChildProcess(command("order"))))
    thread.start()
    thread.join()
    with made[0] as child:
        assert child.request("still here", 60) == "still here"


def test_the_programs_that_a_child_started_end_with_it():
    answer = "subprocess.Popen(['sh', '-c', 'sleep 600 & echo $!; wait'], stdout=-1).stdout.readline().decode().strip()"
    with ChildProcess(command(answer, "import subprocess")) as child:
        started = int(child.request("x", 60) or "")
        assert not is_gone(started)
    wait_for(lambda: is_gone(started))


def test_a_busy_child_dies_with_its_parent(tmp_path):
    program = (
        "from reader.child_process.parent import ChildProcess\nimport sys, threading\n"
        f"child = ChildProcess({command('time.sleep(60)')!r})\n"
        "threading.Thread(target=child.request, args=('x', 60), daemon=True).start()\nprint(child.pid, flush=True)\n"
        "threading.Event().wait(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE)
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    try:
        wait_for(lambda: is_gone(child), lambda: "the child lives on")
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise


def test_a_forked_process_can_start_children_of_its_own():
    program = (
        "import os, sys\nfrom reader.child_process.parent import ChildProcess\n"
        f"command = {command('order')!r}\nChildProcess(command).request('parent', 60)\n"
        "if not os.fork():\n    sys.stdout.write(ChildProcess(command).request('forked', 60)); sys.stdout.flush(); os._exit(0)\n"
        "os.wait()"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], cwd=ROOT, capture_output=True, timeout=LIMIT_SECONDS
    )
    assert done.stdout == b"forked"


def test_a_warm_child_is_used_again_and_ended_when_it_has_grown():
    program, children = command("order and 'x' * 0 + order"), WarmChildren(recycle_bytes=200_000_000)
    first = children.take(program, NO_LIMITS)
    children.give_back(first)
    assert children.take(program, NO_LIMITS) is first
    other = children.take(program, NO_LIMITS)
    assert other is not first
    for child in (first, other):
        children.give_back(child)
    children.end_idle(keep=3)  # more than there are
    assert [first.alive(), other.alive()] == [True, True]
    children.end_idle(keep=1)
    assert [first.alive(), other.alive()] == [False, True]
    with children.take(program, Limits(memory_mb=999)) as limited:
        assert limited is not other
    grown = WarmChildren(recycle_bytes=1)
    child = grown.take(program, NO_LIMITS)
    grown.give_back(child)
    assert not child.alive()
    children.end_idle()


def test_a_child_that_was_started_ahead_is_taken_and_only_one_is_started():
    program, children = command("order"), WarmChildren(200_000_000)
    children.start(program, NO_LIMITS)
    (started,) = children._idle
    children.start(program, NO_LIMITS)
    assert children._idle == [started]
    with children.take(program, NO_LIMITS) as taken:
        assert taken is started
        assert taken.request("x", 60) == "x"


def test_children_that_nobody_uses_end_after_a_while_but_one():
    program, children = command("order"), WarmChildren(200_000_000, idle_seconds=0.2, keep=1)
    first, other = children.take(program, NO_LIMITS), children.take(program, NO_LIMITS)
    for child in (first, other):
        children.give_back(child)
    while first.alive():
        time.sleep(0.01)
    time.sleep(0.5)
    assert other.alive()
    children.end_idle()


def test_a_child_that_another_thread_ends_meanwhile_fails_the_request_and_is_not_alive():
    failures: list[BaseException] = []

    def request() -> None:
        try:
            child.request("x", 60)
        except ChildFailed as error:
            failures.append(error)

    with ChildProcess(command("time.sleep(60)")) as child:
        thread = threading.Thread(target=request)
        thread.start()
        child._process.kill()
        child._process.wait()  # as ``end`` does
        assert not child.alive()
        thread.join(60)
    assert len(failures) == 1


def test_a_warm_child_that_was_killed_meanwhile_is_replaced():
    program, children = command("order"), WarmChildren(200_000_000)
    first = children.take(program, NO_LIMITS)
    children.give_back(first)
    os.kill(first.pid, signal.SIGKILL)
    while first.alive():
        time.sleep(0.01)
    with children.take(program, NO_LIMITS) as second:
        assert second.request("x", 60) == "x"


@pytest.mark.parametrize(("kills", "answered"), [(0, True), (1, True), (2, False)])
def test_a_request_is_asked_again_once_if_its_child_is_killed_from_outside(tmp_path, kills, answered):
    tries = tmp_path / "tries"
    counted = f"tries = open({str(tries)!r}, 'a+'); tries.write('x'); tries.flush(); tries.seek(0)"
    die = f"exec({counted!r}, globals()) or (os.kill(os.getpid(), 9) if len(tries.read()) <= {kills} else order)"
    program, children = command(f"order and ({die})"), WarmChildren(200_000_000)
    if answered:
        assert children.request(program, NO_LIMITS, "x", 60) == "x"
    else:
        with pytest.raises(ChildFailed) as failed:
            children.request(program, NO_LIMITS, "x", 60)
        assert failed.value.killed
    assert tries.read_text() == "x" * min(kills + 1, 2)
    children.end_idle()


def test_a_child_that_cannot_start_is_no_fault_of_what_it_was_to_do():
    with pytest.raises(OSError, match="cannot be started"):
        WarmChildren(0).take([sys.executable, "-c", "raise SystemExit(1)"], NO_LIMITS)


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def endless() -> None:
    re.match(r"(a+)+b", "a" * 100)


def test_a_limit_of_processor_time_ends_a_regular_expression_and_nothing_after_it():
    with pytest.raises(CpuTimeReached), limited_cpu_time(0.05):
        endless()
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
    with limited_cpu_time(60):
        assert 59 < signal.getitimer(signal.ITIMER_PROF)[0] < 61


@pytest.mark.parametrize(("outer", "inner"), [(0.05, 60), (60, 0.05)])
def test_of_two_limits_of_processor_time_the_shorter_one_holds(outer, inner):
    ended = []
    with pytest.raises(CpuTimeReached), limited_cpu_time(outer):
        try:
            with limited_cpu_time(inner):
                endless()
        except CpuTimeReached:
            ended.append("inner")
            assert signal.getitimer(signal.ITIMER_PROF)[0] <= outer
            if outer > inner:
                raise
        endless()
    assert ended == ["inner"]
