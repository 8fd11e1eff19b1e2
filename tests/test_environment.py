"""What the environment of a process says that is not meant for Reader."""

from __future__ import annotations

import subprocess
import sys

import pytest
from serving import inherited

from reader.settings import ROOT


@pytest.mark.parametrize(
    "zone", ["", ":", ":/etc/passwd", "/dev/null", ":/nowhere", "Mars/Olympus", "CET-1CEST,M3.5.0"]
)
def test_any_local_time_zone_is_no_error(zone):
    command = [sys.executable, "-m", "reader", "--version"]
    told = subprocess.run(command, cwd=ROOT, env=inherited() | {"TZ": zone}, capture_output=True, text=True, timeout=60)
    assert (told.returncode, told.stderr) == (0, "")
