"""The installed package: a wheel in a virtual environment, without a checkout.

The libraries come from the environment that runs the tests; only our own package is installed.
"""

from __future__ import annotations

import email
import os
import re
import signal
import subprocess
import sys
import sysconfig
import tarfile
import time
import tomllib
import zipfile
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from long_forms import few
from serving import free_port
from waiting import LIMIT_SECONDS, answers, wait_for

import reader
from reader.settings import ROOT
from reader.templating import Renderer

COMMAND = "reader-server"
IN_THE_PACKAGE = ("templates/**/*.*", "static/**/*.*")
ARTICLE = "---\ntitle: 大雨\npublished: 2026-05-01 06:00\nsection: 河北新闻\n---\n今天下雨，龘靐齉爩。\n"


@pytest.fixture(scope="module")
def dist(tmp_path_factory) -> Path:
    """The folder with the wheel and the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", folder], cwd=ROOT, check=True)
    return folder


@pytest.fixture(scope="module")
def wheel(dist) -> Path:
    return next(dist.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The bin folder of a virtual environment that the wheel was installed into."""
    folder = tmp_path_factory.mktemp("environment") / "cache" / "venv"  # a folder named cache must not matter
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run(pip, check=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return folder / "bin"


@pytest.fixture
def site(tmp_path) -> Path:
    """A folder with nothing but ``articles/`` in it."""
    article = tmp_path / "site" / "articles" / "rain.md"
    article.parent.mkdir(parents=True)
    article.write_text(ARTICLE, "utf-8")
    os.utime(article, (1_700_000_000, 1_700_000_000))
    return tmp_path / "site"


def environment(**more: str) -> dict[str, str]:
    """The environment without variables that refer to the checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("READER_", "PYTHON"))} | more


def run(installed: Path, site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [installed / COMMAND, *arguments]
    return subprocess.run(
        command, cwd=site, env=environment(), capture_output=True, text=True, check=False, timeout=2 * LIMIT_SECONDS
    )


@contextmanager
def serving_installed(command: list[str | Path], site: Path, port: int, **more: str):
    with (site / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=site, env=environment(**more), stdout=log, stderr=log)
    try:
        wait_for(lambda: server.poll() is not None or answers(f"http://127.0.0.1:{port}/healthz"))
        assert server.poll() is None, (site / "log").read_text("utf-8")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def fetch(url: str) -> bytes:
    """The response; repeated while the export is being generated."""
    for _ in range(3000):
        try:
            with urlopen(url) as response:
                if response.status == 200:
                    return response.read()
        except HTTPError as error:
            if error.code != 503:
                raise
        time.sleep(0.1)
    raise TimeoutError(url)


def normal(pin: str) -> str:
    return pin.partition("#")[0].strip().lower().replace("_", "-")


def names_in(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def metadata_of(wheel: Path) -> email.message.Message:
    name = next(name for name in names_in(wheel) if name.endswith(".dist-info/METADATA"))
    return email.message_from_bytes(zipfile.ZipFile(wheel).read(name))


def test_the_wheel_holds_every_file_that_the_checkout_serves_with(wheel):
    wanted = {
        f"reader/{path.relative_to(ROOT)}" for kind in IN_THE_PACKAGE for path in ROOT.glob(kind) if path.is_file()
    }
    inside = (path for path in (ROOT / "reader").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    wanted |= {str(path.relative_to(ROOT)) for path in inside}
    assert "reader/py.typed" in wanted
    assert wanted - names_in(wheel) == set()
    assert {name for name in names_in(wheel) if name.startswith("reader/")} - wanted == set()


def test_the_wheel_says_what_it_is(wheel):
    metadata = metadata_of(wheel)
    assert metadata["Name"] == tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["name"]
    assert metadata["Version"] == reader.__version__
    assert metadata["License-Expression"].startswith("BSD-3-Clause")
    pins = [line for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert {normal(line) for line in metadata.get_all("Requires-Dist")} == {normal(pin) for pin in pins if pin}


def test_the_changelog_and_the_package_agree_on_the_version():
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    versions = re.findall(r"^## \[(.+?)\]", changelog, re.MULTILINE)
    assert versions[0] == "Unreleased"
    assert versions[1:] in ([], [reader.__version__, *versions[2:]])


def test_a_wheel_from_the_sdist_is_the_same(dist, wheel, tmp_path):
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="fully_trusted")  # built by this test
    source = next(tmp_path.iterdir())
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path], cwd=source, check=True)
    again = next(tmp_path.glob("*.whl"))
    assert names_in(again) == names_in(wheel)


def test_the_command_says_its_version(installed, site):
    answer = run(installed, site, "--version")
    assert answer.stdout.strip() == f"{COMMAND} {reader.__version__}", answer.stderr


@pytest.mark.parametrize("suffix", few(["pdf", "epub", "html"]))
def test_an_export_of_the_installed_package_is_the_same_file_as_that_of_the_checkout(installed, site, suffix):
    answer = run(installed, site, "export", "rain", "--format", suffix)
    assert answer.returncode == 0, answer.stderr
    ours = [sys.executable, "-m", "reader", "export", "rain", "--format", suffix, "-o", site / f"ours.{suffix}"]
    settings = {"READER_ARTICLES": str(site / "articles"), "READER_INSTANCE": str(site / "other-instance")}
    subprocess.run(ours, cwd=ROOT, env=environment(**settings), check=True)
    assert (site / f"rain.{suffix}").read_bytes() == (site / f"ours.{suffix}").read_bytes()
    assert (site / "instance").is_dir()  # beside articles/, in the working directory


def test_it_serves_pages_style_and_exports_from_the_folder_where_it_is_started(installed, site):
    build_id = Renderer(ROOT / "templates", ROOT / "static").build_id
    port = free_port()
    command = [installed / COMMAND, "serve", "--workers", "1", "--port", str(port)]
    with serving_installed(command, site, port) as url:
        assert "今天下雨" in fetch(f"{url}/a/rain").decode()
        assert fetch(f"{url}/static/{build_id}/icons/192.png") == (ROOT / "static/icons/192.png").read_bytes()
        pdf = fetch(f"{url}/a/rain.pdf")
        assert fetch(f"{url}/a/rain/card.png").startswith(b"\x89PNG")
    assert pdf.startswith(b"%PDF")
    (site / "rain.pdf").write_bytes(pdf)
    fonts = subprocess.run(["pdffonts", site / "rain.pdf"], capture_output=True, text=True, check=True).stdout
    embedded = [line for line in fonts.splitlines() if re.match(r"[A-Z]{6}\+", line)]
    assert len(embedded) == len(fonts.splitlines()) - 2 > 0, fonts


def test_another_wsgi_server_serves_the_installed_package(installed, site):
    port = free_port()
    command = [
        *(installed / "python", "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "reader.wsgi:app"),
    ]
    with serving_installed(command, site, port) as url:
        assert "今天下雨" in fetch(f"{url}/a/rain").decode()
