"""Extreme values for the fields of an article, from mistakes or attacks, and files that contain them."""

from __future__ import annotations

import json

VALUES: list[str] = [
    *(
        "",
        " ",
        "\u3000",
        "\u200b",
        "\u00ad",
        "😀" * 50,
        "👨‍👩‍👧‍👦",
        "مرحبا بالعالم",
        "\u202eabc\u202c",
        "\u2067x",
        ".",
        "..",
        "...",
        "/",
    ),
    *(
        "a/b",
        "../../etc/passwd",
        "\\",
        "a\\b",
        "%2e%2e",
        "%00",
        "%2F",
        "?x=1&y=2#z",
        "#",
        "<script>alert(1)</script>",
        "&lt;b&gt;",
    ),
    *(
        "\"'",
        "字" * 110,
        "x" * 10_000,
        "very long words " * 700,
        "字" * 10_000,
        "\x00",
        "a\x00b",
        "\x85\u2028\u2029",
        "\ufffe",
    ),
    *(
        "-",
        "_",
        "e\u0301" * 30,
        "{{7*7}}",
        "%s %d",
        "CON",
        "index",
        "feed.xml",
        "a;b",
        "a,b、c",
        ":",
        "http://[",
        "javascript:x",
    ),
]
"""Values for all text fields."""

DATES = [
    *(
        "0001-01-01",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00-14:00",
        "9999-12-31T23:59:59+14:00",
        "9999-12-31 23:59",
    ),
    *(
        "9999-12-31T23:59:59-14:00",
        "1900-12-31 08:00",
        "1600-02-29",
        "1582-10-10",
        "1970-01-01T00:00:00Z",
        "1969-12-31",
        "2038-01-19",
    ),
    *("1991-04-14 00:30", "2026-05-01T00:00:00+14:00", "2999-01-01", "2026-02-30", "soon", "0", "20260501", "-1"),
]
LANGUAGES = [
    "",
    "zz",
    "x-klingon",
    "zh-Hant-TW",
    "ar",
    "en-" + "-".join(["a1b2c3d4"] * 40),
    "zh-cn-",
    "C",
    "../en",
    "i-default",
]
TEXTS = ("title", "kicker", "subtitle", "summary", "source", "editor", "slug")
LISTS = ("section", "byline", "tags", "aliases", "images")
MANY = [f"名{number}" for number in range(1000)]


def article(**fields: object) -> str:
    """A Markdown file with these fields as JSON, which is valid YAML, so that any character can be written."""
    said = {"title": "正常的题目", "published": "2026-05-01 08:00", **fields}
    lines = "".join(f"{name}: {json.dumps(value)}\n" for name, value in said.items())
    return f"---\n{lines}---\n\n今天下雨，明天也下雨。\n\n## 小标题\n\n后天天晴。\n"


def _named() -> dict[str, str]:
    made = {f"{name}-{n}": article(**{name: value}) for name in TEXTS for n, value in enumerate(VALUES)}
    made |= {f"{name}-{n}": article(**{name: [value]}) for name in LISTS for n, value in enumerate(VALUES)}
    made |= {f"{name}-many": article(**{name: MANY}) for name in LISTS}
    made |= {
        f"{name}-{n}": article(**{name: date}) for name in ("published", "updated") for n, date in enumerate(DATES)
    }
    made |= {f"language-{n}": article(language=value) for n, value in enumerate(LANGUAGES)}
    made["section-deep"] = article(section=["层"] * 50 + [f"层{n}" for n in range(50)])
    made["all-long"] = article(
        title="长" * 200, source="源" * 50, section=["栏" * 70], byline=["名" * 60], tags=["标" * 70], slug="s" * 120
    )
    return made


FILES = {f"2026-05-01/{name}.md": text for name, text in _named().items()}
FILES |= {
    f"2026-05-02/{'字' * 83}.md": article(),
    f"2026-05-02/{'很' * 80}/index.md": article(),
    "2026-05-02/%2e%2e.md": article(),
}
CONTROL = {
    "2026-05-01/control.md": article(
        title="对照的文章", section="新闻/本地", tags=["天气"], byline=["张三"], source="本报"
    )
}
