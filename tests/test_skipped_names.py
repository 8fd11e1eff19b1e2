"""Names that are not published, row by row: what common tools leave in a folder, and articles that look like it."""

from __future__ import annotations

import re

import pytest

from reader.library.directory_walk import EntryKind, article_files, find_root, walk
from reader.library.draft_folders import with_its_folder
from reader.library.skipped_names import HIDDEN_RULES, STEM_RULES, SUFFIX, TAIL_RULES, reason_to_skip_file

RAIN = "---\npublished: 2026-05-01 06:00\n---\n# 大雨\n\n今天下雨。\n"

SKIPPED = {
    "a temporary file of a program": """
        ~$rain.md | ~rain.html | ~$rain.docx | rain.tmp.md | rain.LCK.md | rain.md.LCK | rain.md.tmp | #rain.md#
        ._rain.md | .#rain.md | .~rain.md | .~lock.rain.md# | .rain.md.swp | .rain.md.kate-swp | .rain.md.Ab12Cd
        .syncthing.rain.md.tmp | .unison.rain.md.1a2b.unison.tmp | .rain.md.part""",
    "a backup copy of an editor": """
        rain.bak.md | rain.BAK2.md | rain.orig.md | rain.rej.md | rain~.md | rain.old.md | rain.md~ | rain.md.~3~ | rain.md.bak
        rain.md.orig | rain.md.rej | rain 备份.md | rain_备份.md | rain-备份2.md | rain - 备份 (2).md | rain（备份）.md | rain.備份.md
        rain~20260501-120000.md | rain.md 2026-05-01 120000.md | rain (AutoRecovered).docx | rain [Autosaved].docx | rain[自动恢复的].docx
        rain [Repaired].docx | rain的备份.docx | 备份 - rain.md | rain (backup).md | rain - Backup.md | rain - backup (3).md""",
    "a partial download": """
        rain.part.md | rain.partial.md | rain.crdownload.md | Unconfirmed 1234.crdownload.md | rain.filepart.md | rain.aria2.html
        rain.md.part | rain.md.crdownload | rain.md.download | rain.md.xltd | rain.md.baiduyun.p.downloading""",
    "a file left by a merge of versions": """
        rain_BACKUP_1234.md | rain_BASE_1234.md | rain_LOCAL_1234.md | rain_REMOTE_1234.md | rain.LOCAL.1234.md | rain~HEAD.md
        rain~theirs.md | rain.md~HEAD | rain.md~feature-2 | rain.md.mine | rain.md.r17""",
    "a conflict copy of a synchronisation program": """
        rain.sync-conflict-20260101-120000-ABCDEFG.md | rain-conflict-20260101-120000.md | rain_conflict-20260101-120000.md
        rain (conflicted copy 2026-01-01 120000).md | rain (Wang's conflicted copy 2026-01-01).md | rain (case conflict).md
        rain (小王的冲突副本 2026-05-01).md | rain（冲突副本）.txt | rain(冲突文件-小王-20260101).md | rain (SFConflict wang 2026-01-01-12-00).md
        rain [conflicted].md | rain (conflict #1 on 2026-01-01).md | rain.Conflict.md | rain_conf(1).md
        rain (Copie en conflit de PC 2026-05-01).md | rain (PC の競合コピー 2026-05-01).md | rain（冲突_小王_2026）.md
        rain_NAS_May-01-120000-2026_Conflict.md | rain_wang_May-01-1200-2026_CaseConflict.md
        rain-DESKTOP-AB12CD3.md | rain-LAPTOP-AB12CD34-2.md | rain (# Edit conflict 2026-01-01 Ab12 #).md
        rain (conflict from Wang 2026-01-01).md""",
    "a file that iCloud has not downloaded to this computer": ".rain.md.icloud",
    "a copy made by a file manager": """
        rain - 副本.md | rain - 副本 (2).md | rain 副本 2.md | rain的副本.md | rain(副本).md | rain（复件）.md | 副本 rain.md | 复件 (2) rain.md
        rain (另一个复件).md | rain (第 3 个复件).md | rain - Copy.md | rain - Copy (2).md | rain copy.md | rain copy 2.md
        rain (copy).md | rain (copy 1).md | rain (another copy).md | rain (3rd copy).md | Copy of rain.html | Copy (2) of rain.md
        rain (另一個複本).md | rain (Kopie 2).md | rain (autre copie).md
        rain - Kopie.md | rain - Copie (2).md | rain - コピー.md | rainのコピー2.md | Копия rain.md | rain.md.1""",
    "a new file that has no name of its own yet": """
        新建文本文档.txt | 新建文本文档 (2).txt | 新建 文本文档.txt | 新建 Markdown 文件.md | 新增文字文件.txt | New Text Document.txt
        New Text Document (2).txt | Neues Textdokument (2).txt | Untitled.md | Untitled 3.md | 未命名.md | 無標題.txt | 文档1.docx""",
    "a name that says that it is a draft": """
        大雨（草稿）.md | 大雨-草稿.docx | 大雨 草稿2.md | 草稿-大雨.txt | rain.draft.md | rain (Draft).html | 【未完成】大雨.md
        大雨（未發布）.md | [WIP] rain.md | WIP rain.md | DRAFT-rain.md | rain_draft_v2.md | rain.private.md | 草稿：大雨.md | 大雨 草稿v2.md
        大雨（待审）.md | Draft - rain.md""",
    "a hidden file: its name begins with a dot": ".rain.md | .part.md",
}  # fmt: skip
ROWS = [
    (name.strip(), reason) for reason, names in SKIPPED.items() for name in re.split(r"[|\n]", names) if name.strip()
]

PUBLISHED = [
    name.strip()
    for name in re.split(
        r"[|\n]",
        """
        version-2.md | copy.md | conflict.md | part.md | a (2).md | a (1).md | a(1).md | a（1）.md | a 2.md | a-2.md | backup.md | 备份.md
        如何备份.md | 手机备份.md | 备份 手机 的办法.md | how-to-backup.md | knowledge_base_2026.md | work_remote_2026.md | x_local_2024.md
        3~5日天气.md | 10~12月.md | #两会# 热点.md | #标签.md | 巴以冲突（一）.md | 冲突.md | conflict (2026).md | Yemen (the conflict from 2014 on).md | 魔兽世界副本.md | 副本.md | 复刻.md
        part.1.md | book.part1.md | partial.md | tmp.md | temp.md | download.md | 2026-05-12.md | desktop-publishing.md | laptop-a.md
        win-win.md | N1~1.MD | head.md | HEAD.md | orig.md | old.md | the old.md | c#.md | c++.md | 拷贝忍者.md | 复件中心.md
        nba-draft.md | WIPO.md | private-eye.md | Sudan_Conflict.md | 无题.md | 未命名的星.md | 文档.md | recovered (2026).md | 未完待续.md
        新建小区.md | 新建文本文档的办法.md | new text.md | press-copy.md | copy-editing.md | copyright.md | how-to-copy.md | photocopy.md
        草稿时代.md | 中国草案.md | draft-law.md | drafting.md | overdraft.md | draft.md | 草稿.md | local.base.md | 备份与恢复.md | kopie.md | コピー.md | lock.md | mine.md | unconfirmed.md
        """,
    )
    if name.strip()
]  # fmt: skip


@pytest.mark.parametrize(("name", "reason"), ROWS, ids=[name for name, _ in ROWS])
def test_a_file_that_a_tool_left_behind_is_not_published_and_check_says_why(name, reason):
    assert str(reason_to_skip_file(name)) == reason


@pytest.mark.parametrize("name", PUBLISHED)
def test_an_article_whose_name_only_looks_like_a_copy_is_published(name):
    assert reason_to_skip_file(name) == ""


@pytest.mark.parametrize(
    "pattern", [pattern for rules in (STEM_RULES, TAIL_RULES, HIDDEN_RULES) for pattern, _ in rules]
)
def test_every_rule_has_a_row(pattern):
    pattern = pattern.replace(SUFFIX, r"\.(?:md|txt|html)")
    if any(pattern == rule for rule, _ in TAIL_RULES):
        pattern = rf"\.(?:md|txt|html)(?:{pattern})$"
    names = [name for name, _ in ROWS]
    texts = names if "\\." in pattern or "#" in pattern else [name.rpartition(".")[0] for name in names]
    texts += [name.rpartition(".")[0] for name in names]
    assert any(re.search(pattern, text, re.IGNORECASE) for text in texts)


def published(settings) -> set[str]:
    return {entry.path for entry in walk(find_root(settings.articles)) if entry.kind is EntryKind.FILE}


def test_a_second_download_is_a_copy_if_the_first_is_there(settings, drop, services):
    for name in (
        "rain.md",
        "rain (1).md",
        "rain(2).md",
        "rain（3）.md",
        "snow (1).md",
        "fog.html",
        "fog (1).md",
        "fog_old.md",
        "rain-old.md",
        "rain_bak2.md",
    ):
        drop(name, RAIN + name)
    assert published(settings) == {"rain.md", "snow (1).md", "fog.html", "fog (1).md", "fog_old.md", "rain-old.md"}
    assert [(note.path, str(note.cause)) for note in services.library.left_out()] == [
        (name, "a copy of rain.md; rename it to publish it")
        for name in ("rain (1).md", "rain(2).md", "rain_bak2.md", "rain（3）.md")
    ]


def test_a_numbered_file_is_a_copy_only_if_it_has_the_very_bytes(settings, drop):
    for name in ("rain.md", "rain 2.md", "rain-3.md", "2026-05.md", "2026-05-1.md"):
        drop(name, RAIN + (name if name.startswith("2026") else ""))
    drop("rain 4.md", RAIN + "四")
    assert published(settings) == {"rain.md", "rain 4.md", "2026-05.md", "2026-05-1.md"}


def test_a_look_at_one_name_finds_a_second_download_too(settings, drop):
    drop("rain.md", RAIN)
    drop("rain (1).md", RAIN)
    (entry,) = walk(find_root(settings.articles), "rain (1).md")
    assert entry.kind is EntryKind.LEFT_OUT


def test_frames_of_a_page_saved_with_its_files_are_not_published(settings, drop, services):
    drop("雨 1.html", "<html><title>大雨</title><h1>大雨</h1><p>2018-11-23</p><p>今天下雨。</p></html>")
    drop("雨 1_files/frame.html", "<h1>广告</h1><p>全部八折。</p>")
    drop("notes_files/a.md", RAIN)
    services.library.scan_all()
    assert [note.path for note in services.library.left_out()] == ["雨 1_files"]
    assert services.catalog.article("a").title == "大雨"


def test_check_names_every_file_that_is_left_out(settings, drop, services):
    drop("rain.md", RAIN)
    for name, _ in ROWS:
        drop(f"day/{name}", RAIN)
    services.library.scan_all()
    assert services.catalog.count() == 1
    assert {note.path for note in services.library.left_out()} == {f"day/{name}" for name, _ in ROWS}


@pytest.mark.parametrize(
    ("name", "text", "is_withheld"),
    [
        ("_index.md", "---\ntitle: 甲\ncascade:\n  draft: true\n---\n", True),
        ("_index.md", "---\ntitle: 甲\ncascade:\n- {_target: {kind: page}, draft: true}\n---\n", True),
        ("_index.md", '+++\ntitle = "甲"\ndraft = true\n+++\n', True),
        ("_metadata.yml", "draft: true\n", True),
        ("day.json", '{"layout": "post", "draft": true}', True),
        ("_index.md", "---\ntitle: 甲\ndraft: true\n---\n", False),
        ("_index.md", '+++\ntitle = "甲"\ndraft = false\n+++\n\ndraft = true\n', False),
        ("_metadata.yml", "draft: false\n", False),
        ("other.json", '{"draft": true}', False),
    ],
)
def test_a_folder_whose_own_file_says_that_it_holds_drafts_is_not_published(publish, services, name, text, is_withheld):
    publish({"day/rain.md": RAIN})
    assert services.catalog.count() == 1
    publish({f"day/{name}": text})
    assert published(services.settings) == (set() if is_withheld else {"day/rain.md"})
    assert [note.path for note in services.library.left_out() if note.path == "day"] == ["day"] * is_withheld


@pytest.mark.parametrize(
    ("config", "published_names"),
    [
        ("defaults:\n- scope: {path: ''}\n  values: {published: false}\n", {"own"}),
        ("defaults:\n- scope: {path: day, type: posts}\n  values: {published: false}\n", {"day/wind", "own"}),
        (
            "defaults:\n- scope: {path: ''}\n  values: {published: no}\n- scope: {path: day/wind*}\n  values: {published: yes}\n",
            {"day/wind", "own"},
        ),
        ("source: day\ndefaults:\n- scope: {path: wind}\n  values: {published: false}\n", {"day/_posts/rain", "own"}),
        ("defaults:\n- scope: {path: ''}\n  values: {published: false, tags: [a}\n", {"own"}),
        ("defaults:\n" + "- scope: {path: x}\n  values: {published: false}\n" * 501, {"own"}),
        ("# published: false\ndefaults: none\n", {"day/_posts/rain", "day/wind", "own"}),
    ],
)
def test_articles_that_the_defaults_of_jekyll_declare_unpublished_are_not_published(
    publish, services, config, published_names
):
    own = RAIN.replace("---\npub", "---\nlayout: post\npublished: true\ndate: 2026-05-01 06:00\n#pub", 1)
    publish({"day/_posts/rain.md": RAIN, "day/wind.md": RAIN, "own.md": own, "_config.yml": config})
    assert published(services.settings) == {f"{name}.md" for name in published_names}
    assert len([note for note in services.library.left_out() if note.path.endswith(".md")]) == 3 - len(published_names)


@pytest.mark.parametrize(
    ("name", "text", "withheld"),
    [
        (
            "_config.yml",
            "exclude: [own, docs/wind.md, 'n*.md']\ninclude: [_notes]\n",
            {"own/a.md", "docs/wind.md", "note.md"},
        ),
        ("_config.yml", "exclude: []\ncollections:\n  notes: {output: false}\n  posts: {}\n", {"_notes/a.md"}),
        ("_config.yml", "collections: [notes, posts]\n", {"_notes/a.md"}),
        ("_config.yml", "collections: {notes: {output: true}}\n", set()),
        ("_config.yml", "exclude_patterns: ['**/wind.md', own/**]\n", {"own/a.md", "docs/wind.md", "_notes/a.md"}),
        ("mkdocs.yml", "exclude_docs: |\n  # x\n  wind.md\ndraft_docs: |\n  /own/\n", {"own/a.md", "docs/wind.md"}),
        (
            "mkdocs.yml",
            "x: !!python/name:y\nexclude_docs: |\n  *.md\n  !/own/\n  !wind.md\n",
            {"note.md", "_notes/a.md"},
        ),
        (
            "_quarto.yml",
            "project: {render: ['*.md', '!own/']}\nwebsite: {drafts: [note.md]}\n",
            {"own/a.md", "note.md"},
        ),
        ("zola.toml", 'ignored_content = ["wind.*"]\n', {"docs/wind.md"}),
        (".eleventyignore", "own\n./note.md\n", {"own/a.md", "note.md"}),
        ("_config.yml", "exclude: {a: b}\ncollections: 3\n", {"_notes/a.md"}),
        ("config.toml", "ignored_content = 5\n", set()),
        ("config.toml", "title = ", set()),
        ("mkdocs.yml", "exclude_docs: [wind.md]\n", {"docs/wind.md"}),
        ("config.toml", f"a{'.a' * 500_000} = 1\n", set()),
        ("_config.yml", "[\n" + "\n" * 1_000_000, set()),
        ("config.toml", "ignored_content = [", {"_notes/a.md", "own/a.md", "docs/wind.md", "note.md"}),
        ("mkdocs.yml", f"exclude_docs: x\na: {'[' * 101}", {"_notes/a.md", "own/a.md", "docs/wind.md", "note.md"}),
    ],
)
def test_articles_that_the_configuration_of_another_tool_excludes_are_not_published(tmp_path, name, text, withheld):
    """Also of a hostile configuration, for which a parser or a pattern would need hours."""
    files = {"_notes/a.md", "own/a.md", "docs/wind.md", "note.md"}
    for path in files:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(RAIN, "utf-8")
    (tmp_path / name).write_text(text, "utf-8")
    root = find_root(tmp_path)
    assert {entry.path for entry in article_files(root)} == files - withheld
    assert {path for path in files if not list(article_files(root, path))} == withheld
    assert {entry.cause for entry in walk(root) if entry.path in withheld} <= {f"{name} says that it is not published"}


@pytest.mark.parametrize(("path", "scanned"), [("_config.yml", ""), ("blog/mkdocs.yml", "blog"), ("a.md", "a.md")])
def test_a_changed_configuration_of_another_tool_has_its_whole_folder_scanned(path, scanned):
    assert with_its_folder(path) == scanned
