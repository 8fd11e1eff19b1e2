"""A process is killed at any moment while it saves an article: the file is the old one or the new one, and whole, and
what was told to be saved is there."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time

from long_forms import LONG
from serving import inherited

from reader.editing.article_files import digest_of, find_file, replace_file
from reader.settings import ROOT, Settings

KILLS = 60 if LONG else 4

PROGRAM = """
import sys
from pathlib import Path
from faults.test_desk_kills import save, settings_in

settings, version = settings_in(Path(sys.argv[1])), int(sys.argv[2])
while True:
    version += 1
    save(settings, version)
    print(version, flush=True)
"""


def settings_in(folder) -> Settings:
    return Settings(articles=folder / "articles", instance=folder / "instance")


def text_of(version: int) -> bytes:
    return (f"---\ntitle: 第{version}版\n---\n\n" + f"第{version}版的正文。\n" * 200).encode()


def save(settings: Settings, version: int) -> None:
    file = find_file(settings, "rain.md")
    replace_file(settings, file, digest_of(file.real_path.read_bytes()), text_of(version))


def test_a_kill_at_any_moment_loses_no_saved_article_and_leaves_no_half_one(tmp_path):
    settings, chance, saved = settings_in(tmp_path), random.Random(7), 0
    settings.articles.mkdir()
    file = settings.articles / "rain.md"
    file.write_bytes(text_of(0))
    environment = inherited() | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    for _ in range(KILLS):
        command = [sys.executable, "-c", PROGRAM, str(tmp_path), str(saved)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            told = process.stdout.readline()
            time.sleep(chance.uniform(0, 0.05))
            process.kill()
            told = (told + process.stdout.read()).split("\n")
        saved = int(told[-2])
        present = file.read_bytes()
        assert present in (text_of(saved), text_of(saved + 1))
        saved += present != text_of(saved)
    save(settings, saved + 1)
    assert file.read_bytes() == text_of(saved + 1)
