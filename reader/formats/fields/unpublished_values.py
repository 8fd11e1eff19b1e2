"""Recognizes field values that mark an article as not public, in the words of other programs and their users.

The words are those of WordPress, Ghost, Pelican, Nikola, Grav, Hugo, Notion, Org, schema.org and users of Obsidian.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ...models import word_set
from ...patterns import lazy_pattern

YES = {"true", "yes", "on", "1", "是", "真"}
NO = {"false", "no", "off", "0", "否", "假", ""}
_STATUSES = (
    word_set(
        "draft drafts private hidden unlisted pending future trash skip wip unpublished inherit members paid internal"
        " confidential restricted secret embargoed scheduled todo review incomplete inprogress writing editing"
        " withdrawn retracted rejected deleted never"
        " 草稿 初稿 私密 私有 隐藏 不公开 内部 未发布 未完成 未开始 进行中 待审 待审核 审核中 待发布 未审核 待定 写作中"
        " 撰写中 编辑中 待编辑 待修改 修改中 已撤回 已撤稿 已删除 保密 机密 加密"
        " 隱藏 不公開 內部 未發布 未發佈 未開始 進行中 待審 待審核 審核中 待發布 待發佈 未審核 寫作中 撰寫中 編輯中"
        " 待編輯 已刪除 機密"
        " offline 退稿 撤稿 驳回 已驳回 不发 不发布 暂不发布 暂缓 待发 待审稿"
        " friends onlyme self followers subscribers premium loggedin login password secret classified 绝密 秘密"
        " queued queue specific tiers founding usemask 仅自己可见 僅自己可見 好友可见 登录可见"
        " 未通过 未过审 草稿箱 未定稿 定时 未上线 已下线 下线"
    )
    | {"in progress", "in review", "not started", "to do", "auto draft", "under review", "needs review"}
    | {
        "not published",
        "do not publish",
        "on hold",
        "only me",
        "only paid",
        "only free",
        "top secret",
        "logged in",
        "pending review",
        "awaiting review",
    }
)
_STATUS_WORD = lazy_pattern(
    r"\b(?:draft(?:s|ing)?|private|unpublished|wip)\b|草稿|私密|未[发發][布佈]|未公[开開]|不公[开開]"
)
"""Words within a longer status: ``📝 Draft``, ``first draft``, ``草稿（二审）``."""
_NO_DATES = word_set("0 never none tbd tba unknown later soon n 未定 未发 尚未")
_DRAFT_TERMS = word_set("draft drafts private unpublished wip noexport 草稿 私密 未发布 未發布")
_HIDDEN_PART_NAMES = word_set(
    "comment hidden hide private secret confidential restricted internal noexport ifconfig unpublished draft wip"
    " content-hidden remove-cell hide-cell 隐藏 隱藏 私密 草稿 内部 內部 保密"
)
_DRAFT_NAME = lazy_pattern(
    "(?:is|in|as|savedas|markedas|keepas|still|post|page|article|content|文章|是否|是否为|是否是|存为|为|仍为)?"
    "(?:drafts?|草稿)(?:mode|only|version|箱)?"
)
_TITLE_WORDS = (
    "(?:draft|wip|work in progress|do not publish|草稿|未定稿|未发布|未發布|待审核?|待審核?|暂不发布|请勿发布)"
)
_TITLE_MARK = lazy_pattern(
    rf"^\s*[\[【（(〔]\s*(?i:{_TITLE_WORDS})\s*[\]】）)〕]|[\[【（(〔]\s*(?i:{_TITLE_WORDS})\s*[\]】）)〕]\s*$"
    r"|^\s*(?:DRAFT|WIP|草稿)\s*[:：—–\-|｜]"
)
_SPACES = re.compile(r"[\s_-]+")


def withheld_status(value: Any) -> bool:
    """Whether *value*, or a text in its lists and mappings, is a status such as ``draft``.

    Also true for a name with the value true in a mapping, ``{draft: true}``, and for an alias of YAML (``*name``),
    which isn't resolved and may be such a status.
    """
    words = [_SPACES.sub(" ", text.lower()).strip() for text in _texts(value)]
    return any(text in _STATUSES or text.startswith("*") or _STATUS_WORD.search(text) for text in words)


def withheld_date(text: str) -> bool:
    """Whether the value of a date field means that there is no date yet: ``published: never``, ``date: 待定``."""
    return text.lower() in _NO_DATES or withheld_status(text)


def withheld_access(value: Any) -> bool:
    """Whether *value* is such a status, or limits the readers, as Grav's ``access: {site.login: true}``."""
    is_limited = isinstance(value, dict) and any(text.lower() in YES for text in _texts(value))
    return is_limited or withheld_status(value)


def withheld_output(value: Any) -> bool:
    """Whether *value* is Hugo's ``build: {render: never}``, without a page, or ``list: never``, a page in no list."""
    options = value if isinstance(value, dict) else {}
    return any(str(options.get(name, "")).lower() in ("never", "false", "link") for name in ("render", "list"))


def withheld_names(names: Iterable[str]) -> bool:
    """Whether one of these tags or sections is ``draft`` or ``草稿``, which is a status in Nikola and Org."""
    return any(name.lower().rpartition("/")[2] in _DRAFT_TERMS for name in names)


def withheld_part(name: str) -> bool:
    """Whether a tag, container or heading of this name, such as ``hidden``, marks content that is not for readers."""
    return name.lower() in _HIDDEN_PART_NAMES


def withheld_otherwise(name: str, value: Any) -> bool:
    """Whether an unknown field marks a draft: ``type: draft``, ``still_draft: yes``, ``x: {html: {draft: true}}``."""
    if isinstance(value, dict):
        return any(_is_draft(key, inner) or withheld_otherwise("", inner) for key, inner in value.items())
    return _is_draft(name, value) or (
        name != "" and withheld_names([value] if isinstance(value, str) else _texts(value))
    )


def _is_draft(name: str, value: Any) -> bool:
    is_yes = isinstance(value, str) and value.lower() in YES - {"1"}
    return is_yes and _DRAFT_NAME.fullmatch(_SPACES.sub("", name.lower())) is not None


def withheld_title(title: str) -> bool:
    """Whether a title begins or ends with a mark of drafts: ``【草稿】雨``, ``雨 (draft)``, ``WIP: 雨``.

    False for ``Draft: …``.
    """
    return _TITLE_MARK.search(title) is not None


def _texts(value: Any) -> Iterator[str]:
    """All texts in *value*, and the names in mappings whose value is true."""
    if isinstance(value, str):
        yield value
        return
    if isinstance(value, dict):
        yield from (name for name, text in value.items() if isinstance(text, str) and text.lower() in YES)
    for item in value.values() if isinstance(value, dict) else value:
        yield from _texts(item)
