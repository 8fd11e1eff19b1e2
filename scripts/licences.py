"""Writes docs/licences.md: the licence of every package that is installed with Reader, from its metadata.

Run ``.venv/bin/python scripts/licences.py`` after a change of requirements. A test compares the page with the
installed packages, and rejects licences that are not in ``ALLOWED``.
"""

from __future__ import annotations

import re
from email.message import Message
from importlib.metadata import distribution
from pathlib import Path
from typing import cast

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "licences.md"
HEAD = """# Licences

Reader itself is under the [BSD-3-Clause licence](../LICENSE). Its fonts are under the SIL Open Font License 1.1 and,
for the monospaced face, the Bitstream Vera licence; both texts lie beside them in `reader/exports/fonts/`.
Its list of Chinese words, `reader/chinese/words.txt`, is taken from jieba, under the MIT licence
(`WORDS-LICENCE.txt` beside it).

One package, libzim, is under the GPL 3 or later; only `export --all -o library.zim` loads it. Whoever passes on Reader
together with it passes on the whole under the GPL 3.

What is installed with it, as each package's own metadata states. `scripts/licences.py` writes this page.

| package | licence |
|---|---|
"""
ALLOWED = re.compile(
    r"(BSD|MIT|Apache|PSF|Python|ISC|MPL|HPND|LGPL|GPL-3|GPLv3|GNU General Public License v3|GNU Lesser|ZPL|Zope|CC0"
    r"|Unlicense|Public Domain|0BSD|Mozilla)",
    re.IGNORECASE,
)
"""Licences that allow Reader to be used, changed and redistributed."""
_MIT = "The above copyright notice and this permission notice shall be included in all copies or substantial portions"


def needed() -> list[str]:
    """The names of all distributions that requirements.txt installs, directly or indirectly."""
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    waiting = [Requirement(line) for line in lines if line and not line.startswith("#")]
    found: set[str] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found:
            continue
        found.add(name)
        waiting += [further for further in map(Requirement, distribution(name).requires or ()) if applies(further)]
    return sorted(found)


def applies(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def licence_of(name: str) -> str:
    """The SPDX expression, else the classifiers, the first line of the licence field, or the text of the licence."""
    metadata = cast("Message", distribution(name).metadata)
    if expression := metadata.get("License-Expression"):
        return str(expression)
    classifiers = [c.rpartition(" :: ")[2] for c in metadata.get_all("Classifier") or () if c.startswith("License ::")]
    named = [c for c in classifiers if c != "OSI Approved"]
    return " / ".join(named) or str(metadata.get("License") or _by_text(name)).strip().splitlines()[0]


def _by_text(name: str) -> str:
    """MIT by its own words, which no other licence has; of any other text nothing is guessed."""
    files = [file for file in distribution(name).files or () if file.name.upper().startswith("LICENSE")]
    texts = (" ".join(file.read_text().split()) for file in files)
    return "MIT License" if any(_MIT in text for text in texts) else "unknown"


def page() -> str:
    return HEAD + "".join(f"| {name} | {licence_of(name)} |\n" for name in needed())


def refused() -> dict[str, str]:
    """Packages whose licence is unknown or not in ALLOWED."""
    licences = {name: licence_of(name) for name in needed()}
    return {name: licence for name, licence in licences.items() if not ALLOWED.search(licence)}


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {len(needed())} packages")
    for refused_name, its_licence in refused().items():
        print(f"{refused_name}: {its_licence}: not among the allowed licences")
