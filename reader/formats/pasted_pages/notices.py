"""Recognizes sentences below a story that are not part of it: copyright notices and requests to follow an account."""

from __future__ import annotations

import re

from ...patterns import lazy_pattern
from .line_patterns import fold_traditional

_LONGEST_NOTICE = 400
_OWN_START = lazy_pattern(
    r"[(（\[【*※▲■◆●\s]*(?:\d{1,2}[.、．]\s*)?(?:(?:特别|版权|免责|郑重|平台|重要|风险)?(?:声明|申明|提示|说明)\s*[】\]]?\s*[:：]"
    r"|凡(?:本|注|来源|未|是|带有)|本(?:内容|文|网|站|刊|报|平台|公众号|作品|稿|号|篇|账号)(?!记者|讯|社|月)|版权(?:归|所有)|以上(?:内容|文章|图文|信息|仅)|文章(?:来源|内容|版权"
    r"|系|仅)"
    r"|(?:部分)?(?:图片|图文|素材|内容|文字|信息|稿件|作品)(?:来源|来自|源于|均|版权|选自)|部分(?:图片|内容|素材|文字)|如(?:有|需|涉|若|因)|若(?:有|需|涉)|欢迎(?:转载|分享)|转载请"
    r"|该文观点|此文|©"
    r"|notice\s*:|copyright|all rights reserved|the content above)",
    re.IGNORECASE,
)
_OWN_WORDS = lazy_pattern(
    r"版权|转载|摘编|镜像|侵权|侵删|请下载|不代表|仅代表|著作权|(?:来自|源于|来源于?)网络|(?:联系|告知).{0,12}(?:删除|处理)|存储(?:空间)?服务"
    r"|不构成.{0,8}建议|copyright|rights reserved|uploaded and posted|reproduced",
    re.IGNORECASE,
)
_LEGAL = lazy_pattern(
    r"版权|转载|摘编|镜像|授权|侵权|侵删|本网|本站|本平台|本公众号|免责|不代表|仅代表|法律责任|不构成|仅供参考|存储服务|联系我们|联系删除|投稿|热线|邮箱"
    r"|二维码|客户端|公众号|下载|扫码|举报|数据库|付费|会员|订阅|优惠"
    r"|copyright|reserved|reproduced|without (?:prior )?(?:written )?permission"
    r"|subscribe|newsletter",
    re.IGNORECASE,
)
_FORBIDS = lazy_pattern(
    r"(?:\S{2,14}[,，])?未经\S{0,6}?(?:授权|许可|同意)[,，]?[^“]{0,16}(?:不得|务经|禁止|严禁|谢绝)[^“]{0,30}(?:转载|摘编|使用|镜像|复制)(?!他人)\S{0,30}"
    r"|(?:©|copyright\b|all rights reserved).{0,160}|(?:京|沪|粤|冀|浙|[^\W\d_])ICP[证备].{0,60}",
    re.IGNORECASE,
)
_PROMOTION_START = lazy_pattern(
    r"[\W_]*(?:点击|点个|点亮|点赞|戳|轻触|长按|扫码|扫描|扫一扫|识别|关注|转发|分享|喜欢|觉得|看完|欢迎|快来|赶快|赶紧|记得|别忘|三连|求|更多|想看|想了解|顺手|随手|动动|星标|设为|加入"
    r"|打开|下载|微信|请|如果|左滑|上滑|向上|继续|求)"
)
_PROMOTION_WORDS = lazy_pattern(
    r"在看|点赞|关注|二维码|公众号|小程序|转发|分享|留言|评论区|下载|APP|客户端|阅读原文|蓝字|星标|原文|视频号|朋友圈|收藏|下一[个篇]|扫码|让更多人",
    re.IGNORECASE,
)
_LONGEST_PROMOTION = 50
_QUOTATION = lazy_pattern(r"[“「『\"][^”」』\"]{9,}")


def is_own_notice(text: str, before: str = "") -> bool:
    """Whether a sentence is a notice about its own page. False for quoted text: after a colon or in quotation marks."""
    if len(text) > _LONGEST_NOTICE or before.endswith(("：", ":")) or _QUOTATION.search(text):
        return False
    text = fold_traditional(text)
    return bool(_FORBIDS.fullmatch(text) or (_OWN_START.match(text) and _OWN_WORDS.search(text)))


def is_notice_below(text: str) -> bool:
    """Whether a sentence below page chrome is a notice: it is about rights, or asks readers to follow."""
    return (len(text) <= _LONGEST_NOTICE and bool(_LEGAL.search(text))) or is_promotion(text)


def is_promotion(text: str) -> bool:
    """Whether a sentence is a request such as ``点个在看，让更多人看到``."""
    return (
        len(text) <= _LONGEST_PROMOTION and bool(_PROMOTION_START.match(text)) and bool(_PROMOTION_WORDS.search(text))
    )


def is_bare_promotion(text: str) -> bool:
    """Whether a line is such a request even in the middle of a story."""
    return is_promotion(text) and "。" not in text and not re.search("[“”]", text[1:-1].replace("在看", ""))
