"""The browser of the tests.

Debian's ``chromium-headless-shell`` is Chromium without its windows: a new page costs a quarter of the processor time.
"""

from __future__ import annotations

import shutil

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), "")
"""Its path. Empty if there is none; ``scripts/setup.sh test`` installs it."""
