"""Kinds of pages whose article was not found: page builders, tags that are never closed, other scripts, main elements."""

from __future__ import annotations

import pytest

from reader.importing.extraction.extract import extract
from reader.importing.extraction.text_blocks import prose_of, unwelcome_words

ADDRESS = "https://news.example/2025/rain.html"
STORY = [
    "The river rose by two metres in the night, and nobody in the lower town slept before morning came.",
    "In the morning the boats arrived, carried on lorries from the coast, and the first families were taken out.",
    "“We had ten minutes to pack,” said a teacher, who left her house with two children, a dog and a box of letters.",
    "The council has opened three schools as shelters; beds, blankets and warm meals are ready for six hundred people.",
    "Engineers expect the water to fall from Thursday on, if the dam above the town holds and the rain stays away.",
]
MENU = "<nav><ul>" + "".join(f"<li><a href='/{n}'>Section {n}</a></li>" for n in range(30)) + "</ul></nav>"
OTHERS = "".join(
    f"<div class=teaser><h3><a href='/{n}'>Another story, number {n}</a></h3><p>It says something else, briefly.</p></div>"
    for n in range(6)
)


def paragraphs(wrapped: str = "<p>{}</p>") -> str:
    return "".join(wrapped.format(line) for line in STORY)


def found(body: str, attributes: str = "") -> list[str]:
    page = f"<html><head><title>Rain</title></head><body {attributes}>{body}</body></html>"
    text = extract(page, ADDRESS).text
    assert "something else" not in text
    return [line for line in STORY if line in text]


@pytest.mark.parametrize("names", ["widget", "elementor-widget-text-editor widget", "card", "card header", "rank-item"])
@pytest.mark.parametrize("main", ["article", "div"])
def test_a_page_builders_box_around_each_paragraph_is_no_chrome(names, main):
    boxes = paragraphs(f"<div class='{names}'><div class='{names}-container'><p>{{}}</p></div></div>")
    assert found(f"{MENU}<{main}><h1>Rain</h1>{boxes}</{main}>{OTHERS}") == STORY


def test_a_box_named_like_chrome_beside_the_story_still_goes():
    box = f"<div class='widget'>{OTHERS}</div>"
    assert found(f"{MENU}<div><h1>Rain</h1>{paragraphs()}{box}</div>") == STORY


@pytest.mark.parametrize("tag", ["button", "menu", "dialog", "noscript"])
def test_a_page_whose_text_stands_in_an_element_that_seldom_holds_any_is_read(tag):
    assert found(f"<header><{tag} class='menu-button'>Menu{MENU}</header><main>{paragraphs()}</main>") == STORY


@pytest.mark.parametrize("tag", ["button", "menu", "dialog", "noscript"])
def test_elsewhere_such_an_element_goes(tag):
    assert found(f"<article>{paragraphs()}<{tag}><p>It says something else, briefly.</p></{tag}></article>") == STORY


def test_the_tags_of_a_post_in_its_class_names_are_no_chrome():
    names = "post-27 post type-post status-publish hentry tag-comment-policy tag-header category-related author-sidebar"
    assert not unwelcome_words(names)
    assert unwelcome_words("tag-comment-policy")
    story = f"<div id='post-27' class='{names}'>{paragraphs()}</div>"
    assert found(f"{MENU}<div id=content>{story}<div class=likes-text>Loading, please wait.</div></div>") == STORY


@pytest.mark.parametrize("main", ["article", "main", "div role=main"])
def test_a_short_story_in_the_pages_article_is_found_beside_longer_text(main):
    notice = "".join(f"<p>We use small files, of which it says something else, for purpose {n}.</p>" for n in range(4))
    tag = main.split()[0]
    body = f"<{main}><h1>Rain</h1><p>{STORY[0]}</p><p>{STORY[1]}</p></{tag}><div class='consent-popup'>{notice}</div>"
    assert found(MENU + body) == STORY[:2]


SCRIPTS = {
    "Russian": "Ночью вода в реке поднялась на два метра, и жители нижнего города не спали до самого утра.",
    "Arabic": "ارتفع منسوب النهر مترين خلال الليل، ولم ينم أحد في المدينة السفلى حتى الصباح، كما قالت البلدية.",
    "Hindi": "रात में नदी का पानी दो मीटर बढ़ गया, और निचले शहर में सुबह तक कोई नहीं सोया, नगर परिषद ने कहा।",
    "Korean": "밤사이 강물이 2미터 불어나 아랫마을 주민들은 아침까지 잠을 이루지 못했다고 시 관계자가 말했다.",
    "Japanese": "夜のうちに川の水が二メートル上がり、下町の人びとは朝まで眠れなかったと、市の担当者は話している。",
    "Thai": "ในคืนนั้นแม่น้ำสูงขึ้นสองเมตร และไม่มีใครในเมืองล่างได้นอนจนถึงเช้า เจ้าหน้าที่เทศบาลกล่าว",
    "Greek": "Τη νύχτα το ποτάμι ανέβηκε δύο μέτρα, και κανείς στην κάτω πόλη δεν κοιμήθηκε ως το πρωί.",
    "Hebrew": "בלילה עלה הנהר בשני מטרים, ואיש בעיר התחתונה לא ישן עד הבוקר, כך אמרה העירייה.",
}


@pytest.mark.parametrize("language", SCRIPTS)
def test_a_story_in_any_script_is_found(language):
    line = SCRIPTS[language]
    story = "".join(f"<p>{line} {n}.</p>" for n in range(5))
    menu = (
        "<div class=menu><ul>" + "".join(f"<li><a href='/{n}'>{line[:12]}</a></li>" for n in range(30)) + "</ul></div>"
    )
    page = f"<html><head><title>{line[:20]}</title></head><body>{menu}<div><h1>{line[:20]}</h1>{story}</div>{menu}</body></html>"
    result = extract(page, ADDRESS)
    assert result.text.count(line) == 5
    assert len(result.text) < 6 * (len(line) + 4)


def test_prose_is_counted_once_for_each_element():
    page = "<div><p>The river rose, and nobody slept. It rained.</p></div>"
    from reader.importing.extraction.text_blocks import parse

    root = parse(page)
    (paragraph,) = root.iter("p")
    assert prose_of(paragraph) == prose_of(root) > 5


NOTICE = "".join(
    f"<p>We and our {n} partners keep cookies; it says something else, at length, about your privacy, and asks.</p>"
    for n in range(12)
)


def test_a_long_notice_about_cookies_without_a_name_is_not_the_story():
    story = f"<main><article><h1>Rain</h1>{paragraphs()}</article></main>"
    assert found(f"{MENU}{story}<div class=x1><div class=x2>{NOTICE}</div></div>") == STORY


def test_a_short_story_is_found_beside_a_dialog_that_is_longer():
    body = f"{MENU}<main><article><h1>Rain</h1><p>{STORY[0]}</p></article></main>"
    dialog = "".join(f"<p>{n}. The balance cannot be paid out; it says something else, in full.</p>" for n in range(2))
    assert found(f"{body}<div class=pay><div class=balance>{dialog}</div></div>") == STORY[:1]


def test_headlines_that_stand_twice_on_a_page_are_not_the_story():
    ticker = "".join(
        f"<li>City, part {n}. The council says something else, again, and goes on about it.</li>" for n in range(10)
    )
    body = f"<div class=left><div class=b1><ul>{ticker}</ul></div><div class=c1>{paragraphs()}</div></div>"
    assert found(f"{MENU}{body}<div class=end><ul>{ticker}</ul></div>") == STORY


@pytest.mark.parametrize("wrapped", ["<div class=part>{}</div>", "{}"])
def test_a_story_that_an_advertisement_divides_is_whole(wrapped):
    first, rest = "".join(f"<p>{line}</p>" for line in STORY[:2]), "".join(f"<p>{line}</p>" for line in STORY[2:])
    advertisement = (
        "<div class='subscribe-form'><h2>Find out what it says: something else!</h2><a href=/s>Sign up</a></div>"
    )
    story = wrapped.format(first) + advertisement + wrapped.format(rest)
    assert found(f"{MENU}<article><div class=head>Rain</div>{story}{OTHERS}</article>") == STORY


def test_the_paragraphs_before_a_large_table_belong_to_the_story():
    rows = "".join(
        f"<tr><th class=headerSort>Place {n}</th><td><a href=/{n}>One</a> <a href=/x{n}>Two</a></td><td>{line}</td></tr>"
        for n, line in enumerate(STORY * 6)
    )
    intro = "The places that the flood reached, with what was said there, hour by hour, until the water fell again."
    page = f"<html><head><title>Rain</title></head><body>{MENU}<div><p>{intro}</p><table>{rows}</table></div></body></html>"
    html = extract(page, ADDRESS).body_html
    assert intro in html
    assert html.count("<th>") == 30
    assert html.count("</td>") == 60


def test_a_line_of_links_in_an_element_that_holds_the_story_too_does_not_take_it_along():
    part = f"<div class=part><h2>Notes <a href=/more>more</a></h2><div><b>Notes</b><br>{STORY[1]}</div></div>"
    loose = f"<div class=part>More: <a href=/n>notes and more</a><div>{STORY[2]}</div></div>"
    assert found(f"{MENU}<div><h1>Rain</h1><p>{STORY[0]}</p>{part}{loose}</div>") == STORY[:3]


def test_an_article_that_is_a_list_of_links_is_not_empty():
    items = "".join(
        f"<li><p><a href=/{n}>Report number {n} of the river board, for all</a></p><p>Via the town.</p>"
        for n in range(9)
    )
    page = f"<html><head><title>Links</title></head><body>{MENU}<article><h1>Links</h1><ul>{items}</ul></article></body></html>"
    assert extract(page, ADDRESS).text.count("of the river board") >= 8


def test_wikipedias_edit_links_go():
    heading = "<h2>History<span class=mw-editsection>[<a href=/w?action=edit>edit</a>]</span></h2>"
    page = f"<html><head><title>Rain</title></head><body>{MENU}<main>{paragraphs()}{heading}{paragraphs()}</main></body></html>"
    assert "<h2>History</h2>" in extract(page, ADDRESS).body_html


@pytest.mark.parametrize("display", ["", " display=true"])
def test_formulas_of_mathjax_stand_in_their_sentence(display):
    formula = (
        f"<mjx-container class='MathJax CtxtMenu_Attached_0'{display}><mjx-math class=MJX-TEX><mjx-c></mjx-c></mjx-math>"
        "<mjx-assistive-mml><math><mi>a</mi><mo>≠</mo><mn>0</mn></math></mjx-assistive-mml></mjx-container>"
    )
    page = f"<html><head><title>Rain</title></head><body><main>{paragraphs()}<p>When {formula}, it rains.</p></main></body></html>"
    html = extract(page, ADDRESS).body_html
    assert html.count("<math") == 1
    assert "<p>When <math" in html
    assert "</math>, it rains.</p>" in html
    assert ('display="block"' in html) == bool(display)
