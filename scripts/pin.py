"""Writes scripts/constraints.txt: the version of every package that our requirements bring along, as installed here.

Run it after a change of a requirements file and ``bash scripts/setup.sh bench``; best on the oldest Python that is to
be served, Debian 12's 3.11.2, since some packages want 3.11.5 by now.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
FILES = ("requirements.txt", "requirements-dev.txt", "scripts/requirements-fonts.txt", "benchmarks/requirements.txt")
CONSTRAINTS = ROOT / "scripts" / "constraints.txt"
HEAD = "# Made by scripts/pin.py: what comes along with the requirements, so that every machine gets the same.\n"


def wanted() -> list[Requirement]:
    """What the requirements files ask for by name."""
    lines = [line for name in FILES for line in (ROOT / name).read_text("utf-8").splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-r "))]


def brought_along() -> dict[str, str]:
    """Name and version of everything installed here because of them; for this machine's Python and system."""
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
        except PackageNotFoundError:  # an extra of a peer, or not for this machine
            continue
        found[name] = installed.version
        waiting += [further for further in map(Requirement, installed.requires or ()) if applies(further, requirement)]
    return found


def applies(further: Requirement, asker: Requirement) -> bool:
    marker = further.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in {"", *asker.extras})


def pins() -> dict[str, str]:
    """What is installed here; what isn't, such as the peers of the benchmarks, keeps the version it was held to."""
    lines = CONSTRAINTS.read_text("utf-8").splitlines()
    held = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    return {name: version for name, version in held.items() if not is_installed(name)} | brought_along()


def is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


if __name__ == "__main__":
    CONSTRAINTS.write_text(HEAD + "".join(f"{name}=={version}\n" for name, version in sorted(pins().items())))
    print(f"{CONSTRAINTS.relative_to(ROOT)}: {len(pins())} packages")
