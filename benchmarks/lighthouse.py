"""Lighthouse as a phone on each kind of page of a made-up paper with pictures.

    python benchmarks/lighthouse.py [--quick]

Each page was asked for before, so that its pictures are made. ``--quick`` tests home and an article only. Exits 1 if a
score is below 100. Search and comments ask search engines not to list them (docs/decisions.md), so ``is-crawlable``,
which wants the opposite, is left out for these two; every other audit holds for them too.

The peer is a page of one paragraph without style, script or picture. A performance below 100 is the machine's, and no
failure, only if that of the peer in the same run is as low.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ.setdefault("READER_EXPORTS_AHEAD", "1")  # the default, which tests turn off

from serving import serving  # noqa: E402

from benchmarks.page import CATEGORIES, lighthouse, served  # noqa: E402
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
SETTLE_SECONDS = 10


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
            least = shown("peer", lighthouse(peer, chromium)) | dict.fromkeys(CATEGORIES[1:], 100)
            for name, path in list(PAGES.items())[: 2 if quick else None]:
                scores = shown(name, lighthouse(site + path, chromium, EXCLUDED.get(name, "")))
                failed |= any(scores[category] < least[category] for category in CATEGORIES)
    return int(failed)


def shown(name: str, scores: dict[str, int]) -> dict[str, int]:
    print(f"{name:21} " + "  ".join(f"{category} {score}" for category, score in scores.items()), flush=True)
    return scores


if __name__ == "__main__":
    sys.exit(main())
