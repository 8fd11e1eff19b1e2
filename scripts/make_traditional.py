"""Writes the Traditional Chinese message catalogue from the Simplified one. Run it after each new message.

OpenCC's ``s2twp`` also converts vocabulary (网络 → 網路, 打印 → 列印), which is right for buttons but not for articles.
发布 of a news site is 發布, not 釋出 as of software, and quotation marks are 「」.
"""

from __future__ import annotations

import re
from pathlib import Path

import opencc

FOLDER = Path(__file__).resolve().parent.parent / "reader" / "translations"
_NEWS_WORDS = str.maketrans({"“": "「", "”": "」", "‘": "『", "’": "』"})
_TRANSLATION = re.compile(r'^(msgstr(?:\[\d+\])? ")(.*)(")$', re.MULTILINE)


def traditional(catalogue: str) -> str:
    """*catalogue* with its translations, and nothing else, in Traditional Chinese."""
    convert = opencc.OpenCC("s2twp").convert
    changed = _TRANSLATION.sub(lambda line: line[1] + as_news(convert(line[2])) + line[3], catalogue)
    return changed.replace("Simplified Chinese", "Traditional Chinese, made by scripts/make_traditional.py").replace(
        "Language: zh_Hans", "Language: zh_Hant"
    )


def as_news(text: str) -> str:
    return text.replace("釋出", "發布").translate(_NEWS_WORDS)


def main() -> None:
    source, target = (FOLDER / locale / "LC_MESSAGES" / "messages.po" for locale in ("zh_Hans", "zh_Hant"))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(traditional(source.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
