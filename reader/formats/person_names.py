"""The only byline parser: finds names of people in a text, for front matter, plain text, HTML and import."""

from __future__ import annotations

import re

from ..chinese import HAN, VARIATION, has_han
from ..models import word_set
from ..patterns import lazy_pattern

ROLE = lazy_pattern(
    rf"(?:文字|摄影|见习|实习|首席|特约|特派|驻[{HAN}]{{2,4}})?(?:记者|通讯员|作者|实习生|特约撰稿人?|撰稿|采写|撰文)\s*[:：/]?"
    r"|(?:摄影报道|文/图|图/文|文图|图文|摄影|报道)(?=\s|$)|(?<=\s)[文图摄](?=\s|$|[/／])|^\s*[文图][/／]"
    r"|^\s*(?:written\s+)?by\b[:\s]*",
    re.IGNORECASE,
)
"""Words beside a name that are not part of it: ``记者``, ``文/图``, ``By``."""
EMPLOYER = lazy_pattern(
    rf"^\s*(?:本[报网刊台]|(?:[{HAN}]{{1,10}}(?:报|网|社|台|客户端|新闻|融媒体|周末|周刊)[·\s]?){{1,2}})?"
    r"\s*(?:全媒体)?\s*$"
)
"""The employer before a role: ``河北日报``, ``本报``, or an empty text."""
_CHARACTER = rf"[{HAN}][{VARIATION}]?"
_SPACED_NAME = lazy_pattern(rf"(?<![{HAN}{VARIATION}])({_CHARACTER})[ \t\u3000]+({_CHARACTER})(?![{HAN}{VARIATION}])")
_BETWEEN_HAN = lazy_pattern(rf"[\s、，,/／;；&|｜丨]+|(?<=[{HAN}]{{2}})(?:和|及)(?=[{HAN}]{{2}})")
_BETWEEN_LATIN = lazy_pattern(r"\s*(?:[、，,;；&|｜]|\band\b)\s*")
_OWN_PAPER = lazy_pattern(
    rf"(?:^|(?<=[\s、，,;；]))[{HAN}]{{2,10}}(?=(?:见习|实习|首席)?(?:记者|通讯员|实习生)[\s:：])"
)
"""The newspaper before 记者 without a space: ``南都记者 林子沛``."""
_TRADITIONAL_ROLES = (("記者", "记者"), ("通訊員", "通讯员"), ("實習", "实习"), ("特約", "特约"), ("攝影", "摄影"))
_COMPOUND_SURNAMES = word_set("欧阳 司马 上官 诸葛 司徒 东方 皇甫 尉迟 慕容 令狐 公孙 端木 歐陽 司馬 諸葛")
SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹"
    "熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳"
    "齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房"
    "边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练"
    "張劉陳楊趙黃吳孫馬羅鄭謝韓馮蕭許鄧葉閻餘盧蔣賈範譚鄒陸龍萬錢湯賴龔龐蘭顏魯韋聶叢嶽莊歐項陽衛單喬賀嚴溫齊齡鍾關費紀饒戚"
    "仲乐虞卞封竺冼原官衣楚佟栗匡宗应台巫鞠僧桑荆谌银扬明沙薄伏岑习胥保和蔺格次拉尼"
)
"""The first characters of almost all Chinese names."""
_BRACKETS = "()（）[]【】□■◆ \u3000"


def closed_up(name: str) -> str:
    """Removes the space in a two-character name: ``何　平`` → 何平."""
    return _SPACED_NAME.sub(r"\1\2", name.strip())


def split_names(text: str) -> tuple[str, ...]:
    """The names in *text*, without duplicates: ``河北日报记者 高原雪 通讯员张三、李 四`` → 高原雪, 张三, 李四.

    Spaces separate Chinese names; in other scripts they are part of a name: ``Ann Lee and Tom O'Brien``.
    """
    for traditional, simplified in _TRADITIONAL_ROLES:
        text = text.replace(traditional, simplified)
    first, *others = ROLE.split(_OWN_PAPER.sub("", closed_up(text.strip(_BRACKETS))))
    pieces = others if others and EMPLOYER.match(first) else [first, *others]
    names = [name for piece in pieces for name in _split(piece)]
    return tuple(dict.fromkeys(names))


def _split(piece: str) -> list[str]:
    between = _BETWEEN_HAN if has_han(piece) and not re.search(r"[A-Za-z]", piece) else _BETWEEN_LATIN
    return [" ".join(name.split()) for part in between.split(piece) if (name := part.strip(_BRACKETS + ".:："))]


def is_person_name(name: str) -> bool:
    """Whether *name* may be a Chinese person's: a surname and one or two characters, or parts with ``·``."""
    closed = closed_up(name)
    if "·" in closed:
        return True
    return (2 <= len(closed) <= 3 and closed[0] in SURNAMES) or (
        3 <= len(closed) <= 4 and closed[:2] in _COMPOUND_SURNAMES
    )
