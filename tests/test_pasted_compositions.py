"""Pasted pages composed at random of the heads, stories and tails of many houses: no sentence lost, no chrome shown."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import datetime

from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from reader.formats import read_draft
from reader.models import Draft

DATE = datetime(2021, 3, 9, 5, 42)
MORE = {
    "title": "古渡口来了新渡船",
    "reporter": "顾远",
    "correspondent": "陆晓晴",
    "editor": "江楠",
    "source": "河湾日报",
}


@dataclass(frozen=True)
class Head:
    """Lines above a story, and the fields that they give: ``kicker``, ``subtitle``, ``section``, ``byline``, ``source``."""

    text: str
    fields: str


HEADS = (
    Head("人民网>>社会>>民生\n{title}\n本报记者　{reporter}\n2021年03月09日05:42  来源：{source}\n分享到：\n人民微博", "section byline source"),
    Head("新华网 > > 正文\n{title}\n2021-03-09 05:42:00 来源： {source}\n关注新华网\n微信 微博 Qzone 评论\n图集", "source"),
    Head("{title}\n澎湃新闻记者 {reporter}\n2021-03-09 05:42\n来源：{source}\n字号\n听全文", "byline source"),
    Head("{title}\n原创 {reporter} {source} 2021-03-09 05:42 发表于河北\n点击上方蓝字关注我们\n↑↑↑", "byline source"),
    Head("{title}\n{source}\n2021-03-09 05:42 · {source}官方账号\n关注", "source"),
    Head("原标题：{title} 两岸乘客点赞\n{title}\n2021-03-09 05:42:00\n来源：{source}\n作者：记者 {reporter} 通讯员 {correspondent}", "both source"),
    Head("{title}\n2021-03-09 05:42 来源：{source}\n【字体：大 中 小】\n扫一扫在手机打开当前页", "source"),
    Head("{title}\n来源：{source} | 2021年03月09日 05:42:00\n手机看\nA- A+", "source"),
    Head("首页 > 社会 > 民生 > 正文\n江面上的新闻\n{title}\n八分钟就到对岸，老人孩子都说方便\n2021-03-09 05:42　来源：{source}　作者：{reporter}　字号：大 中 小", "section kicker subtitle byline source"),
    Head("县长在全县交通工作会议上强调\n{title}\n——新船八分钟过江\n2021-03-09 05:42 来源：{source}", "kicker subtitle source"),
    Head("当前位置：首页 > 社会 > 民生\n{title}\n发布时间：2021-03-09 05:42 来源：{source} 浏览次数：1286 字号：[大 中 小] 打印\n分享到：微信 微博", "section source"),
    Head("{title}\n界面新闻记者 | {reporter}\n2021-03-09 05:42\n来源：{source}\n字体：\n宋", "byline source"),
    Head("{title}\n□{reporter} {correspondent}\n2021-03-09 05:42", "both"),
    Head("{title}\n作者丨{reporter}\n来源丨{source}\n2021-03-09 05:42", "byline source"),
    Head("2021年03月09日 05:42\n{title}\n", ""),
    Head("首页 新闻 时政 社会 文体 视频\n登录 | 注册\n{title}\n2021-03-09 05:42:00　　来源：{source}　　记者：{reporter}　　打印　收藏", "byline source"),
)  # fmt: skip
STORIES = (
    "早上六点，第一班渡船离开老渡口，船上坐着三十七名赶集的村民。\n新渡船能载八十人，雨天也不误点。",
    "　　“从前过江要等半个钟头，现在八分钟！”村民马桂英说。\n　　她把菜篮放稳，又补了一句：“不贵。”",
    "　　本报青石县3月8日电 （记者{reporter}、{correspondent}）新渡船昨天下水。\n　　县交通局介绍，今年还将改造渡口四处。",
    "据新华社电 新渡船昨天下水，首航载客七十九人。",
    "一、渡口的来历\n渡口建于一九五二年，当时只有一条木船。\n二、渡船的将来\n明年，渡船将换成电动船，江面会更安静。",
    "新渡船昨天下水",
    "船走了，水还在晃\n水晃着，天也在晃\n等一个不会回来的下午",
    "问：渡船停不停航？\n答：不停。\n问：票价多少？\n答：两元，六十五岁以上免费。",
    "他在船舷上刻了一行小字：\n版权所有，翻印必究。\n大家都笑了。",
    "编辑部的来信\n责任编辑：这四个字，他写了三十六年。\n来源：读者的记忆\n校对老周说，要读三遍。",
    "尊敬的船长：\n　　您好！谢谢您每天等我们放学。\n　　　　　　　　　　　　　　柳树沟小学 全体学生\n　　　　　　　　　　　　　　2021年3月8日",
    "Residents voted on Monday to keep the ferry running for two more years.\n“It is our road,” said Ruth Calder.",
    "渡船的船老大姓陈，今年五十九岁，开船三十四年，没有误过一班。\n（作者系河湾县作家协会会员）",
)
TAILS = (
    "《 {source} 》（ 2021年03月09日 04 版）\n(责编：{editor}、白露)\n分享让更多人看到\n推荐阅读\n县城有了通宵书房\n人民日报社概况 | 关于人民网",
    "【纠错】\n责任编辑： {editor}\n新闻评论\n加载更多\n010020020110000000000000011100001123756789",
    "来源丨{source}\n作者丨{reporter}\n编辑丨白露\n责编丨{editor}\n校对丨程锦\n监制丨田野\n- END -\n往期推荐\n雨水过后，麦子返青\n点个在看，让更多人看到\n阅读原文\n阅读 10万+\n赞 在看",
    "举报\n评论 128\n收藏\n分享\n相关推荐\n今日头条热榜",
    '标签： 渡口;民生\n编辑： {editor}\n一审：周敏 二审：何苗 三审：徐晓\n版权和免责申明\n凡注有"浙江在线"的稿件，均为浙江在线独家版权所有，未经许可不得转载或镜像。',
    "【作者】{reporter}\n【来源】南方报业传媒集团南方+客户端\n撰文：{reporter}\n摄影：王辉\n编辑 {editor}\n审读：王玉\n校对：陈一",
    "编辑：刘亮 责任编辑：{editor}\n点击收起全文\n扫一扫 分享到微信",
    "　　（责任编辑：{editor}）",
    "责任编辑：{editor}\n图片编辑：陈飞\n校对：丁晓\n澎湃新闻报料：021-000000\n澎湃新闻，未经授权不得转载\n+1\n32\n收藏\n我要举报\n#渡口\n查看更多\n评论（12）",
    "责任编辑：{editor} | 版面编辑：邬静\n版权声明：本刊所载内容之知识产权为本刊所有。未经许可，禁止进行转载、摘编、复制及建立镜像等任何使用。\n推荐进入财新数据库，可随时查阅宏观经济数据。",
    "未经正式授权严禁转载本文，侵权必究。\n0\n评论\n下载界面新闻",
    "【打印本页】 【关闭窗口】\n上一篇：我市新增三处便民停车场\n下一篇：没有了\n主办：市人民政府办公室 ICP备案：冀ICP备00000000号",
    "特别声明：以上内容为自媒体平台用户上传并发布，本平台仅提供信息存储服务。\n相关推荐\n暴雪过后，谁在扫雪？",
    "本文来源于网络，如有侵权请联系删除。\n更多精彩内容请关注\n河北新闻网\n官方微信",
    "",
)
CHROME = re.compile(
    "责编|编辑[丨：: ]|校对|监制|审[：读]|推荐|书房|纠错|加载|麦子|在看|阅读|举报|收藏|热榜|标签|版权和|版权声明|镜像|侵权必究|摄影|扫一扫|收起|报料|查看更多"
    r"|数据库|下载|打印|上一篇|没有了|ICP|声明|扫雪|如有侵权|官方微信|关注|字号|字体|听全文|分享到|手机看|A\+|微博|↑|图集|发表于|浏览|注册|人民网|正文|\d{20}"
)
KEPT_WORDS = ("校对老周说", "责任编辑：这四个字", "读者的记忆")


def composed(head: Head, story: str, tail: str, blank: str, noise: str) -> str:
    text = "\n".join(part for part in (head.text.format(**MORE), story.format(**MORE), tail.format(**MORE)) if part)
    return noise.join(text.replace("\n", blank).partition("\n"))


def body_of(draft: Draft) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", draft.body_html))


def check(head: Head, story: str, tail: str, blank: str, noise: str) -> None:
    draft = read_draft(".txt", composed(head, story, tail, blank, noise).encode())
    body = body_of(draft)
    for line in story.format(**MORE).split("\n"):
        assert line.strip() in body, f"lost: {line}"
    for kept in KEPT_WORDS:
        body = body.replace(kept, "")
    assert not CHROME.search(body), f"shown: {CHROME.search(body)}"
    assert draft.title == MORE["title"]
    assert draft.published == DATE
    check_fields(draft, head.fields.split(), tail)


def check_fields(draft: Draft, given: list[str], tail: str) -> None:
    assert draft.source == MORE["source"] or "source" not in given
    assert draft.section == (("社会", "民生") if "section" in given else ())
    assert bool(draft.kicker) == ("kicker" in given)
    assert bool(draft.subtitle) == ("subtitle" in given)
    if "byline" in given or "both" in given:
        assert MORE["reporter"] in draft.byline
    if "both" in given:
        assert MORE["correspondent"] in draft.byline
    assert set(draft.byline) <= {MORE["reporter"], MORE["correspondent"]}
    assert draft.editor.split("、")[0] == (MORE["editor"] if "{editor}" in tail else "")


@given(
    st.sampled_from(HEADS),
    st.sampled_from(STORIES),
    st.sampled_from(TAILS),
    st.sampled_from(["\n", "\n\n", "\n\u3000\n", "\n\u00a0\n\n"]),
    st.sampled_from(["", "\u200b", "\u00a0", " \u3000"]),
)
@hypothesis_settings(max_examples=400)
@example(HEADS[0], STORIES[0], TAILS[0], "\n", "")
def test_any_head_story_and_tail_are_told_apart(head: Head, story: str, tail: str, blank: str, noise: str) -> None:
    check(head, story, tail, blank, noise)
