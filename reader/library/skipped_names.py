"""Decides by name which files and folders are read as articles. No file is opened.

In case of doubt a file is skipped, because it may be private. ``check`` lists the skipped names with the reasons.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from ..formats import FORMATS
from ..i18n import Message
from ..patterns import lazy_pattern

_HIDDEN = Message("a hidden file: its name begins with a dot")
_HIDDEN_FOLDER = Message("a folder of deleted files or of git")
_UNDERSCORE = Message("a name that begins with an underscore is a draft or an include")
_SECTION_PAGE = Message("the page of a section of Hugo or Zola")
_FOR_PROGRAMS = Message("a file for programs")
_BACKUP = Message("a backup copy of an editor")
_DRAFT = Message("a name that says that it is a draft")
_CONFLICT = Message("a conflict copy of a synchronisation program")
_MERGE = Message("a file left by a merge of versions")
_COPY = Message("a copy made by a file manager")
_PARTIAL = Message("a partial download")
_TEMPORARY = Message("a temporary file of a program")
_NOT_DOWNLOADED = Message("a file that iCloud has not downloaded to this computer")
_UNNAMED = Message("a new file that has no name of its own yet")
_TOOL_FOLDER = Message("a folder of drafts, parts or output of another tool")
PART_OF_SAVED_PAGE = Message("a part of the page that was saved with it")
_TRASH = Message("a folder of deleted or generated files")

SUFFIX = "<suffix>"
"""A placeholder in rules for any suffix of an article. It is replaced when a rule is first used."""


UNREAD_FORMATS = frozenset(
    (".textile", ".creole", ".mediawiki", ".wiki", ".pod", ".typ", ".tex", ".rtf", ".doc", ".pages")
)
"""Suffixes of documents that Reader cannot read. ``check`` lists them, so that users know why they are missing."""

FOR_PROGRAMS = frozenset(
    ("robots.txt", "humans.txt", "ads.txt", "app-ads.txt", "security.txt", "llms.txt", "requirements.txt")
)

TOOL_FOLDERS = frozenset(
    ("_data", "_draft", "_drafts", "_includes", "_layouts", "_partials", "_private", "_sass", "_site")
    + ("archetypes", "scaffolds", "_templates", "_theme", "_themes", "_草稿")
    + ("draft", "drafts", "草稿", "草稿箱")
)
"""Folders of Jekyll, Hexo, Hugo and others for unpublished files. ``_posts`` and all other folders are read."""

TRASH_FOLDERS = frozenset(
    ("#recycle", "$recycle.bin", "@eadir", "__macosx", "__pycache__", "lost+found", "node_modules", "recycled")
    + ("recycler", "system volume information", "回收站")
)

_COPY_WORDS = "副本|复件|複本|複製|拷贝"
_COPIES_ABROAD = "copie|kopie|kopia|copia|cópia|kopi|копия|コピー|복사본"
_DOWNLOAD = r"part|partial|crdownload|filepart|opdownload|aria2|(?:baiduyun\.p\.)?downloading"
_NOT_READY = (
    "draft|wip|work in progress|unpublished|do not publish|private"
    "|草稿|初稿|未完|未完成|未发布|未發布|待发布|待發布|待审|待審|勿发|勿發"
)
_CONFLICTS_ABROAD = (
    r"copie en conflit|in konflikt stehende kopie|copia en conflicto|copia in conflitto|cópia em conflito"
    r"|конфликтующая копия|競合コピー|충돌(?:하는|된) 사본"
)
"""Dropbox in French, German, Spanish, Italian, Portuguese, Russian, Japanese and Korean."""
_NUMBER = r"(?:\s*[（(]\d+[）)])?"

_CLOSED_FOLDER = lazy_pattern(r"(?:^|/)\.(?:trash|git(?!/annex/objects/)|before-[^/]*|restored-[^/]*)/", re.IGNORECASE)
"""The trash of the editor, git's folder except the files of git-annex, and folders that a restore moved aside or did
not finish."""

STEM_RULES = (
    # Microsoft Word, Excel, WPS; vim, Emacs, gedit, patch, and editors that keep the suffix.
    (r"^~", _TEMPORARY),
    (r"~$|\.(?:bak|backup|old|orig|rej|save|autosave|swp|swo)\d*$", _BACKUP),
    (r"\.(?:tmp|temp|lck)\d*$", _TEMPORARY),
    (rf"[\s._-](?:备份|備份)\s*\d*{_NUMBER}$|[（(](?:备份|備份|backup)\s*\d*[）)]$|^(?:备份|備份)\s*[-_]", _BACKUP),
    (rf"\s-\sbackup{_NUMBER}$|的(?:备份|備份)$", _BACKUP),
    # Syncthing (versions); FreeFileSync (rain.md 2026-05-01 120000.md); Word.
    (r"~\d{8}-\d{6}$|\.\w{2,8} \d{4}-\d\d-\d\d \d{6}$", _BACKUP),
    (
        r"[（(\[]\s*(?:auto-?(?:saved|recovered)|unsaved-\d+|自动(?:恢复|保存)的?)\s*[）)\]]$|\[(?:recovered|repaired)\]$",
        _BACKUP,
    ),
    (rf"\.(?:drafts?|wip|unpublished|private|未发布|未發布)$|[（(\[【]\s*(?:{_NOT_READY})\s*[）)\]】]", _DRAFT),
    (r"[\s._-]草稿\s*v?\d*$|^草稿\s*[-_.：:]|^(?-i:DRAFT|WIP)[\s_-]|^draft\s-\s|_draft(?:[\s_-]?v?\d+)?$", _DRAFT),
    # Browsers, wget and curl wrappers, WinSCP, download programs.
    (rf"\.(?:{_DOWNLOAD})$", _PARTIAL),
    # git mergetool (upper case only) and git merge.
    (r"[._](?-i:BACKUP|BASE|LOCAL|REMOTE)[._]\d+$", _MERGE),
    (r"~(?:(?-i:HEAD|ORIG_HEAD|MERGE_HEAD)|ours|theirs|mine|base)$", _MERGE),
    # Syncthing, ownCloud; Dropbox, Nextcloud, Nutstore (坚果云), Box; Seafile; pCloud, Unison; Resilio; OneDrive on a
    # computer that has the name Windows gave it.
    (r"[\s._-](?:sync-)?conflict[-_]\d{8}[-_]\d{6}\b", _CONFLICT),
    (r"conflicted copy|case conflict|冲突副本|衝突複本|衝突副本|冲突的副本|冲突文件", _CONFLICT),
    (r"[（(\[]\s*SFConflict\b.*[）)\]]", _CONFLICT),
    (r"[（(\[]\s*conflict(?:ed)?(?:\s#?\d+)?(?:\son\s[\d :-]+)?\s*[）)\]]", _CONFLICT),
    # Proton Drive, Jottacloud; Koofr, Yandex.
    (r"[（(\[][\s#]*edit[\s-]conflict\b[^）)\]]*[）)\]]$|[（(]\s*conflict from\s[^）)]*[）)]$", _CONFLICT),
    (r"\.conflict\d*$|_conf\(\d+\)$|[（(](?:冲突|衝突)[\s_-][^（(]*\d[）)]$", _CONFLICT),
    (rf"[（(][^（(]*(?:{_CONFLICTS_ABROAD})[^（(]*[）)]$", _CONFLICT),
    # Synology Drive: rain_NAS_May-01-120000-2026_Conflict.md.
    (r"_[a-z]{3}-\d\d-\d{4,6}-\d{4}_(?:Case)?Conflict\b", _CONFLICT),
    (r"-(?-i:(?:DESKTOP|LAPTOP|WIN)-[A-Z0-9]{7,11})(?:-\d+)?$", _CONFLICT),
    # Windows, macOS, GNOME, KDE, in Chinese, English and other languages.
    (rf"(?:[\s_-]+|的|[（(]\s*)(?:{_COPY_WORDS})\s*\d*[）)]?{_NUMBER}$", _COPY),
    (rf"[（(]\s*(?:另一[个個份]|第\s*\d+\s*[个個份])\s*(?:{_COPY_WORDS})\s*[）)]$", _COPY),
    (rf"^(?:副本|复件|複本){_NUMBER}[\s_-]+.", _COPY),
    (r"\s(?:\((?:another |\d+\w\w )?copy(?: \d+)?\)|copy)(?:\s\(?\d+\)?)?$", _COPY),
    (r"^copy (?:\(\d+\) )?of .", _COPY),
    (rf"\s[（(](?:weitere |autre |otra |\d+[.e] )?(?:{_COPIES_ABROAD})(?: \d+)?[）)]$", _COPY),
    (rf"\s-\s(?:{_COPIES_ABROAD}){_NUMBER}$|のコピー\s?\d*$|^(?:копия|copie de)\s.", _COPY),
    # The context menu "New" of Windows' and other desktops.
    (rf"^新建\s?(?:文本文[档件]|文档|Markdown\s?文[件档]|(?:Microsoft Word|DOCX?)\s?文档){_NUMBER}$", _UNNAMED),
    (rf"^(?:新增文字文件|新文字文件|New (?:Text|Microsoft Word) Document|New Markdown File){_NUMBER}$", _UNNAMED),
    (
        rf"^(?:Neues Textdokument|Nouveau document texte|Новый текстовый документ|新規テキスト ドキュメント){_NUMBER}$",
        _UNNAMED,
    ),
    # Obsidian and other note programs, word processors.
    (r"^Untitled(?: Document)?(?: \d+)?$|^(?:未命名(?:文[档件]|笔记)?|[无無][标標][题題])\s?\d*$", _UNNAMED),
    (r"^(?:Document|文档|文字文稿)\d+$", _UNNAMED),
)
"""Patterns of file names without suffix that are not articles, and the reasons. Case is ignored."""

TAIL_RULES = (
    (r"~|\.~\d+~|\.(?:bak|backup|old|orig|rej|save|swp|swo)\d*", _BACKUP),
    (r"#|\.(?:tmp|temp|lck|lock)\d*", _TEMPORARY),
    (r"~[\w.-]+|\.(?:mine|ours|theirs|r\d+)", _MERGE),
    (rf"\.(?:{_DOWNLOAD}|download|td|xltd)", _PARTIAL),
    (r"\.\d{1,3}", _COPY),
)
"""Patterns of text after the complete name of an article, as in ``rain.md.orig``, and the reasons to skip the file."""

HIDDEN_RULES = (
    # macOS on other file systems; Emacs; Microsoft Office, LibreOffice and WPS; vim, Kate; rsync; Syncthing; Unison.
    (r"^\._|^\.#|^\.~", _TEMPORARY),
    (r"\.(?:sw[a-px]|kate-swp|un~|tmp|part)$", _TEMPORARY),
    (r"^\.(?:syncthing|unison)\.", _TEMPORARY),
    (rf"{SUFFIX}\.icloud$", _NOT_DOWNLOADED),
    (rf"{SUFFIX}\.[A-Za-z0-9]{{6}}$", _TEMPORARY),
)
"""Patterns of hidden names that contain the name of an article, and the reasons to skip the file."""

_SECOND = lazy_pattern(r"(.+?)\s?[（(]([1-9]\d{0,2})[）)]")
_BESIDE = lazy_pattern(
    r"(.+?)(?:[_.](?:bak|backup|old|copy|draft|备份|旧)|[_-](?:bak|orig))\d*|backup of (.+)", re.IGNORECASE
)
_NUMBERED = lazy_pattern(r"(.+?)[ -]([1-9]\d?)")


def _compiled(rules: Iterable[tuple[str, Message]]) -> list[tuple[re.Pattern[str], Message]]:
    return [(_pattern(rule), reason) for rule, reason in rules]


def _pattern(rule: str) -> re.Pattern[str]:
    return lazy_pattern(lambda: rule.replace(SUFFIX, _suffixes()), re.IGNORECASE)


def _suffixes() -> str:
    return "(?:" + "|".join(re.escape(suffix) for suffix in sorted(FORMATS, key=len, reverse=True)) + ")"


_STEMS, _HIDDEN_NAMES = _compiled(STEM_RULES), _compiled(HIDDEN_RULES)
_TAILS = _compiled((f"{SUFFIX}(?:{pattern})$", reason) for pattern, reason in TAIL_RULES)
_HAS_ENDING = _pattern(SUFFIX)
_SUSPECT = lazy_pattern(
    "[~#]|bak|backup|old|orig|rej|save|swp|swo|te?mp|lck|conf|konf|base|local|remote|cop|kopi|part|download|aria2|"
    "desktop-|laptop-|win-|draft|wip|publish|private|progress|untitled|document|cover|repaired|"
    "草稿|初稿|未|待|勿|自动|新[规規建增文]|文档|文稿|new |neues|новый|备份|備份|"
    r"копи|コピー|복사|사본|[冲衝]|[副复複拷]|[无無]|\d{6}$",
    re.IGNORECASE,
)
"""A fast check of every name: only stems that match are tested against all of ``STEM_RULES``."""


def _first(rules: list[tuple[re.Pattern[str], Message]], name: str) -> str:
    return next((reason for pattern, reason in rules if pattern.search(name)), "")


def reason_to_skip_name(name: str) -> str:
    """Why a document with this *name* is skipped, independent of its format; empty if it is read."""
    stem = name.rpartition(".")[0]
    if name.startswith("_"):
        return _SECTION_PAGE if stem == "_index" else _UNDERSCORE
    if name.lower() in FOR_PROGRAMS:
        return _FOR_PROGRAMS
    return _first(_STEMS, stem) if _SUSPECT.search(stem) else ""


def original_of(name: str) -> tuple[str, bool] | None:
    """(the name of the possible original of *name*, whether a copy must have the same bytes); None if it is no copy.

    A browser saves a second download as ``rain (1).md`` or ``rain(1).md``; this is a copy if ``rain.md`` exists too.
    The same applies to ``rain_old.md`` and ``rain-bak.md``, whose names alone may be those of articles.
    iCloud and Safari write ``rain 2.md`` and ``rain-2.md``, which may also be another story.
    """
    stem, dot, suffix = name.rpartition(".")
    if found := _SECOND.fullmatch(stem):
        return found[1] + dot + suffix, False
    if found := _BESIDE.fullmatch(stem):
        return (found[1] or found[2]) + dot + suffix, False
    if found := _NUMBERED.fullmatch(stem):
        return found[1] + dot + suffix, True
    return None


def _unread(suffix: str) -> str:
    """Why a file in one of UNREAD_FORMATS is skipped; empty for any other file."""
    if suffix not in UNREAD_FORMATS or suffix in FORMATS:
        return ""
    return Message("%(suffix)s isn't read; convert it to Markdown, such as with pandoc", suffix=suffix)


def reason_to_skip_folder(name: str) -> str:
    """Why a folder with this *name* is skipped; empty if it is read."""
    if name.startswith("."):
        return _HIDDEN
    small = name.lower()
    return _TOOL_FOLDER if small in TOOL_FOLDERS else _TRASH if small in TRASH_FOLDERS else ""


def reason_by_saved_page(folder: str) -> str:
    """Why the *folder* ``<name>_files`` beside ``<name>.html`` is skipped: a browser saved the page as “complete”, with
    frames such as advertisements. Empty for any other folder."""
    stem = next((folder.removesuffix(end) for end in ("_files", ".files") if folder.endswith(end)), "")
    is_part = stem and any(os.path.lexists(f"{stem}{suffix}") for suffix in (".html", ".htm"))
    return PART_OF_SAVED_PAGE if is_part else ""


def reason_to_skip_target(path: str, *, is_folder: bool) -> str:
    """Why a link to *path* (with ``/``) is not followed; empty if it is.

    A user who can write to one folder must not be able to publish the unpublished files of another one by a link. Files
    in other hidden folders are read through links, because Kubernetes (``..data``) and git-annex create such links.
    """
    *folders, name = path.split("/")
    if is_folder:
        folders.append(name)
    if _CLOSED_FOLDER.search(f"{'/'.join(folders)}/"):
        return _HIDDEN_FOLDER
    reason = next(filter(None, (reason_to_skip_folder(part) for part in folders if not part.startswith("."))), "")
    if reason or is_folder:
        return reason
    return _HIDDEN if name.startswith(".") else reason_to_skip_name(name)


def reason_to_skip_file(name: str) -> str:
    """Why a file with this *name* is skipped; empty if it is read or is unrelated to articles."""
    if name.startswith("."):
        return _reason_to_skip_hidden(name)
    _, dot, suffix = name.rpartition(".")
    suffix = dot + suffix.lower()
    if suffix in FORMATS:
        return reason_to_skip_name(name)
    unread = _unread(suffix)
    return (reason_to_skip_name(name) or unread) if unread else _first(_TAILS, name)


def _reason_to_skip_hidden(name: str) -> str:
    """Why a hidden file is skipped; empty for files of other programs, which are not listed."""
    if not _HAS_ENDING.search(name):
        return ""
    return _first(_HIDDEN_NAMES, name) or (_HIDDEN if is_article_name(name) else "")


def is_article_name(name: str) -> bool:
    stem, dot, suffix = name.rpartition(".")
    return bool(stem) and dot + suffix.lower() in FORMATS


def printable(name: str) -> str:
    r"""*name* as valid Unicode: bytes that are not UTF-8 become escapes such as ``\xd6``."""
    if name.isascii():
        return name
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("utf-8", "backslashreplace")
    return name


def decoded_as_gb18030(name: str) -> str:
    """*name* decoded as GB 18030, the encoding of Chinese Windows; empty if that fails."""
    try:
        text = os.fsencode(name).decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() else ""
