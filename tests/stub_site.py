"""A web site on loopback for tests of HTTP clients: the pages are a dict, and requests are recorded."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Page = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""


class _Handler(BaseHTTPRequestHandler):
    pages: dict[str, Page]
    asked: list[tuple[str, dict[str, str]]]

    def do_GET(self) -> None:
        self.asked.append((self.path, dict(self.headers)))
        status, headers, body = self.pages.get(self.path, (404, {}, b"not here"))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def site(pages: dict[str, Page]) -> Iterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """Its URL, and a list to which every request adds (path, headers)."""
    asked: list[tuple[str, dict[str, str]]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OneSite", (_Handler,), {"pages": pages, "asked": asked}))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def html(body: str, encoding: str = "gb18030") -> Page:
    return 200, {"Content-Type": "text/html; charset=gb2312"}, body.encode(encoding)
