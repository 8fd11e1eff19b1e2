"""axe-core finds nothing to object to on any kind of page, in any of the looks."""

from __future__ import annotations

import pytest
from long_forms import LONG
from test_reading import PAGES

from reader.settings import ROOT

AXE = ROOT / "tests" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


EVERYWHERE = tuple(PAGES)
STORIES = ("article", "everything", "preferences")


@pytest.mark.parametrize(
    ("cookie", "contrast", "names"),
    [
        ("light", 4.5, EVERYWHERE),
        ("dark", 4.5, EVERYWHERE if LONG else STORIES),
        ("large", 7, EVERYWHERE if LONG else STORIES),
        ("sepia", 4.5, STORIES),
        ("dark.large", 7, STORIES),
    ],
)
def test_axe_finds_no_violation_on_any_kind_of_page(open_page, cookie, contrast, names):
    """In large print the stricter contrast of WCAG 2.2 1.4.6 is asked for too."""
    whole = {"width": 360, "height": 6000}  # axe takes what the bar covers for lost, though it can be scrolled
    page = open_page("/", cookie=cookie, bypass_csp=True, viewport=whole)
    tags = [*RULES, "wcag2aaa"] if contrast == 7 else RULES
    found = {}
    for name in names:
        page.goto(PAGES[name])
        page.add_script_tag(path=AXE)
        violations = page.evaluate("tags => axe.run({runOnly: tags}).then(r => r.violations)", tags)
        found |= {(name, v["id"]): [n["html"][:120] for n in v["nodes"]][:3] for v in violations}
    assert found == {}
