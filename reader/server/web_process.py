"""A web process: runs the WSGI application in granian on the socket that the main process opened.

It is killed when its parent dies. On SIGTERM it drains: it stops accepting, finishes accepted requests, closes
keep-alive connections, and exits.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import Any
from wsgiref.types import WSGIApplication

from granian._futures import _new_cbscheduler
from granian._granian import SocketHolder, WorkerSignal, WSGIWorker
from granian._loops import loops
from granian.constants import Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels, configure_logging
from granian.wsgi import Response, ResponseIterWrap

from ..app import create_app, takes_body_at
from ..child_process.kept_code import keep_code
from ..library import watcher
from ..library.file_reader_pool import code_fingerprint
from ..services import start_background
from ..settings import Settings
from ..storage.log_formatter import log_uncaught_errors, start_logging
from .cached_responses import CachedResponses, Scope
from .connection_watchdog import ConnectionWatch
from .draining_middleware import (
    FEW_LARGE_RESPONSES,
    LARGE_RESPONSES,
    LINGERING,
    DrainingMiddleware,
    LargeResponse,
    has_body,
)
from .leader_followers import LeaderFollowers
from .listener import BACKLOG, is_unix, silent_listener
from .request_body import SLOTS, WAITING, RequestBodies
from .spawn_web_process import Arguments
from .supervisor import SIGNALS

LOG = logging.getLogger(__name__)

HEADER_SECONDS = 15
"""The timeout for receiving request headers, and for idle keep-alive connections."""

Request = tuple[Any, Scope]
"""granian's protocol object, which sends the response, and its description of the request."""

DRAIN_SECONDS = 3.0
"""The maximum time for which draining waits for keep-alive connections to close. The others are closed by force."""

CONNECTIONS = 1024
"""The maximum number of open connections; others wait in the kernel's queue. An idle one costs a few kilobytes."""

THREADS = SLOTS + WAITING + LINGERING + FEW_LARGE_RESPONSES + 17
"""The maximum number of threads for requests. Up to eleven receive or await a body, two drop one, five wait for an
export, six for a picture, four for a drawing, and five send large responses to forms; two remain. A thread is started
when it is needed and ends when it is idle. One at a time answers from the response cache (``leader_followers.py``)."""

BASIC_ENVIRON = {
    "GATEWAY_INTERFACE": "CGI/1.1",
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "granian",
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,  # werkzeug's key: the input ends where the body ends
    "wsgi.multiprocess": True,
    "wsgi.multithread": True,
    "wsgi.run_once": False,
    "wsgi.version": (1, 0),
}
"""The part of ``environ`` that is the same in all requests. granian's own wrapper would add the environment variables
of the process; ``HTTP_PROXY`` would then look like a header field from the client."""

OTHER_FILES = 216
"""File descriptors reserved for other uses: databases of each thread, logs, pipes."""


def main() -> None:
    parser = argparse.ArgumentParser()
    for one in fields(Arguments):
        parser.add_argument(f"--{one.name}", type=int, default=0)
    code_fingerprint()
    keep_code()
    run(Arguments(**vars(parser.parse_args())))


def run(arguments: Arguments) -> None:
    """Serves until SIGTERM, then ends the process."""
    stop = threading.Event()
    if arguments.parent and os.getppid() != arguments.parent:  # the parent ended before ``end_with_parent``
        sys.exit(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole process group; the main process handles it
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # no connection has been accepted yet
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    start_logging()
    log_uncaught_errors()
    logging.getLogger(watcher.__name__).setLevel(logging.INFO)  # progress of the first indexing
    configure_logging(LogLevels.info, None, True)
    serving = threading.Event()
    services = start_background(Settings.from_environ(), stop, serving)
    app, most = create_app(services), limits()
    bodies = RequestBodies(takes_body_at(app), most.bodies)
    application = DrainingMiddleware(app.wsgi_app, bodies, most.large_responses)
    answer = granian_callback(application, cached_responses_of(app))
    worker = _worker(arguments.listener, arguments.number, most.connections, most.threads)
    watch = ConnectionWatch(_address(arguments.listener), most.connections, bodies.slowest, application.is_crowded)
    serve(application, answer, worker, watch, arguments, serving)
    stop.set()
    os._exit(0)  # skips interpreter shutdown, which is unsafe while daemon threads run in libraries


def serve(
    application: DrainingMiddleware,
    answer: Callable[[Any, Scope], None],
    worker: Any,
    watch: ConnectionWatch,
    arguments: Arguments,
    serving: threading.Event,
) -> None:
    """Serves on ``arguments.listener`` until SIGTERM. Sets *serving* and writes a byte to the pipe when it accepts."""
    stop_requested, stopped = threading.Event(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop_requested.set())
    end = WorkerSignal()
    end.add_cb(stopped.set)
    loop = loops.get(Loops.auto)
    scheduler = _new_cbscheduler(loop, answer, impl_asyncio=True)  # type: ignore[no-untyped-call]
    serve_on = worker.serve_mtr_uds if _is_unix(arguments.listener) else worker.serve_mtr
    serve_on(scheduler, loop, end)
    threading.Thread(target=watch.run, args=(stopped,), name="connections", daemon=True).start()
    os.write(arguments.ready, b"1")
    os.close(arguments.ready)
    serving.set()
    stop_requested.wait()
    drain(application, arguments.listener, watch)
    end.set()
    stopped.wait()


def cached_responses_of(app: Any) -> CachedResponses:
    """The cached responses of the Flask *app*."""
    is_logged = "access_log" in app.extensions
    return CachedResponses(app.wsgi_app, app.extensions["response_cache"], BASIC_ENVIRON, may_prepare=not is_logged)


def granian_callback(application: DrainingMiddleware, cached: CachedResponses) -> Callable[[Any, Scope], None]:
    """The function that granian calls for each request, in one of THREADS.

    A request with a body is answered in the thread that granian called. After that call returns, granian's reading of
    the body may never end, which would block the process.
    """

    def try_answer(request: Request) -> bool:
        protocol, scope = request
        response = None if application.draining else cached.find(scope)
        if response is not None:
            protocol.response_bytes(*response)
        return response is not None

    threads = LeaderFollowers[Request](try_answer, partial(_answer, application))

    def answer(protocol: Any, scope: Scope) -> None:
        if has_body(scope):
            threads.handle_here((protocol, scope))
        else:
            threads.handle((protocol, scope))

    return answer


def _answer(application: WSGIApplication, request: Request) -> None:
    """Runs *application* and sends its response. Logs an error and answers it with 500."""
    protocol, scope = request
    response = Response()  # type: ignore[no-untyped-call]
    try:
        body = application(BASIC_ENVIRON | scope, response)
    except BaseException:
        LOG.exception("a request ended with an error")
        protocol.response_bytes(500, [], b"")
        return
    if isinstance(body, list):
        protocol.response_bytes(response.status, response.headers, b"".join(body))
        return
    rest = ResponseIterWrap(body)  # type: ignore[no-untyped-call]
    send = partial(protocol.response_iter, response.status, response.headers, rest)
    if isinstance(body, LargeResponse) and not has_body(scope):
        _in_own_thread(send)
    else:
        send()


def _in_own_thread(send: Callable[[], object]) -> None:
    """Calls *send* in a new thread, so that a slow client blocks no thread for requests.

    Calls it in this thread if the system permits no more threads.
    """
    try:
        threading.Thread(target=send, name="large response", daemon=True).start()
    except RuntimeError:
        send()


def drain(application: DrainingMiddleware, listener: int, watch: ConnectionWatch) -> None:
    """Stops accepting. Returns when no connection is open, or after DRAIN_SECONDS.

    The listening descriptor is replaced (dup2) by one to which no client connects, so no connection is accepted. The
    socket itself, which other web processes share, does not change.
    """
    silent = silent_listener()
    os.dup2(silent.fileno(), listener)
    application.draining = True
    deadline = time.monotonic() + DRAIN_SECONDS
    time.sleep(0.02)  # then connections that were being accepted are counted, too
    while watch.count() and time.monotonic() < deadline:
        time.sleep(0.02)


@dataclass(frozen=True)
class ConnectionLimits:
    """The maximum numbers of open connections, threads for requests, received bodies and large responses at a time."""

    connections: int
    threads: int = THREADS
    bodies: int = SLOTS
    large_responses: int = LARGE_RESPONSES


def limits() -> ConnectionLimits:
    """The limits that the permitted number of file descriptors (RLIMIT_NOFILE) allows.

    A large response needs a descriptor for its file. Raises the soft limit to the hard limit.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    files = CONNECTIONS + OTHER_FILES if hard == resource.RLIM_INFINITY else hard
    if files >= CONNECTIONS:
        return ConnectionLimits(min(CONNECTIONS, files - OTHER_FILES))
    if files >= 2 * OTHER_FILES:
        return ConnectionLimits(files - OTHER_FILES, large_responses=FEW_LARGE_RESPONSES)
    LOG.warning("only %d file descriptors are allowed (ulimit -n): few visitors can be answered at a time", files)
    return ConnectionLimits(max(4, (files - 40) // 2), threads=2, bodies=1, large_responses=1)


def _worker(listener: int, number: int, connections: int, threads: int) -> Any:
    settings = HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000)
    make_worker: Any = WSGIWorker  # the type stubs of both lack parameters
    hold: Any = SocketHolder
    return make_worker(
        number, (None, hold(listener, _is_unix(listener), BACKLOG)),
        None, 1, 512, threads, 30, connections, "1", settings, None, None,
        False, None, None, None, "1.3", None, [], False, (None, None),
    )  # fmt: skip


def _address(listener: int) -> int | str:
    """The port of a TCP socket, or the path of a UNIX socket."""
    with socket.socket(fileno=os.dup(listener)) as duplicate:
        address: int | str = duplicate.getsockname() if is_unix(duplicate) else duplicate.getsockname()[1]
        return address


def _is_unix(listener: int) -> bool:
    return isinstance(_address(listener), str)


if __name__ == "__main__":
    main()
