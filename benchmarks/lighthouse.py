"""Lighthouse as a phone on each kind of page of a made-up paper with pictures.

    python benchmarks/lighthouse.py [--quick]

Each page was asked for before, so that its pictures are made. ``--quick`` tests home and an article only. Exits 1 if a
score is below 100. Search and comments ask search engines not to list them (docs/decisions.md), so ``is-crawlable``,
which wants the opposite, is left out for these two; every other audit holds for them too.

The peer is a page of one paragraph without style, script or picture. A performance below 100 is the machine's, and no
failure, only if that of the peer in the same run is as low. A page that is below it is tested twice more, in turn with
the peer, and the medians of three count. The first test begins when the downloads of the newest issue are made: making
them takes two seconds of the processor, and a page that is tested meanwhile loses five points.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ.setdefault("READER_EXPORTS_AHEAD", "1")  # the default, which tests turn off

from serving import serving  # noqa: E402

from benchmarks.page import CATEGORIES, lighthouse, served  # noqa: E402
from reader.jobs.export_service import QUIET_SECONDS  # noqa: E402
from scripts.make_screenshots import SEED, made_up  # noqa: E402

PAGES = {
    "home": "/",
    "article with picture": SEED,
    "section": "/s/%E6%B0%91%E7%94%9F/",
    "issue": "/d/2026-05-01/",
    "search": "/search?q=%E6%BE%9C%E5%B7%9E",
    "comments": f"{SEED}/comments",
    "about": "/about",
}
EXCLUDED = {"search": "is-crawlable", "comments": "is-crawlable"}
"""The audit that a page fails by decision."""
PEER = b"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
PEER += (
    b"<meta name=description content=Peer><title>Peer</title><link rel=icon href=data:,><h1>Peer</h1><p>One paragraph."
)
SETTLE_SECONDS = QUIET_SECONDS + 15


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="home and an article only")
    quick = parser.parse_args().quick
    chromium = next(
        found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))
    )
    failed = False
    with tempfile.TemporaryDirectory() as folder, served({"/": ("text/html; charset=utf-8", PEER)}) as peer:
        settings = replace(made_up(Path(folder)), comments="reviewed")
        with serving(settings) as site:
            for path in PAGES.values():
                urlopen(site + path).read()
            time.sleep(SETTLE_SECONDS)

            def tested(name: str) -> dict[str, int]:
                if name == "peer":
                    return shown(name, lighthouse(peer, chromium)) | dict.fromkeys(CATEGORIES[1:], 100)
                return shown(name, lighthouse(site + PAGES[name], chromium, EXCLUDED.get(name, "")))

            first = tested("peer")
            for name in list(PAGES)[: 2 if quick else None]:
                failed |= not is_as_good(name, first, tested)
    return int(failed)


def is_as_good(name: str, peer: dict[str, int], tested: Callable[[str], dict[str, int]]) -> bool:
    """Whether no score of the page is below that of the peer, at once or by the medians of three tests in turn."""
    pages, peers = [tested(name)], [peer]
    if not below(pages[0], peer):
        return True
    for _ in range(2):
        peers.append(tested("peer"))
        pages.append(tested(name))
    return not below(shown(f"{name}, median", median(pages)), shown("peer, median", median(peers)))


def median(tests: list[dict[str, int]]) -> dict[str, int]:
    return {category: int(statistics.median(test[category] for test in tests)) for category in CATEGORIES}


def below(scores: dict[str, int], least: dict[str, int]) -> bool:
    return any(scores[category] < least[category] for category in CATEGORIES)


def shown(name: str, scores: dict[str, int]) -> dict[str, int]:
    print(f"{name:21} " + "  ".join(f"{category} {score}" for category, score in scores.items()), flush=True)
    return scores


if __name__ == "__main__":
    sys.exit(main())
