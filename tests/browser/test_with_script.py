"""What script adds where it runs: offline reading, the device's share menu, going on where one stopped."""

from __future__ import annotations

import re

from page_waiting import CONTROLLED, wait_until, wait_until_kept


def open_and_keep(open_page, path):
    """A page that the service worker controls and has kept."""
    page = open_page(path)
    wait_until(page, CONTROLLED)
    wait_until_kept(page, path)
    return page


def test_what_was_read_can_be_read_again_without_a_network(open_page):
    page = open_and_keep(open_page, "/a/seed")
    for path in ("/", "/a/rain"):
        page.goto(path)
        wait_until_kept(page, path)
    page.context.set_offline(True)
    page.goto("/a/seed")
    assert page.locator("h1").inner_text().startswith("曲周县政协")
    assert page.locator("main [role=status]").inner_text().startswith("网络已断开，本页是本机保存的版本：")
    missing = {
        "/nothing": "/nothing",
        "/preferences": "阅读设置",
        "/?page=2": "Reader",
        "/a/rain.epub": "Heavy rain · EPUB",
        "/a/poem": "静夜思",
    }
    for path, name in missing.items():  # what a link to it on a kept page calls it
        page.goto(path)
        assert page.locator("h1").inner_text() == "已保存的文章"
        page.locator("#missing", has_text=f"网络已断开，本机没有保存这个页面：{name}").wait_for()
    assert set(page.locator("#list a").all_inner_texts()) == {"Heavy rain", "曲周县政协在河北省率先实现“两个全覆盖”"}
    title = page.locator("#list h2", has_text="曲周县").inner_html()
    assert "曲周县政协<wbr>在河北省" in title  # where an article's heading may break, too
    assert page.locator("#list h2").first.evaluate("e => getComputedStyle(e).wordBreak") == "keep-all"
    page.get_by_role("link", name="Heavy rain").click()
    assert page.locator("h1").inner_text() == "Heavy rain"
    page.goto("/offline")
    assert not page.locator("#missing").is_visible()


def test_a_kept_page_says_that_the_network_is_gone_and_of_when_it_is(open_page):
    page = open_and_keep(open_page, "/a/rain")
    assert page.locator("main [role=status]").count() == 0
    page.evaluate(  # under an address that the browser's own cache does not know
        """async () => {
            const cache = await caches.open('kept'), found = await cache.match('/a/rain', {ignoreVary: true});
            const headers = {'Content-Type': 'text/html', Date: 'Fri, 01 May 2026 04:30:00 GMT'};
            await cache.put('/a/poem', new Response(await found.text(), {headers}))
        }"""
    )
    page.context.set_offline(True)
    page.goto("/a/poem")
    assert page.locator("h1").inner_text() == "Heavy rain"
    said = page.locator("main [role=status]").inner_text()
    assert said.startswith("网络已断开，本页是本机保存的版本：2026年5月1日"), said


def test_without_a_network_the_words_are_in_the_language_that_was_chosen_last(open_page):
    page = open_and_keep(open_page, "/a/rain")
    page.goto("/preferences?back=/a/rain")
    page.locator("[name=language][value=zh-Hant]").check()
    page.locator("main form button").click()
    wait_until(page, "caches.match('/offline').then(found => found.text()).then(text => text.includes('zh-Hant'))")
    page.context.set_offline(True)
    page.goto("/a/poem")
    assert page.locator("#missing").inner_text().startswith("網路已斷開")
    assert re.search(r" \d\d:\d\d\xa0· \d+ KB", page.locator("#list").text_content())  # as times are elsewhere


def test_a_device_that_is_full_gives_up_what_was_read_longest_ago(open_page, site):
    page = open_and_keep(open_page, "/a/seed")
    page.evaluate("() => caches.open('kept').then(c => c.put('/a/long', new Response('x'.repeat(1e5))))")
    used = page.evaluate("navigator.storage.estimate().then(now => now.usage)")
    quota = {"origin": site, "quotaSize": used + 2000}
    page.context.new_cdp_session(page).send("Storage.overrideQuotaForOrigin", quota)
    page.goto("/a/rain")
    wait_until_kept(page, "/a/rain")
    assert not page.evaluate("caches.match('/a/long').then(Boolean)")


def test_the_network_may_go_as_soon_as_there_is_a_worker(open_page):
    page = open_page("/a/seed")
    wait_until(page, CONTROLLED)
    page.context.set_offline(True)
    page.goto("/a/seed")
    assert page.locator("h1").inner_text().startswith("曲周县政协")


def test_a_whole_issue_can_be_saved_its_size_shown_first(open_page):
    page = open_and_keep(open_page, "/d/2026-05-01/")
    assert "KB" in page.locator("#save + .note").inner_text()
    page.locator("#save").click()
    page.locator("#save", has_text="已保存").wait_for()
    kept = page.evaluate("caches.open('kept').then(kept => kept.keys()).then(all => all.map(one => one.url))")
    assert len(kept) == len(set(kept))
    page.context.set_offline(True)
    for path, title in (("/a/rich", "一篇什么都有的文章"), ("/a/poem", "静夜思"), ("/d/2026-05-01/", "2026年5月1日")):
        page.goto(path)
        assert page.locator("h1").inner_text() == title


def test_online_nothing_kept_is_shown_instead_of_what_is_new(open_page):
    page = open_and_keep(open_page, "/a/seed")
    page.evaluate(
        """() => caches.open('kept').then(c => c.put('/a/seed', new Response('<h1>old</h1>', {headers: {'Content-Type': 'text/html'}})))"""
    )
    page.goto("/a/seed")
    assert page.locator("h1").inner_text().startswith("曲周县政协")


def test_an_article_that_is_gone_is_let_go(open_page):
    page = open_and_keep(open_page, "/a/seed")
    page.evaluate("() => caches.open('kept').then(c => c.put('/a/withdrawn', new Response('old')))")
    page.goto("/a/withdrawn")
    wait_until(page, "caches.match('/a/withdrawn').then(found => !found)")


def test_without_a_network_and_without_script_there_is_the_single_file(open_page):
    page = open_page("/d/2026-05-01/", script=False)
    assert page.locator("#save").get_attribute("href") == "/d/2026-05-01.html"


def test_the_devices_own_share_menu_opens_where_there_is_one_and_else_a_page(open_page):
    page = open_page("/")
    page.context.add_init_script("navigator.share = what => { window.shared = what }")
    page.goto("/a/seed")
    load_comforts(page)
    page.get_by_role("link", name="分享").click()
    assert page.evaluate("shared.url") == "/a/seed"
    plain = open_page("/a/seed", script=False)
    plain.get_by_role("link", name="分享").click()
    plain.wait_for_url("**/a/seed/share")
    plain.locator("svg").wait_for()  # visible, and soon


def test_reading_goes_on_where_it_stopped(open_page):
    page = open_page("/a/seed")
    assert not page.locator("#on").is_visible()
    load_comforts(page)
    page.evaluate("document.getElementById('p12').scrollIntoView({block: 'center'})")
    page.goto("/")
    page.goto("/a/seed")
    page.get_by_role("link", name="继续上次").click()
    assert page.evaluate("location.hash") in ("#p10", "#p11", "#p12")
    assert page.evaluate("scrollY") > 640


def load_comforts(page):
    """Moves the pointer, as a reader does, which loads ``static/js/reading.js``."""
    page.mouse.move(100, 100)
    page.mouse.move(100, 120)
    wait_until(page, "onscroll === null")


SPEECH = """Object.defineProperty(window, 'speechSynthesis', {value: {
  said: [], cancelled: 0, voices: [], getVoices() { return this.voices },
  speak(words) { this.said.push(words) }, cancel() { this.cancelled++ }
}}); window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text } }"""
"""Voices that say nothing, as a machine for tests has none."""
SAID = "speechSynthesis.said.map(words => [words.lang, words.text])"


def open_with_speech(open_page, path):
    page = open_page("/")
    page.context.add_init_script(SPEECH)
    page.goto(path)
    load_comforts(page)
    return page


def test_an_article_is_read_aloud_paragraph_by_paragraph_in_its_language(open_page):
    page = open_with_speech(open_page, "/a/rain")
    page.get_by_role("button", name="听").click()
    wait_until(page, "speechSynthesis.said.length")
    assert page.evaluate(SAID) == [["en", "Heavy rain"]]
    page.evaluate("speechSynthesis.said[0].onend()")
    assert page.evaluate(SAID)[1:] == [["en", "It rained all day in the city."]]
    page.evaluate("speechSynthesis.said[1].onend()")
    assert page.get_by_role("button", name="听").get_attribute("aria-pressed") == "false"


def test_listening_pauses_and_goes_on_with_the_paragraph_where_it_stopped(open_page):
    page = open_with_speech(open_page, "/a/seed")
    page.evaluate("speechSynthesis.voices = ['en-US', 'zh-HK', 'zh_CN_#Hans', 'zh-TW'].map(lang => ({lang}))")
    button = page.get_by_role("button", name="听")
    button.click()
    wait_until(page, "speechSynthesis.said.length")
    assert page.evaluate("speechSynthesis.said[0].voice.lang") == "zh_CN_#Hans"  # as Android names it
    page.evaluate("speechSynthesis.said[0].onend()")
    first = page.evaluate(SAID)[1:]
    assert button.get_attribute("aria-pressed") == "true"
    assert "".join(text for _, text in first) == page.locator("#p1").inner_text().removesuffix("¶").strip()
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    page.evaluate("speechSynthesis.voices = ['yue', 'cmn'].map(lang => ({lang}))")  # as espeak-ng names them
    button.click()
    assert page.evaluate(SAID)[1 + len(first) :] == first
    assert page.evaluate("speechSynthesis.said.at(-1).voice.lang") == "cmn"


def test_tables_are_read_row_by_row_lists_with_what_is_in_them_and_no_arrows(open_page):
    page = open_with_speech(open_page, "/a/rich")
    page.evaluate(
        "void (speechSynthesis.speak = words => { speechSynthesis.said.push(words); setTimeout(() => words.onend?.()) })"
    )
    page.get_by_role("button", name="听").click()
    wait_until(page, "speechSynthesis.said.some(words => words.text == '脚注的内容。')")
    said = [text for _, text in page.evaluate(SAID)]
    row = said.index("甲, 12,345, aVeryLongWordThatDoesNotBreakAnywhere, 又一列很长很长的内容，手机上放不下")
    assert said[row - 1] == "栏目, 数目, 说明, 一列很长很长的内容，手机上放不下"
    assert said[-6:] == ["一", "二", "其中之一", "甲", "乙", "脚注的内容。"]


def test_nothing_offers_to_read_aloud_without_script_or_without_voices(open_page):
    for cookie in ("", "large"):
        assert not open_page("/a/seed", script=False, cookie=cookie).locator("#say").is_visible()
    page = open_page("/")
    page.context.add_init_script("delete window.speechSynthesis; delete Window.prototype.speechSynthesis")
    page.goto("/a/seed")
    load_comforts(page)
    assert not page.locator("#say").is_visible()


def test_a_device_that_turns_out_to_have_no_voice_takes_the_offer_back(open_page):
    """The browser for tests is one: it has the interface, and fails when it has to speak."""
    page = open_page("/a/seed")
    load_comforts(page)
    page.get_by_role("button", name="听").click()
    wait_until(page, "document.getElementById('say').hidden")


def test_a_paragraph_can_be_pointed_at(open_page, site):
    page = open_page(f"{site}/a/seed#p9", script=False)
    box = page.locator("#p9").bounding_box()
    assert -1 < box["y"] < 300  # Chromium scrolls to whole pixels


def test_no_script_fails_on_any_page(open_page):
    page = open_page("/offline")
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    for path in (
        "/",
        "/a/seed",
        "/a/rich",
        "/d/2026-05-01/",
        "/d/",
        "/preferences",
        "/a/seed/share",
        "/offline",
        "/nothing",
    ):
        page.goto(path)
    assert errors == []


def test_who_starts_at_home_gets_further_articles_in_terms_of_the_first_one(open_page):
    """The service worker, active from the first page on, fetches all others: then Sec-Fetch-Dest is ``empty``."""
    page = open_page("/")
    page.wait_for_function("navigator.serviceWorker.controller")
    fetched = {}
    for path in ("/a/rtl", "/a/seed") * 50:
        with page.context.expect_event("requestfinished", lambda request: request.service_worker) as finished:
            page.goto(f"{path}?script=hans" if path in fetched else path)
        response = finished.value.response()
        fetched[path] = response.all_headers().get("content-encoding", "")
        if "dcz" in fetched.values():
            break
        page.wait_for_timeout(1000)  # Chromium stores a dictionary later than the page
    assert "dcz" in fetched.values()


def test_a_further_article_comes_in_terms_of_the_first_one(open_page):
    """Compression dictionary transport in Chromium; a page that has changed since is not a dictionary."""
    for _ in range(100):
        page = open_page("/a/rtl", service_workers="block")
        page.wait_for_timeout(1000)
        with page.expect_response("**/a/seed") as answered:
            page.goto("/a/seed")
        if answered.value.all_headers()["content-encoding"] == "dcz":
            break
    assert answered.value.all_headers()["content-encoding"] == "dcz"
    assert page.locator("h1").inner_text().startswith("曲周县政协")
