"""scripts/setup.sh in a checkout whose path has a space; apt, dpkg and sudo are stubs that record their arguments."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from functools import partial
from pathlib import Path

import pytest
from long_forms import long_form
from waiting import LIMIT_SECONDS, wait_for

ROOT = Path(__file__).resolve().parent.parent
MACHINE_PACKAGES = re.findall(
    r"^(?:serve|test) +(\S+)", (ROOT / "scripts" / "setup.sh").read_text("utf-8").partition("END\n")[0], re.MULTILINE
)
FONTS = ["fonts-noto-core", "fonts-noto-color-emoji", "fonts-nanum"]
SERVE = ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"]


class Machine:
    """A machine as setup.sh sees it: commands that are there, Debian packages that are installed, a user."""

    def __init__(self, folder: Path) -> None:
        self.checkout, self.bin, self.diary = folder / "my reader", folder / "bin", folder / "diary"
        shutil.copytree(ROOT / "scripts", self.checkout / "scripts", ignore=shutil.ignore_patterns("*.py"))
        (self.checkout / "benchmarks").mkdir()
        for name in (
            "requirements.txt",
            "requirements-many.txt",
            "requirements-dev.txt",
            "benchmarks/requirements.txt",
        ):
            (self.checkout / name).touch()
        self.bin.mkdir()
        self.diary.touch()
        self.command("apt-get", f'echo "apt-get $*" >>"{self.diary}"')
        self.command("sudo", f'echo "sudo" >>"{self.diary}"; "$@"')
        self.install(*SERVE, *FONTS)
        self.user(0)

    def command(self, name: str, script: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        path.chmod(0o755)

    def install(self, *packages: str) -> None:
        listed = "".join(f"ii {name}\\n" for name in packages)
        self.command("dpkg-query", f"printf '{listed}'")

    def user(self, number: int) -> None:
        self.command("id", f"echo {number}")

    def setup(self, target: str) -> subprocess.CompletedProcess[str]:
        process = self.begin(target)
        output, errors = process.communicate(timeout=LIMIT_SECONDS)
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def begin(self, target: str) -> subprocess.Popen[str]:
        environment = os.environ | {"PATH": f"{self.bin}:{os.environ['PATH']}"}
        command = ["bash", self.checkout / "scripts" / "setup.sh", target]
        return subprocess.Popen(
            command, env=environment, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # CI may have started us without it
        )  # fmt: skip

    def did(self) -> list[str]:
        """The apt-get and sudo commands since the last call."""
        lines = self.diary.read_text("utf-8").splitlines()
        self.diary.write_text("", "utf-8")
        return lines


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A virtual environment such as setup.sh makes, made once."""
    folder = tmp_path_factory.mktemp("environment") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder


@pytest.fixture
def machine(tmp_path, environment):
    machine = Machine(tmp_path)
    shutil.copytree(environment, machine.checkout / ".venv", symlinks=True, copy_function=os.link)
    return machine


def test_where_nothing_is_missing_nothing_is_asked_for(machine):
    assert machine.setup("serve").returncode == 0
    assert machine.did() == []


def test_only_what_is_missing_is_installed(machine):
    machine.install(*SERVE[1:], *FONTS)
    assert machine.setup("serve").returncode == 0
    assert machine.did() == ["apt-get update -q", f"apt-get install -y -q --no-install-recommends {SERVE[0]}"]


def test_fonts_of_other_scripts_are_installed_and_are_no_reason_to_fail(machine):
    machine.install(*SERVE, FONTS[0])
    assert machine.setup("serve").returncode == 0
    assert machine.did()[-1] == f"apt-get install -y -q --no-install-recommends {FONTS[1]} {FONTS[2]}"
    (machine.checkout / ".venv" / "asked-for-fonts").unlink()
    machine.command("apt-get", "echo 'E: Unable to locate package'; exit 100")
    answer = machine.setup("serve")
    assert (answer.returncode, f"going on without {FONTS[1]} {FONTS[2]}" in answer.stderr) == (0, True)
    assert machine.setup("serve").stderr == ""
    (machine.checkout / ".venv" / "asked-for-fonts").unlink()
    machine.command("sudo", "exit 1")
    machine.user(1000)
    answer = machine.setup("serve")
    assert (answer.returncode, "sudo apt-get install" in answer.stderr) == (0, True)


@pytest.mark.parametrize(("known", "browser"), [(0, "chromium-headless-shell"), (100, "chromium")])
def test_the_browser_without_windows_is_installed_where_apt_knows_it(machine, known, browser):
    machine.command("apt-cache", f"exit {known}")
    machine.command("apt-get", f'echo "$*" >>"{machine.diary}"; [ "$1" = update ]')
    machine.setup("test")
    assert browser in machine.did()[-1].split()


def test_who_interrupts_it_ends_what_it_started(machine):
    machine.install(*SERVE, *FONTS, *MACHINE_PACKAGES)
    started = machine.checkout / "started"
    (machine.checkout / "tests" / "npm").mkdir(parents=True)
    (machine.checkout / "tests" / "npm" / "package.json").write_text("{}", "utf-8")
    machine.command("npm", f'echo $$ >"{started}"; exec sleep {LIMIT_SECONDS}')
    process = machine.begin("test")
    wait_for(lambda: started.exists() and started.read_text("utf-8").strip(), pause=0.1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 130
    sleeping = Path("/proc", started.read_text("utf-8").strip(), "status")
    wait_for(lambda: not sleeping.exists() or "State:\tZ" in sleeping.read_text("utf-8"))


def test_whoever_is_not_root_is_asked_for_sudo(machine):
    machine.install(*SERVE[1:], *FONTS)
    machine.user(1000)
    assert machine.setup("serve").returncode == 0
    assert machine.did()[0] == "sudo"


def test_a_package_that_apt_cannot_install_is_named_with_the_mend(machine):
    machine.install(*SERVE[1:], *FONTS)
    machine.command("apt-get", "echo 'E: Unable to locate package'; exit 100")
    answer = machine.setup("serve")
    assert answer.returncode == 1
    assert "Unable to locate package" in answer.stderr
    assert f"sudo apt-get install --no-install-recommends {SERVE[0]}" in answer.stderr


def test_a_python_package_that_pip_cannot_install_is_named(machine):
    (machine.checkout / "requirements.txt").write_text("./nowhere\n", "utf-8")
    answer = machine.setup("serve")
    assert answer.returncode == 1
    assert "pip could not install requirements.txt" in answer.stderr


def test_uv_installs_for_tests_from_the_index_of_pip_and_pip_where_uv_fails(machine, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    uv = machine.checkout / ".venv" / "bin" / "uv"
    for status in (0, 3):
        uv.write_text(f'#!/bin/sh\necho "$UV_DEFAULT_INDEX $*" >>"{machine.diary}"; exit {status}\n', "utf-8")
        uv.chmod(0o755)
        (machine.checkout / "requirements-dev.txt").write_text(f"# {status}\n./nowhere\n", "utf-8")
        answer = machine.setup("check")
        options = "--requirement requirements-dev.txt --constraint scripts/constraints.txt"
        assert machine.did() == [
            f"https://mirror.example/simple pip install --quiet --python .venv/bin/python {options}"
        ]
        assert answer.returncode == (1 if status else 0)
        assert ("pip could not install requirements-dev.txt" in answer.stderr) is bool(status)


def test_the_second_time_nothing_is_installed_again_until_the_requirements_change(machine):
    assert "installing the Python packages" in machine.setup("serve").stderr
    assert machine.setup("serve").stderr == ""
    (machine.checkout / "requirements.txt").write_text("# one more\n", "utf-8")
    assert "installing the Python packages" in machine.setup("serve").stderr


def test_the_package_is_compiled_though_python_may_not_write_what_it_compiles(machine, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    module = machine.checkout / "reader" / "rain.py"
    module.parent.mkdir()
    module.write_text("WORD = '大雨'\n", "utf-8")
    assert machine.setup("serve").returncode == 0
    (compiled,) = module.parent.glob("__pycache__/rain.*.pyc")
    before = compiled.read_bytes()
    assert machine.setup("serve").returncode == 0
    assert compiled.read_bytes() == before
    module.write_text("WORD = '暴雨之后'\n", "utf-8")
    later = time.time() + 10  # two writes in one tick of the file system's clock have one time
    os.utime(module, (later, later))
    assert machine.setup("serve").returncode == 0
    assert compiled.read_bytes() != before


def test_a_module_that_cannot_be_compiled_does_not_end_the_setup(machine):
    (machine.checkout / "reader").mkdir()
    (machine.checkout / "reader" / "rain.py").write_text("WORD =", "utf-8")
    assert machine.setup("serve").returncode == 0


@long_form
@pytest.mark.parametrize("missing", ["bin/python", "lib/python3*/site-packages/pip-*.dist-info/RECORD"])
def test_a_broken_environment_is_made_anew(machine, missing):
    """Without the RECORD, the run that made it was killed while it installed pip."""
    next((machine.checkout / ".venv").glob(missing)).unlink()
    answer = machine.setup("serve")
    assert answer.returncode == 0, answer.stderr
    assert "making .venv" in answer.stderr
    assert (machine.checkout / ".venv" / "bin" / "python").exists()


def test_an_unknown_target_is_refused_with_the_known_ones(machine):
    answer = machine.setup("server")
    assert answer.returncode == 1
    assert "serve|check|test|bench" in answer.stderr


def test_a_file_whose_hash_is_not_listed_is_not_installed(machine):
    """A wheel that says it is six 1.17.0, but isn't the one that scripts/pin.py saw."""
    wheel = machine.checkout / "six-1.17.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("six.py", "raise SystemExit('not the real one')")
        archive.writestr("six-1.17.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: six\nVersion: 1.17.0\n")
        archive.writestr("six-1.17.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("six-1.17.0.dist-info/RECORD", "")
    requirements = machine.checkout / "requirements.txt"
    requirements.write_text("# six\n", "utf-8")
    made_for = hashlib.sha256(requirements.read_bytes()).hexdigest()
    hashes = machine.checkout / "scripts" / "hashes-serve.txt"
    listed = "0" * 64
    hashes.write_text(f"# Made by scripts/pin.py for {made_for}\n{wheel.as_uri()} --hash=sha256:{listed}\n", "utf-8")
    answer = machine.setup("serve")
    assert answer.returncode == 1
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in answer.stderr
    hashes.write_text(
        hashes.read_text("utf-8").replace(listed, hashlib.sha256(wheel.read_bytes()).hexdigest()), "utf-8"
    )
    assert machine.setup("serve").returncode == 0


def test_hashes_that_were_made_for_other_requirements_are_not_used(machine):
    (machine.checkout / "scripts" / "hashes-serve.txt").write_text(
        "# Made by scripts/pin.py for 0\n./nowhere\n", "utf-8"
    )
    assert machine.setup("serve").returncode == 0
