"""A real nginx, for tests: ``with nginx(configuration, folder, url)``."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path

from waiting import LIMIT_SECONDS, wait_for

from reader.settings import ROOT

UNPACKED = ROOT / ".venv" / "debian" / "usr" / "sbin"
"""Where scripts/setup.sh puts it if none is installed."""

NGINX = shutil.which("nginx", path=f"/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin:{UNPACKED}")
AROUND = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/reader.conf;
}}
"""


@contextmanager
def nginx(configuration: str, folder: Path, url: str) -> Iterator[None]:
    """Runs with *configuration*, what stands within ``http``; begins when *url* answers. Its files are in *folder*."""
    (folder / "reader.conf").write_text(configuration, "utf-8")
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder), "utf-8")
    process = subprocess.Popen([NGINX, "-e", folder / "error.log", "-p", folder, "-c", folder / "nginx.conf"])
    try:
        _wait_until_it_answers(url, process)
        yield
    finally:
        process.terminate()
        process.wait(LIMIT_SECONDS)


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    def holds() -> bool:
        assert process.poll() is None, "nginx did not start"
        try:
            return bool(ask(url))
        except OSError:
            return False

    wait_for(holds, lambda: f"no answer from {url}", 0.05)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: object) -> None:
        return None


def ask(url: str, body: bytes | None = None, **headers: str) -> tuple[int, Message, bytes]:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=trusting), NoRedirect)
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, headers=fields)
    try:
        with opener.open(request, timeout=LIMIT_SECONDS) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.headers, answer.read()
