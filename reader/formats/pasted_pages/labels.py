"""Parses labelled fields of a news page: ``来源：新华社 作者：张三``, ``编辑丨李四``, ``【作者】王五``, ``图/赵六``.

It contains the only table of labels, for the lines above and below a story.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...chinese import HAN
from ...models import word_set
from ...patterns import lazy_pattern
from ..person_names import closed_up, split_names
from .line_patterns import fold_traditional

SOURCE, AUTHOR, EDITOR, CHIEF, DATE, TITLE, KICKER, SUBTITLE, NUMBER, TAGS, OTHER = (
    *("source", "author", "editor", "chief", "date", "title", "kicker", "subtitle", "number", "tags", "other"),
)
"""The kinds of fields. CHIEF is the responsible editor, 责任编辑; NUMBER the number of an official document."""

_NAMES = {
    SOURCE: "文章来源 信息来源 新闻来源 稿件来源 本文来源 内容来源 来源于 来源 稿源 消息来源 来自 出处 转自 发布单位 "
    "发布机构 发布机关 发文机关 发文单位 发文机构 source",
    AUTHOR: "作者 文字记者 记者 通讯员 特约记者 特约撰稿人 特约撰稿 撰文 撰稿 采写 采访 执笔 文字 图文 文图 "
    "文/图 图/文 文 author by",
    EDITOR: "编辑 网络编辑 值班编辑 新媒体编辑 微信编辑 文字编辑 本期编辑 本版编辑 实习编辑 见习编辑 微编 编 editor",
    CHIEF: "责任编辑 本期责编 本版责编 本文责编 值班责编 责编",
    DATE: "文章日期 发布时间 更新时间 发表时间 发稿时间 发布日期 发文日期 更新日期 成文日期 生成日期 公开日期 "
    "时间 日期 published posted date",
    TITLE: "标题 题目 主题 主标题 headline",
    KICKER: "引题 肩题 眉题",
    SUBTITLE: "副题 副标题 子题",
    NUMBER: "发文字号 文号 发布文号",
    TAGS: "标签 文章标签 关键词 关键字 tags tag keywords keyword",
    OTHER: "发自 字号 字体 文字大小 浏览次数 浏览量 浏览 阅读次数 阅读量 阅读 点击次数 点击量 点击数 点击 评论数 "
    "评论 人气 访问次数 访问量 分享到 分享至 分享 索引号 主题分类 主题词 公文种类 公开方式 有效性 "
    "信息分类 体裁分类 组配分类 栏目 频道 所属栏目 图片编辑 视觉编辑 美术编辑 版面编辑 版式编辑 "
    "排版编辑 视频编辑 音频编辑 图片来源 封面图片来源 封面来源 素材来源 资料来源 部分图片 图源 题图 "
    "封面图 封面 头图 配图 摄影 摄影记者 摄像 视频 音频 图片 图 摄 供图 绘图 插图 漫画 制图 海报 动画 "
    "动漫 剪辑 后期 制作 设计 美编 美工 视觉 版式 排版 录音 配音 朗诵 播音 主播 出镜 拍摄 校对 校审 "
    "审校 审读 审核 审签 审定 审稿 校稿 初审 复审 终审 一审 二审 三审 一校 二校 三校 一读 二读 监制 "
    "总监制 监审 出品 出品人 策划 总策划 统筹 总统筹 主编 副主编 执行主编 总编辑 值班主任 值班编委 "
    "值班主编 值班总编 值班总监 值班领导 翻译 编译 整理 供稿 投稿 通联 联合出品 运营 新媒体 "
    "新媒体运营 微信编排 编排 来稿",
}
_KIND = {name.lower(): kind for kind, names in _NAMES.items() for name in names.split()}
_HEADLINE_LABELS = word_set("视频 图片 图 漫画 海报 动画 主题 评论 摄影 文字 策划 来源 分享 音频 设计 整理")
"""Labels that may begin a headline if a bar follows: ``视频丨大雨来了``."""


def _spaced_pattern(name: str) -> str:
    """A pattern for *name* that also matches it with spaces: ``责 任 编 辑``."""
    return r"\s{0,4}".join(name) if re.fullmatch(f"[{HAN}]{{2,5}}", name) else re.escape(name)


_ALL = "|".join(_spaced_pattern(name) for name in sorted(_KIND, key=len, reverse=True))
_HOUSE = rf"(?:[{HAN}]{{2,10}}(?:报|网|社|台|端|新闻|客户端)|本[报网刊台])?(?:首席|见习|实习|全媒体|特派|特约)?"
_LABEL = lazy_pattern(
    rf"(?<![{HAN}A-Za-z])[【\[]?{_HOUSE}(?P<label>{_ALL})(?:】\s?[:：]?|\]\s?[:：]?|\s{{0,4}}[:：]|\s{{0,3}}[丨｜|]"
    rf"|[/／])\s{{0,4}}",
    re.IGNORECASE,
)
_EDITORS = "责任编辑 责编 编辑 校对 审核 审读 监制 一审 二审 三审 初审 复审 终审"
_PEOPLE = "|".join(map(_spaced_pattern, _EDITORS.split()))
_PERSON = rf"[{HAN}]{{2,4}}|[{HAN}]\s{{1,2}}[{HAN}]"
_LABELS_BESIDE = lazy_pattern(rf"(?:(?:{_PEOPLE})\s{{1,4}}(?:{_PERSON})(?:[、\s]{{1,3}}|$)){{1,6}}")
_LABEL_BESIDE = lazy_pattern(rf"({_PEOPLE})\s{{1,4}}((?:{_PERSON})(?:、(?:{_PERSON}))*)")
_BAR = lazy_pattern(r"[|｜丨]")
_NOT_IN_VALUE = lazy_pattern(r"[。！？!?；]|[“”].{6}")
_NOT_IN_TAGS = lazy_pattern(r"[。！？!?]|[“”].{6}")
_LONGEST_VALUE = 60
_BUTTON = lazy_pattern(
    r"\s+(?:打印|关闭|收藏|举报|分享|字号|字体|点击|阅读|浏览|评论|纠错|听全文|我要|返回|扫码|\[?大|A[+-]|T|\d+)\b.*$|\s{3,}.*$"
)
_CODE = lazy_pattern(r"[\s_(（]+[A-Z]{1,4}\d{2,6}\)?$")
"""The staff number of an editor: ``尤佳 PN092``."""
_TAG_SIGNS = lazy_pattern(r"[、，,;；#＃|｜丨/]+")
_TAG_SEPARATORS = lazy_pattern(r"[\s、，,;；#＃|｜丨/]+")
_EDGE_CHARACTERS = " \u3000\xa0()（）[]【】《》<>|｜丨·•,，、;；"


@dataclass(frozen=True)
class LabelledField:
    """A labelled field: its kind, its label without spaces, its value without brackets around it."""

    kind: str
    label: str
    value: str
    is_colon: bool = True


def labelled_fields(text: str) -> tuple[str, list[LabelledField]]:
    """The text before the first label of a line, and its fields. No fields if a value is a sentence."""
    plain = fold_traditional(text)
    beside = _LABELS_BESIDE.fullmatch(plain.strip(_EDGE_CHARACTERS))
    if beside:
        pairs = [(match[1], text[slice(*match.span(2))]) for match in _LABEL_BESIDE.finditer(plain)]
        return "", [
            LabelledField(_kind(label), _without_spaces(label), value.strip(_EDGE_CHARACTERS)) for label, value in pairs
        ]
    found = [match for match in _LABEL.finditer(plain) if match["label"].lower() != "by" or match.start() == 0]
    fields = []
    for match, following in zip(found, [*found[1:], None], strict=False):
        value = _BAR.split(text[match.end() : following.start() if following else None])[0].strip(_EDGE_CHARACTERS)
        kind = _kind(match["label"])
        if (_NOT_IN_TAGS if kind == TAGS else _NOT_IN_VALUE).search(value) or len(value) > _LONGEST_VALUE:
            return text, []
        fields.append(LabelledField(kind, _without_spaces(match["label"]), value, "丨" not in match[0]))
    before = text[: found[0].start()] if found else text
    return before, fields


def credits_in(text: str) -> list[LabelledField]:
    """The fields of a line that contains only fields: ``一审：周敏 二审：何苗``, ``（责编：李四）``. Else empty."""
    before, fields = labelled_fields(text.strip(_EDGE_CHARACTERS))
    return fields if not before.strip(_EDGE_CHARACTERS) else []


def may_be_headline(field: LabelledField) -> bool:
    """Whether a line that begins with this field may be a headline: ``视频丨大雨来了``."""
    return not field.is_colon and (field.label in _HEADLINE_LABELS or field.kind == OTHER)


def source_in(value: str) -> str:
    """The name of the source: ``《河北日报》 举报`` → 河北日报. In other scripts the whole value."""
    value = _BUTTON.sub("", value).strip(_EDGE_CHARACTERS)
    words = value.split()
    name = words[0] if words and re.search(f"[{HAN}]", words[0]) else " ".join(words)
    return re.sub("官方[账帐]号$", "", name.strip(_EDGE_CHARACTERS))


def people_in(value: str) -> str:
    """The editors as written, without buttons: ``刘琼、胡洪林``."""
    return closed_up(_CODE.sub("", _BUTTON.sub("", value)).strip(_EDGE_CHARACTERS))


def tags_in(value: str) -> tuple[str, ...]:
    """The tags in ``#河北 #经济``, ``河北、经济``, ``河北；经济``, without duplicates.

    In other scripts, spaces do not separate tags.
    """
    separators = _TAG_SEPARATORS if re.search(f"[{HAN}]", value) else _TAG_SIGNS
    return tuple(dict.fromkeys(tag for part in separators.split(value) if (tag := part.strip(_EDGE_CHARACTERS))))


def names_of(value: str) -> tuple[str, ...]:
    """The names of people in the value of a field, without buttons and staff numbers."""
    return split_names(_CODE.sub("", _BUTTON.sub("", value)))


def _without_spaces(label: str) -> str:
    return re.sub(r"\s", "", label).lower()


def _kind(label: str) -> str:
    return _KIND[_without_spaces(label)]
