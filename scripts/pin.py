"""Pins the versions that setup installs.

Writes scripts/constraints.txt, the installed versions of indirect requirements, and scripts/hashes-*.txt, the SHA-256
of every file of each version, for all systems and Python versions, with uv.

Run it after a change of a requirements file and ``bash scripts/setup.sh bench``; best with the oldest supported Python,
Debian 12's 3.11.2, because some packages now need 3.11.5.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
FILES = (
    "requirements.txt",
    "requirements-many.txt",
    "requirements-dev.txt",
    "scripts/requirements-fonts.txt",
    "benchmarks/requirements.txt",
)
CONSTRAINTS = ROOT / "scripts" / "constraints.txt"
HASHED = {
    "serve": ("requirements.txt",),
    "test": ("requirements-dev.txt", "requirements.txt", "requirements-many.txt", "scripts/requirements-fonts.txt"),
    "bench": (
        "benchmarks/requirements.txt",
        "requirements-dev.txt",
        "requirements.txt",
        "requirements-many.txt",
        "scripts/requirements-fonts.txt",
    ),
}
"""For each scripts/hashes-<name>.txt its requirements files, including those they refer to."""

HEAD = "# Made by scripts/pin.py: what comes along with the requirements, so that every machine gets the same.\n"


def wanted() -> list[Requirement]:
    """The direct requirements."""
    lines = [line for name in FILES for line in (ROOT / name).read_text("utf-8").splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-r "))]


def brought_along() -> dict[str, str]:
    """Names and versions of the installed indirect requirements, for this machine's Python and system."""
    found: dict[str, str] = {}
    waiting, seen = wanted(), set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if (name, tuple(sorted(requirement.extras))) in seen:
            continue
        seen.add((name, tuple(sorted(requirement.extras))))
        try:
            installed = distribution(name)
        except PackageNotFoundError:  # an extra of a peer, or not for this system
            continue
        found[name] = installed.version
        waiting += [further for further in map(Requirement, installed.requires or ()) if applies(further, requirement)]
    return found


def applies(further: Requirement, asker: Requirement) -> bool:
    marker = further.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in {"", *asker.extras})


def pins() -> dict[str, str]:
    """The installed versions; a package that is not installed, such as a benchmark peer, keeps its pinned version."""
    lines = CONSTRAINTS.read_text("utf-8").splitlines()
    held = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    return {name: version for name, version in held.items() if not is_installed(name)} | brought_along()


def is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def write_hashes(name: str) -> None:
    """The first line contains the hash of the requirements, by which setup.sh detects an outdated file."""
    uv = str(Path(sys.executable).with_name("uv"))
    command = [uv, "pip", "compile", "--quiet", "--universal", "--generate-hashes"]
    options = ["--python-version", "3.11", "--no-header", "--no-annotate", "--constraint", str(CONSTRAINTS)]
    done = subprocess.run([*command, *options, HASHED[name][0]], cwd=ROOT, capture_output=True, text=True, check=True)
    hashes(name).write_text(f"# Made by scripts/pin.py for {fingerprint(name)}\n{done.stdout}", "utf-8")


def hashes(name: str) -> Path:
    return ROOT / "scripts" / f"hashes-{name}.txt"


def fingerprint(name: str) -> str:
    """SHA-256 of the concatenated requirements files."""
    return hashlib.sha256(b"".join((ROOT / file).read_bytes() for file in HASHED[name])).hexdigest()


if __name__ == "__main__":
    CONSTRAINTS.write_text(HEAD + "".join(f"{name}=={version}\n" for name, version in sorted(pins().items())))
    print(f"{CONSTRAINTS.relative_to(ROOT)}: {len(pins())} packages")
    for file_name in HASHED:
        write_hashes(file_name)
        print(f"{hashes(file_name).relative_to(ROOT)}: {hashes(file_name).read_text('utf-8').count('==')} packages")
