"""Patterns that distinguish an article from the rest of a page: class names and fixed phrases.

They are common HTML class names and newsroom phrases, never names of sites.
"""

from __future__ import annotations

import re

from ...chinese import HAN

_UNSPACED = f"{HAN}\u3041-\u30ff\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff"
"""Scripts without spaces between words: Han, kana, Thai, Lao, Burmese, Khmer."""

TOKEN = re.compile(
    rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])[^\W_]|[\u0300-\u036f\u05b0-\u05c7\u064b-\u0652\u0900-\u0dff])+"
)
"""One character of a script without spaces, or one run of letters, marks and digits: the unit of text length."""

STOP = re.compile(r"[，。！？；：、“”…،؛؟।॥።]|[,.!?;:](?=\s|$|[\"”’»])")
"""Punctuation of sentences. Menus and lists of links have almost none."""

SENTENCE_END = re.compile(r"[。！？；…”’»）.!?;\")؟।॥።]\s*$")

UNWELCOME = re.compile(
    r"comment|pinglun|repl(y|ies)|discuss|disqus|relat|xiangguan|recomm?|recirc|tuijian|side-?_?bar|\baside|foot|header"
    r"|\bnav|navi|menu|crumb|share|sharing|social|copyright|banner|advert|\bads?\b|[-_]ads?\b|promo|sponsor|subscri"
    r"|newsletter|popup|modal|login|signup|widget|\btags?\b|keyword|bio\b|disclaim|statement|toolbar|pager|paginat"
    r"|qrcode|erweima|download|outbrain|taboola|rank|\bhot\b|trending|most-|\bmore\b|more-|byline|timestamp|dateline"
    r"|publish|\bmeta\b|post-?meta|author|donat|teaser|card|gallery|slideshow|caption|credit|follow|rating|print|skip"
    r"|\bnext|\bprev|yarpp|jiathis|[bj]d?share|editor\b|zebian|zrbj|shengming|contact|search|feedback|tips|cookie|notice"
    r"|alert|consent|gdpr|popmake|\bcta\b|estimated|read-?time|trackback|tbping|hidden-?xs|breadcrumb|pubdate|source\b|laiyuan|lookall"
    r"|excerpt|wp-block-query",
    re.IGNORECASE,
)
"""Class names and ids of page chrome."""

POST = re.compile(r"\b(?:hentry|type-(?:post|page)|post-\d+)\b")
TAXONOMY = re.compile(r"\b(?:tag|category|post_tag|author|series|topic|format|status|comments?)-[^\s]+")
"""Class names that WordPress adds to a whole article (POST), including its tags and authors."""

OUTSIDE = re.compile(
    r"comment|pinglun|repl|discuss|disqus|relat|xiangguan|recomm|recirc|tuijian|\baside|foot|popup|popmake|modal|login"
    r"|cookie|consent|gdpr|newsletter|subscri|advert|sponsor|promo|outbrain|taboola|crumb",
    re.IGNORECASE,
)
"""Class names and ids of the surroundings of an article, regardless of the amount of text in them."""

BODY = re.compile(
    r"article-?_?(body|content|text|txt|con\b)|(post|entry|story|news|detail|main|page)-?_?(body|content|text|con\b|txt)"
    r"|zhengwen|trs_editor|trs_ueditor|vsb_content|\bzw\b|zoom\b|\bbody-?text",
    re.IGNORECASE,
)
"""Class names and ids that content management systems use for the body of an article."""

COMMENTS = re.compile(
    r"(^|[\s_-])(comments?|pinglun|disqus_thread|respond)([\s_-]|$)|comments?-?_?(list|area|box|section|wrap|form)",
    re.IGNORECASE,
)

CHROME = re.compile(
    r"责任编辑|责编|编辑[:：]|版权|相关(阅读|新闻|报道|链接|文章)|推荐阅读|延伸阅读|热门|分享到|扫一扫|二维码|微信公众号"
    r"|免责声明|声明[:：]|转载|点击|登录|注册|评论|字号|打印|浏览|来源[:：]|发布(时间|日期)|上一[页篇]|下一[页篇]|copyright|©"
    r"|all rights reserved|subscribe|sign up|newsletter|follow us|read more|related|cookie|advertisement|share this"
    r"|privacy|terms of|read also|see also|click here|trackback",
    re.IGNORECASE,
)
"""Phrases in short lines around an article."""

CONSENT = re.compile(r"\bcookies?\b|\bgdpr\b|\bconsent|\bprivacy\b|newsletter|隐私|隱私", re.IGNORECASE)
"""Words in notices about cookies and privacy, and in invitations to subscribe."""

DATE = re.compile(
    r"(19|20)\d\d\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}|\b\d{1,2}[-/.]\d{1,2}[-/.](19|20)\d\d"
    r"|\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2},? (19|20)\d\d"
    r"|\b\d{1,2} (jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,? (19|20)\d\d",
    re.IGNORECASE,
)

CAPTION = re.compile(
    r"caption|img-?_?(desc|info|note)|pic-?_?(desc|txt|note)|photo-?_?(desc|credit)|image-meta", re.IGNORECASE
)
"""Class names of image captions."""

LEAD_IN = re.compile(
    r"^\W*((related|read (more|also|next)|see (also|more)|also( read)?|more|watch|recommended|subscribe|sign up|follow"
    r"|click)\b|相关|延伸阅读|推荐|更多|点击|阅读原文|链接|另见)",
    re.IGNORECASE,
)

HEAD_LINE = re.compile(
    r"^\W*(原创|来源|作者|记者|发布|时间|日期|编辑|责编|字号|浏览|点击|阅读量|原标题|分享|打印|by |published|updated"
    r"|posted|share)"
    r"|字号|浏览(次数|量)|来源[:：]|min(ute)?s? read",
    re.IGNORECASE,
)

TAIL_HEADING = re.compile(
    r"^\W*(相关(阅读|新闻|报道|链接|文章|推荐|专题)|推荐(阅读|文章)|延伸阅读|更多(新闻|精彩|阅读|内容)|热门|猜你喜欢"
    r"|网友评论|最新评论|版权声明|免责声明|特别声明|声明[:：]|related|you (may|might) also|more (from|on|in|stories)"
    r"|recommended|read (more|next)"
    r"|most (read|popular)|trending|see also|about the author|share this|sponsored|comments?$|citation:)"
    r"|^.{0,12}(版权|免责).{0,4}(声明|说明)",
    re.IGNORECASE,
)

TAIL_LINE = re.compile(
    r"责任编辑|责编|^\W*(编辑|校对|审核|审读|监制|统筹|[初终一二三]审|实习编辑|值班编辑)\s*[:：丨｜|]|转载请|版权(归|所有)|免责声明|扫一扫|二维码"
    r"|微信公众号|点击(查看|阅读|进入)|阅读原文|分享(让|到)|^\W*(文章|稿件|信息)?来源\s*[:：丨｜|]|上一[页篇章]|下一[页篇章]"
    r"|^\W*(the )?end\W*$|^\W*点个.{0,3}在看"
    r"|返回(目录|首页)|正文已结束|打印本页|关闭窗口|^\W*(\[\d+\]\s*)+$|trackback|all rights reserved|©|copyright"
    r"|subscribe|newsletter|follow us|sign up|first published"
    r"|^\W*(read more|related|share this|updated|published|posted)|have a tip\?|e-?mail (him|her|us|the)"
    r"|(仅|不)代表.{0,20}(观点|立场)|follow (him|her)\b|join our\b",
    re.IGNORECASE,
)
