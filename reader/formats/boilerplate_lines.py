"""Patterns of the lines around the story on a copied news page. To support a new one, add it to its table.

Each table is a list of patterns for a *whole* line (``fullmatch``), unless its docstring says otherwise. Colons may be
half-width or full-width.
"""

from __future__ import annotations

import re

from ..chinese import HAN
from ..patterns import lazy_pattern
from .person_names import EMPLOYER, split_names


def _lines(*patterns: str) -> re.Pattern[str]:
    return lazy_pattern("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


LONGEST_LINE = 300
"""A longer line is part of the story: lines around a story are short."""
LONGEST_BYLINE = 160
_MUCH_SPACE = lazy_pattern(r"\s{3,}")


def whole_line(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Matches the whole line; None if it does not match.

    Runs of white space are shortened to two, and long lines never match, because the patterns backtrack.
    """
    return pattern.fullmatch(_MUCH_SPACE.sub("  ", text)) if len(text) <= LONGEST_LINE else None


C = r"\s*[:：]\s*"

SECTION_PATH = _lines(
    r"(?:(?:您的?|当前|所在)\s*位置" + C + r")?[^>»›。，,;；!?！？]{1,26}(?:(?:>>|[>»›])[^>»›。，,]{1,28})+",
    r"(?:您的?|当前|所在)\s*位置" + C + r"\S.{0,60}",
    r"[^\s/|。，,]{1,12}(?:\s+[/|｜]\s+[^\s/|。，,]{1,12})+",
)
"""``河北新闻>>本网原创``, ``首页 > 新闻 > 正文``, ``新闻 / 河北``: above the headline only."""

HEAD_FURNITURE = _lines(
    r"进入移动版[,，]?\s*省流量[,，]?\s*体验好",
    r"(?:手机|扫码|扫一扫)(?:看|阅读|查看|分享).{0,12}",
    r"(?:分享|转发)(?:到|至)?" + r"(?:[:：].{0,40})?",
    r"(?:分享到|微信|微博|QQ空间|朋友圈|新浪微博|复制链接|收藏|打印|评论|点赞|关闭|纠错|投稿|举报)(?:[\s|｜/、]+[^\s|｜/、]{1,8})*",
    r"(?:字号|字体|字体大小|文字大小)?" + r"(?:\s*[:：])?\s*(?:\[?\s*(?:T|A|[大中小+-]|超大|默认)\s*\]?[\s|｜/]*){1,6}",
    r"(?:阅读|浏览|点击|评论|人气)(?:量|数|次数)?" + r"(?:[:：]|\s)*\d*\s*(?:次|条|人)?",
    r"(?:我要评论|我来说两句|播报文章|听新闻|朗读|关注|\+\s*关注|订阅|原创|正文|摘要|导读|A[+-])(?:\s+\S{1,8}){0,4}",
    r"(?:网站首页|首页)(?:\s+\S{1,8})*",
    r"\d+\s*(?:评论|分享|赞|参与).{0,10}",
    r"分享让更多人看到|[>＞»|·•\s]+|字号|字体|图集|图片集|视频|音频",
    r"(?:\+\s*)?关注\S{2,12}",
    r"收录于(?:合集|话题).{0,60}",
    r"[(（\[【]?(?:原标题|原题)" + C + r".{0,80}",
)
"""Buttons between the headline and the story."""

HEAD_FIELD = lazy_pattern(
    r"(文章来源|信息来源|新闻来源|稿件来源|来源|稿源|来自|source|责任编辑|责编|编辑|editor|作者|记者|通讯员|文字记者|author|by"
    r"|发布时间|更新时间|发表时间|发稿时间|发布日期|时间|日期|字号|字体|浏览次数|浏览量|阅读量|阅读|点击量|点击数|点击|评论数|评论|人气)"
    r"\s*[:：]\s*([A-Za-z][\w.'’&-]*(?: [A-Za-z][\w.'’&-]*)*(?=\s*$|\s*[|｜])"
    rf"|[^\s|｜:：]*(?:\s+[{HAN}]{{1,4}}(?=\s|$)(?!\s*[:：]))?)",
    re.IGNORECASE,
)
"""Anywhere in a line above the story: a label and its value (``来源:河北新闻网``)."""

LIST_BEGINS = _lines(
    r"[【\[]?(?:相关|延伸|推荐|更多|热门|热点|精彩|往期|猜你|为您|编辑)"
    r"(?:新闻|阅读|推荐|链接|报道|文章|喜欢|内容|回顾|专题|资讯|评论|精选)[】\]]?(?:\s*[:：])?.{0,4}",
    r"更多精彩内容.{0,12}",
    r"(?:阅读)?(?:上一篇|下一篇)\s*[:：]?.{0,60}",
    r"(?:今日|24小时|本周|一周)?(?:热点|热门|头条|排行|点击)(?:新闻|排行|榜|文章|推荐)?榜?",
    r"(?:related|read more|more from|you may also like|recommended)\b.{0,40}",
)
"""Below the story: a list of other headlines follows. If a sentence comes after it, the story continues."""

TAIL_FURNITURE = _lines(
    r"(?:更多)?(?:请)?(?:关注|扫码|扫描|扫一扫|长按).{0,24}",
    r"(?:官方)?(?:微信|微博|客户端|公众号)(?:公众号|二维码)?",
    r"电子报|数字报|手机报|纸媒版|分享让更多人看到",
    r"(?:网站首页|首页|返回首页|我要评论|分享文章|分享|回到顶部|返回顶部|打印|关闭|收藏|举报|点赞|评论"
    r"|上一篇|下一篇|上一页|下一页|尾页)"
    r"(?:[\s|｜:：].{0,60})?",
    r"[(（\[【]?(?:原标题|原题)" + C + r".{0,80}",
    r"(?:分享到|分享至|转发到)" + r"(?:[:：].{0,40}|\s.{0,40})?",
    r"(?:标签|关键词|关键字|tags?)" + C + r".{0,80}",
    r"[(（\[【]?(?:版权声明|免责声明|特别声明|郑重声明|声明|版权说明)[】\])）]?(?:\s*[:：].*)?",
    r"(?:本文)?(?:版权所有|未经(?:授权|许可|书面).{0,40}|转载请注明.{0,40}|凡本[网站]注明.*)",
    r"(?:copyright|©|all rights reserved).{0,120}",
    r"(?:\[?\d+\]?\s+){1,20}(?:下一页|尾页|末页).{0,12}|(?:\[\d+\]\s*){2,20}|第?\s*\d+\s*[/／页].{0,12}",
    r"[【\[(（]?\s*(?:纠错|打印|关闭|收藏|举报|完|END|全文完)\s*[】\])）]?(?:\s*[【\[(（]\s*[^\s【】\[\]()（）]{2,4}\s*[】\])）])*",
    r"(?:文字?|图片?|摄影|来源|排版|制图|视频|海报|设计|策划|审核|校对|监制|统筹)\s*[|｜丨]\s*\S.{0,30}",
    r"(?:图片|视觉|美术|版式)编辑" + C + r".{0,30}",
    r"《[^》]{2,16}》\s*[(（]\s*\d{4}年.{0,24}版\s*[)）]",
    r"\S{2,8}报料\s*[:：].{0,40}|\S{2,12}[,，]未经授权不得转载",
    r"(?:喜欢此内容的人还喜欢|阅读原文|(?:阅读|赞|在看|转发)\s*[\d.]+\s*万?\+?)",
    r"\d{20,}",
    r"(?:本文来源|文章来源|来源|稿源|初审|复审|终审|一审|二审|三审|校对|审核|审校|监制|排版|统筹|值班(?:主任|编委|主编))"
    + C
    + r".{0,60}",
    r"(?:举报|违法和不良信息).{0,40}",
    r"[A-Z]{2,}\d{3,}",
)
"""Below the story: buttons and notices."""

EDITOR = _lines(
    r"(?:[【\[]\S{1,4}[】\]]\s*)?[(（\[【]?\s*(?:本文|本期|网络|实习)?(?:责任编辑|责\s*编|编\s*辑|值班编辑|新媒体编辑)"
    r"(?:\s*[:：|｜丨]\s*|\s+)(?P<name>\S.{0,40}?)[)）\]】]?"
)
"""``责任编辑:张岩``, ``(责编：李四、王五)``."""

_POST = r"(?:(?:本[报网刊台]|见习|实习|首席|特约|特派|全媒体|新华社|人民网)\s{0,2}){0,3}"
_HOUSE = rf"{_POST}(?:[{HAN}]{{2,8}}(?:报|网|社|台|端|新闻)\s{{0,2}}){{0,2}}{_POST}"
_NAMED = rf"[{HAN}·A-Za-z]"
BYLINE_LINE = _lines(
    rf"[(（□■◆]?\s{{0,2}}(?:文/图|图/文|文|图|文图|图文|撰文|摄影|采写|撰稿|执笔)?(?:\s{{0,2}}[/／:：])?\s{{0,2}}{_HOUSE}"
    rf"(?:记者|通讯员|作者|实习生|特约撰稿人?)(?:\s{{0,2}}[:：])?\s{{0,2}}{_NAMED}{{1,12}}"
    rf"(?:[\s、，,/]{{1,3}}(?:(?:通讯员|记者|实习生|摄影|摄|图|文|本报记者)(?:\s{{0,2}}[:：])?\s{{0,2}})?{_NAMED}{{1,8}}){{0,8}}"
    r"(?:\s{0,2}(?:文/图|图/文|文|图|摄影报道|摄影|摄|报道))?[)）]?",
    r"by\s+[A-Z][\w.'-]+(?:\s+[A-Z][\w.'-]+){1,3}",
)
"""``本报记者 高原雪 通讯员 张三``, ``文/记者 李四``, ``By Jane Doe``."""

BARE_NAMES = _lines(
    rf"[{HAN}]{{2,4}}(?:[、\s]+[{HAN}]{{2,4}}){{0,4}}", rf"[{HAN}] [{HAN}]", r"[A-Z][\w.'-]+(?:\s[A-Z][\w.'-]+){1,3}"
)
"""``王小明``: only between the headline and the date."""

BYLINE_AT_END = lazy_pattern(
    rf"[(（]\s*((?:[{HAN}]{{0,12}}?\s*)?(?:记者|通讯员|作者|实习生)[^()（）。，,；;!?！？]{{1,60}})[)）]?\s*$"
)
"""At the end of the last paragraph; the closing bracket is often missing."""

BYLINE_AT_START = lazy_pattern(
    r"[^。]{0,40}?(?:讯|电|消息)\s*[(（]([^()（）]{0,12}(?:记者|通讯员)[^()（）]{1,60})[)）]"
)
"""``本报讯（记者 高原雪）``."""

CAPTION = lazy_pattern(
    r"(?:摄|供图|资料图|资料图片|/图|图/.{1,8})[)）]?$|^图[为片示]|^(?:photo|picture)\b", re.IGNORECASE
)
"""Anywhere in a short line: it is a caption, not a heading."""

_NUMERAL = "[一二三四五六七八九十]{1,3}"
NUMBERED = lazy_pattern(rf"{_NUMERAL}[、.．]|[(（]{_NUMERAL}[)）]|第{_NUMERAL}[章节部篇]")
"""The beginning of a numbered heading."""

_NAME = lazy_pattern(rf"(?<![{HAN}])([{HAN}])[ \u3000]+([{HAN}])(?![{HAN}])")
_NAME = lazy_pattern(rf"[{HAN}]{{2,4}}|[{HAN}]+(?:·[{HAN}]+)+|[A-Za-z][\w.'-]+(?:\s[A-Z][\w.'-]+){{0,3}}")


def names_in(text: str) -> tuple[str, ...]:
    """The names after 记者, 通讯员, 作者 …: ``记者 高原雪 通讯员 张三、李四`` → three names."""
    return tuple(name for name in split_names(text) if _NAME.fullmatch(name) and not EMPLOYER.match(name))


_SITE = lazy_pattern(rf"[{HAN}]{{1,10}}(?:网|在线|客户端)")
"""A site name, the first part of many paths."""
_NO_SECTION = frozenset(("首页", "网站首页", "正文", "主页", "home", "文章正文", "内容", "详情"))


def section_in(text: str) -> tuple[str, ...]:
    """``当前位置：首页 > 新闻 > 河北 > 正文`` → 新闻, 河北."""
    path = re.sub(r"^(?:.{0,4}位置|(?:所属)?(?:栏目|频道|分类))\s*[:：]\s*", "", text)
    names = [name.strip() for name in re.split(r"\s*(?:>>|>|»|›)\s*|\s+[/|｜]\s+", path)]
    if len(names) > 1 and _SITE.fullmatch(names[0]):
        names = names[1:]
    return tuple(name for name in names if name and name.lower() not in _NO_SECTION)
