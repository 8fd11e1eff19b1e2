"""Recognizes field values that mark an article as not public, in the words of other programs and their users.

WordPress, Ghost, Pelican, Nikola, Grav, Hugo, Notion, Org, schema.org; users of Obsidian.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ..models import word_set
from ..patterns import lazy_pattern

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
        " 仅自己可见 僅自己可見 好友可见 登录可见"
        " 未通过 未过审 草稿箱 未定稿 定时 未上线 已下线 下线"
    )
    | {"in progress", "in review", "not started", "to do", "auto draft", "under review", "needs review"}
    | {"not published", "do not publish", "on hold", "only me", "top secret", "logged in"}
)
_WITHIN = lazy_pattern(
    r"\b(?:draft(?:s|ing)?|private|unpublished|wip)\b|草稿|私密|未[发發][布佈]|未公[开開]|不公[开開]"
)
"""As a part of a status: ``📝 Draft``, ``first draft``, ``草稿（二审）``."""
_NO_DATES = word_set("0 never none tbd tba unknown later soon n 未定 未发 尚未")
_NAMES = word_set("draft drafts private unpublished wip noexport 草稿 私密 未发布 未發布")
_PARTS = word_set(
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
    """Whether a text, or one in a list or mapping, is such a status; of a mapping also a name: ``{draft: true}``.

    An alias of YAML (``*name``) isn't followed; it may be one.
    """
    words = [_SPACES.sub(" ", text.lower()).strip() for text in _texts(value)]
    return any(text in _STATUSES or text.startswith("*") or _WITHIN.search(text) for text in words)


def withheld_date(text: str) -> bool:
    """Whether what stands in place of a date says that there is none yet: ``published: never``, ``date: 待定``."""
    return text.lower() in _NO_DATES or withheld_status(text)


def withheld_access(value: Any) -> bool:
    """Also Grav's ``access: {site.login: true}``: who may read it."""
    is_limited = isinstance(value, dict) and any(text.lower() in YES for text in _texts(value))
    return is_limited or withheld_status(value)


def withheld_output(value: Any) -> bool:
    """Hugo's ``build: {render: never}`` makes no page, ``list: never`` one that no list names."""
    options = value if isinstance(value, dict) else {}
    return any(str(options.get(name, "")).lower() in ("never", "false", "link") for name in ("render", "list"))


def withheld_names(names: Iterable[str]) -> bool:
    """Whether one of these tags or sections is ``draft`` or ``草稿``: a status in Nikola and Org."""
    return any(name.lower().rpartition("/")[2] in _NAMES for name in names)


def withheld_part(name: str) -> bool:
    """Whether what stands in a tag, a container or below a heading of this name is not for readers: ``hidden``."""
    return name.lower() in _PARTS


def withheld_otherwise(name: str, value: Any) -> bool:
    """Whether a field of no row says so: ``type: draft``, ``still_draft: yes``, ``format: {html: {draft: true}}``."""
    if isinstance(value, dict):
        return any(_is_draft(key, inner) or withheld_otherwise("", inner) for key, inner in value.items())
    return _is_draft(name, value) or (
        name != "" and withheld_names([value] if isinstance(value, str) else _texts(value))
    )


def _is_draft(name: str, value: Any) -> bool:
    is_yes = isinstance(value, str) and value.lower() in YES - {"1"}
    return is_yes and _DRAFT_NAME.fullmatch(_SPACES.sub("", name.lower())) is not None


def withheld_title(title: str) -> bool:
    """Whether a mark at one of its ends says so: ``【草稿】雨``, ``雨 (draft)``, ``WIP: 雨``. ``Draft: …`` doesn't."""
    return _TITLE_MARK.search(title) is not None


def _texts(value: Any) -> Iterator[str]:
    """All texts in *value*, and those names in mappings that have the value true."""
    if isinstance(value, str):
        yield value
        return
    if isinstance(value, dict):
        yield from (name for name, text in value.items() if isinstance(text, str) and text.lower() in YES)
    for item in value.values() if isinstance(value, dict) else value:
        yield from _texts(item)
