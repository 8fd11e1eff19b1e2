"""Every command, address and setting that the README and the reference pages name works on the shipped articles.

The tests read the tables. A new row is tested by itself if it is made of known parts; if not, the test says which
part it can't fill in, and where to add it in this file.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import fields, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from documentation import LANGUAGES, code_blocks, code_spans, commands_in, table_rows, text_of_documents
from exported_site import assert_whole
from lxml import html
from PIL import Image
from serving import free_port, inherited, serving

from reader import cli
from reader.app import create_app
from reader.comments import acceptance
from reader.errors import BadSetting
from reader.exports import EXPORTS
from reader.feeds import FEEDS
from reader.services import build_services
from reader.settings import ROOT, Settings

SEED = "quzhou-zhengxie"
EDITOR_TOKEN = "a-long-enough-secret"
TODAY = "2026-11-20"

# --- what stands in for the words of the tables ------------------------------------------------------------------

PLACEHOLDERS = {"SLUG": SEED, "DATE": TODAY, "SOURCE…": "pasted.txt", "FILE": "backup.zip", "…": ""}
"""Words in capitals that a command is shown with, and what the tests put in their place."""

NOT_RUN = {
    r"python -m reader work": "tests/cluster/test_shared_exports.py runs it with PostgreSQL and a bucket",
    r"make \w+.*": "tests/test_setup.py tests what they install; this run is one of them",
    r"pipx install .*|uv tool install .*|pip install .*": "they fetch every library; tests/test_package.py installs the wheel",
    r"reader-server .*|gunicorn reader\.wsgi:app": "tests/test_package.py runs it in an environment with the wheel",
    r"git clone .*|cd .*|sudo apt.*|apt .*": "it prepares the machine",
    r"\.venv/bin/python -m reader": "the same as python -m reader, which is run",
}
"""Commands that no test here runs, as patterns, with the reason."""

INDEXNOW_KEY = "0123456789abcdef"

PARTS: dict[str, tuple[str, ...]] = {
    "<key>": (INDEXNOW_KEY,),
    "<slug>": (SEED, "没网也能读"),
    "<section path>": ("使用指南",),
    "<tag>": ("排版",),
    "<author>": ("高峰",),
    "<source>": ("曲周县政协",),
    "<day>": ("2018-11-23",),
    "<suffix>": tuple(EXPORTS),
    "<feed>": tuple(FEEDS),
    "<number>": ("1",),
    "<year>-<month>-<day>": (TODAY,),
    "<year>-<month>": ("2026-11",),
    "<words>": ("离线",),
    "<name>": ("about",),
}
"""What the variables of an address stand for; ``site`` brings those that depend on the articles up to date."""

QUERIES = {"/search.": "?q=离线", "/search/": "?q=离线", "/selection.": f"?a={SEED}", "/opds/search": "?q=离线"}
"""Addresses, by their beginning, that need a query to answer."""

QUERIES_SHOWN = {
    "/editor/comments/feed": ("/editor/comments", r"/editor/comments/feed\?key=[\w.-]+"),
    "/editor/article": ("/editor", r"/editor/article\?path=[\w.%/-]+"),
}
"""Addresses whose query a page of the desk shows."""

SAMPLES = {
    "database_url": "sqlite:////nowhere/reader/state.sqlite3",  # pages need no state
    "bucket": "s3://news-files",
    "redis_url": "redis://127.0.0.1:1",  # refuses, so each process counts by itself
    "base_url": "https://news.example",
    "site_name": "曲周新闻",
    "language": "en",
    "timezone": "America/New_York",
    "feed_authority": "news.example,2026-01",
    "websub_hub": "https://hub.example/",
    "editor_token": "a-long-enough-secret",
    "access_log": "access.jsonl",
    "speech": "espeak-ng -v {language} --stdin --stdout",
    "hosts": "localhost,news.example",
    "trusted_proxies": "127.0.0.2",
    "metrics_allow": "127.0.0.2",
    "least_articles": "1",
    "comments": "open",
    "comments_close_days": "30",
    "comment_words": str(ROOT / "LICENSE"),
    "smtp_url": "smtp://127.0.0.1:1",
    "mail_from": "news@news.example",
    "mail_bounces": "bounces@news.example",
    "webmention": "both",
    "indexnow_key": INDEXNOW_KEY,
}
"""A valid value for each setting of text, and for zero; other numbers, switches and folders get theirs by type."""

NEEDED = {"smtp_url": {"READER_MAIL_FROM": "news@news.example", "READER_BASE_URL": "https://news.example"}}
"""Other settings that a setting needs."""


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    """A folder with the shipped articles, and one more that has a picture, a tag and a reporter."""
    folder = tmp_path_factory.mktemp("library")
    shutil.copytree(ROOT / "articles", folder / "articles")
    Image.new("RGB", (900, 600), "red").save(folder / "articles" / "2026-11-20" / "street.png")
    (folder / "articles" / "2026-11-20" / "street.mp3").write_bytes(b"ID3" + bytes(500))
    (folder / "articles" / "2026-11-20" / "street.md").write_text(
        "---\ntitle: 街道\nsection: 使用指南\ntags: [排版]\nbyline: 记者高峰\nsource: 曲周县政协\n---\n![街道](street.png)\n\n<audio src=street.mp3></audio>\n",
        "utf-8",
    )
    comment = {
        "id": "1",
        "rid": "0",
        "content": "写得好。",
        "nick": "张三",
        "page_key": f"/a/{SEED}",
        "is_pending": "false",
    }
    (folder / "artalk.json").write_text(json.dumps([comment | {"created_at": "2018-11-23 10:40:00 +0800"}]), "utf-8")
    (folder / "pasted.txt").write_text(
        "大雨如期而至\n\n2026-05-01 06:00\n\n今天下雨。明天也下雨，后天还下雨。\n", "utf-8"
    )
    let_settle(folder)
    return folder


def let_settle(folder: Path) -> None:
    """Gives every file an old modification time."""
    for path in folder.rglob("*.*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))


@pytest.fixture(scope="module")
def environment(library) -> dict[str, str]:
    chosen = {"READER_ARTICLES": str(library / "articles"), "READER_INSTANCE": str(library / "instance")}
    return inherited() | chosen | {"PYTHONPATH": str(ROOT), "READER_BASE_URL": "https://news.example"}


@pytest.fixture(scope="module")
def site(library):
    """A client over the shipped articles and the example of a site's own pages; the editor is open, exports are awaited."""
    articles = library / "site-articles"
    shutil.copytree(library / "articles", articles)
    shutil.copytree(ROOT / "docs" / "examples" / "site", articles / "_site")
    for n in range(25):  # enough for a piece of the feeds' history; commands run without them: each is seven exports
        text = f"---\ntitle: 第{n}篇\nsection: 本站\n---\n第{n}篇。\n"
        (articles / "2026-11-16" / f"n{n}.md").write_text(text, "utf-8")
    let_settle(articles)
    settings = Settings(articles, library / "site-instance", editor_token=EDITOR_TOKEN, comments="open")
    settings = replace(
        settings,
        smtp_url="smtp://127.0.0.1:1",
        speech=SAMPLES["speech"],
        mail_from="news@news.example",
        base_url="http://localhost",
        webmention="receive",
        indexnow_key=INDEXNOW_KEY,
    )
    services = build_services(settings)
    services.library.scan_all()
    stop = threading.Event()
    pool = threading.Thread(target=services.export_service.run_workers, args=(stop,), daemon=True)
    pool.start()
    site = Site(create_app(services))
    site.comment()
    yield site
    stop.set()
    pool.join()
    services.state.close()


class Site:
    def __init__(self, app) -> None:
        self.client, self.services = app.test_client(), app.extensions["reader"]

    def get(self, address: str):
        for _ in range(3000):
            response = self.client.get(address, follow_redirects=True, buffered=True)
            if response.status_code not in (202, 503):
                return response
            time.sleep(0.1)
        raise TimeoutError(address)

    def comment(self) -> None:
        """A visitor writes below the seed article, and an editor logs in."""
        address = f"/a/{SEED}/comments"
        [form] = [form for form in html.fromstring(self.get(address).text).forms if form.method == "POST"]
        time.sleep(acceptance.LEAST_SECONDS + 0.1)
        written = dict(form.fields) | {"name": "张三", "text": "写得好。"}
        assert self.client.post(address, data=written).status_code == 303
        assert self.client.post("/editor/login", data={"token": EDITOR_TOKEN}).status_code == 303

    def parts(self) -> dict[str, tuple[str, ...]]:
        """PARTS, and what only this site knows: keys of files and pictures."""
        location = self.get(f"/a/{SEED}.epub").headers["Content-Location"]
        picture = re.search(r"/media/([\w-]+)\.(\w+)", self.get("/a/street").text)
        sound = re.search(r"/media/[\w-]+\.mp3", self.get("/a/street").text)
        return PARTS | {
            "/files/<key>/<slug>.<suffix>": (location,),
            "/media/<digest>-<width>.<suffix>": (picture[0],),
            "/media/<digest>-<bytes>.<suffix>": (sound[0],),
            "/media/<digest>-thumbnail.<suffix>": (re.sub(r"-\d+\.\w+$", "-thumbnail.avif", picture[0]),),
            "/static/…": (f"/static/{self.services.render.build_id}/icons/192.png",),
            "/search?q=…": ("/search?q=离线",),
            "/a/<slug>/comments/<number>": (f"/a/{SEED}/comments/1",),
        }


# --- commands ----------------------------------------------------------------------------------------------------


def commands(language: str) -> list[str]:
    """Every command line of the README, as it stands there: in tables, and in code blocks."""
    text = text_of_documents(language)
    packaged = (ROOT / "docs" / ("package.zh.md" if language == "zh" else "package.md")).read_text("utf-8")
    spans = [span for row in table_rows(text) for span in sorted(code_spans(row[0]))]
    typed = [span for span in spans if span.startswith(("python -m", "make ", "reader-server"))]
    shell = [line for line in [*commands_in(text), *commands_in(packaged)] if is_command(line, text + packaged)]
    return list(dict.fromkeys([*typed, *shell]))


def is_command(line: str, text: str) -> bool:
    """Whether a line of a code block is typed into a shell: front matter begins with three dashes, a picture with ``![``."""
    block = next(block for block in code_blocks(text) if line in block)
    return not block.startswith(("---", "!["))


def reason_not_to_run(command: str) -> str:
    return next((reason for pattern, reason in NOT_RUN.items() if re.fullmatch(pattern, command)), "")


def filled(command: str) -> list[str]:
    """The words to run. Fails with what to do if one of them stands for something unknown."""
    words = [PLACEHOLDERS.get(word, word) for word in shlex.split(command)]
    unknown = [word for word in words if re.fullmatch(r"[A-Z_]{2,}…?", word) or "…" in word]
    assert not unknown, f"`{command}`: say in PLACEHOLDERS of tests/test_readme.py what {unknown} stands for"
    return [word for word in words if word]


@pytest.mark.parametrize("command", list(dict.fromkeys(line for language in LANGUAGES for line in commands(language))))
def test_every_command_runs_on_the_shipped_articles(command, library, environment):
    if reason_not_to_run(command):
        return
    words = filled(command)
    if words[3:5] == ["comments", "import"]:
        words[5] = "artalk.json"
    if words[:3] == ["python", "-m", "reader"]:
        words[0] = sys.executable
        run_or_serve(words, library, environment)
    elif words[0] in SERVERS:
        answers_at(SERVERS[words[0]](words), library)
    else:
        pytest.fail(f"`{command}`: tests/test_readme.py can't run it; add it to SERVERS, or to NOT_RUN with the reason")


SERVERS = {
    "granian": lambda words: [*words, "--host", "127.0.0.1", "--port", "{port}"],
    "gunicorn": lambda words: [*words, "--bind", "127.0.0.1:{port}"],
    "flask": lambda words: [*words, "--port", "{port}"],
}
"""How each WSGI server is told where to listen."""


def run_or_serve(words: list[str], library: Path, environment: dict[str, str]) -> None:
    if words[3] == "serve":
        answers_at([*words, "--workers", "1", "--port", "{port}"], library)
        return
    if words[3] == "restore":  # onto another machine
        run_or_serve([*words[:3], "backup", words[4]], library, environment)
        place = library / f"restored-{free_port()}"
        places = {f"READER_{name.upper()}": str(place / name) for name in ("articles", "instance")}
        environment = environment | places | {"READER_DATABASE_URL": ""}
    answer = subprocess.run(
        words, cwd=library, env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "Traceback" not in answer.stderr
    if "-o" in words:
        assert_whole(library / words[words.index("-o") + 1], library / "articles", "news.example")


def answers_at(command: list[str], library: Path) -> None:
    """The server starts, and shows the seed article."""
    import urllib.request

    words = command if command[0] == sys.executable else [sys.executable, "-m", *command]
    settings = Settings(library / "articles", library / f"instance-{free_port()}")
    with serving(settings, words) as url, urllib.request.urlopen(f"{url}/a/{SEED}") as response:
        assert response.status == 200
        assert "曲周县政协" in response.read().decode()


def test_each_reason_not_to_run_a_command_is_needed():
    named = {line for language in LANGUAGES for line in commands(language)}
    known = [pattern for pattern in NOT_RUN if any(re.fullmatch(pattern, line) for line in named)]
    assert {r"make \w+.*", r"reader-server .*|gunicorn reader\.wsgi:app"} <= set(known)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_option_beside_a_command_is_one_of_its_options(language, runner):
    for first, *rest in table_rows(text_of_documents(language)):
        match = re.match(r"`python -m reader (\w+)", first)
        if match:
            known = runner.invoke(cli.main, [match[1], "--help"]).output
            named = [span.split()[0] for span in code_spans(" ".join(rest)) if span.startswith("-") and span != "-"]
            assert [option for option in named if option not in known] == [], first


# --- addresses ---------------------------------------------------------------------------------------------------


def addresses(language: str) -> list[str]:
    """What the first cells of the table of addresses name."""
    rows = table_rows(text_of_documents(language))
    return [span for row in rows for span in re.findall(r"`(/[^`]*)`", row[0])]


def instances(address: str, parts: dict[str, tuple[str, ...]]) -> list[str]:
    """The address with each of its variables filled in, in every way there is."""
    for variable, values in parts.items():
        if variable in address:
            return [one for value in values for one in instances(address.replace(variable, value), parts)]
    unknown = re.findall(r"<[^>]*>|…", address)
    assert not unknown, f"`{address}`: say in PARTS of tests/test_readme.py what {unknown} stands for"
    query = next((query for start, query in QUERIES.items() if address.startswith(start) and "?" not in address), "")
    return [address + query]


@pytest.mark.parametrize("address", list(dict.fromkeys(a for language in LANGUAGES for a in addresses(language))))
def test_every_address_answers_on_the_shipped_articles(address, site):
    parts = dict(sorted(site.parts().items(), key=lambda item: -len(item[0])))
    if address in QUERIES_SHOWN:
        place, pattern = QUERIES_SHOWN[address]
        address = re.search(pattern, site.get(place).text)[0]
    for instance in instances(address, parts):
        response = site.get(instance)
        assert response.status_code == 200, f"{instance}: {response.status}"
        assert response.data, instance


def test_both_languages_name_the_same_addresses():
    assert {re.sub(r"<[^>]*>", "<>", a) for a in addresses("en")} == {
        re.sub(r"<[^>]*>", "<>", a) for a in addresses("zh")
    }


# --- settings ----------------------------------------------------------------------------------------------------


def sample(name: str, default: object, folder: Path) -> str:
    """A valid value that is not the default, as it stands in the environment."""
    if name in SAMPLES:
        return SAMPLES[name]
    if isinstance(default, bool):
        return str(int(not default))
    if isinstance(default, int | float):
        return f"{default * 2:g}"
    if isinstance(default, Path):
        return str(folder / "elsewhere")
    return pytest.fail(f"READER_{name.upper()}: add a valid value to SAMPLES of tests/test_readme.py")


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda setting: setting.name)
def test_every_setting_takes_another_value_and_the_site_shows_with_it(setting, library, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:1")  # of READER_BUCKET; refuses
    chosen = {"READER_ARTICLES": str(library / "articles"), "READER_INSTANCE": str(tmp_path / "instance")}
    name = f"READER_{setting.name.upper()}"
    chosen[name] = sample(setting.name, setting.default, tmp_path)
    chosen |= NEEDED.get(setting.name, {})
    if setting.name == "access_log":
        chosen[name] = str(tmp_path / chosen[name])
    if setting.name == "articles":
        shutil.copytree(library / "articles", chosen[name])
    settings = Settings.from_environ(chosen)
    assert getattr(settings, setting.name) != setting.default
    services = build_services(settings)
    services.library.scan_all()
    client = create_app(services).test_client()
    assert "曲周县政协" in client.get(f"/a/{SEED}").text
    if setting.name in VISIBLE:
        address, word = VISIBLE[setting.name]
        answer = client.get(address, headers={"Accept-Language": ""})
        assert answer.status_code == 200
        assert word in answer.text
    if setting.name == "access_log":
        assert SEED in Path(chosen[name]).read_text("utf-8")
    if setting.name == "instance":
        assert any(Path(chosen[name]).iterdir())


VISIBLE = {
    "base_url": (f"/a/{SEED}", '<link rel=canonical href="https://news.example/a/quzhou-zhengxie">'),
    "site_name": ("/", "曲周新闻"),
    "language": ("/", "<html lang=en"),
    "timezone": ("/feed.xml", "-0500"),
    "feed_authority": ("/atom.xml", "tag:news.example,2026-01:"),
    "websub_hub": ("/atom.xml", "https://hub.example/"),
    "editor_token": ("/editor", "<form"),
    "indexnow_key": (f"/{INDEXNOW_KEY}.txt", INDEXNOW_KEY),
}
"""Where a setting shows, and by which text."""


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda setting: setting.name)
def test_a_value_that_cannot_be_is_refused_with_the_name_of_the_setting(setting):
    if isinstance(setting.default, Path) or setting.name in ANY_TEXT:
        return
    name = f"READER_{setting.name.upper()}"
    with pytest.raises(BadSetting, match=name):
        Settings.from_environ({name: "?"})


ANY_TEXT = {"site_name", "access_log", "language"}
"""Settings of which any text is a value; a folder may have any name, too."""


def test_a_sample_is_no_default():
    for setting in fields(Settings):
        if setting.name in SAMPLES:
            default = setting.default.key if isinstance(setting.default, ZoneInfo) else str(setting.default)
            assert SAMPLES[setting.name] != default
