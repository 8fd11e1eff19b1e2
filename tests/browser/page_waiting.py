"""Waiting for a browser, however slow the machine is."""

from __future__ import annotations

import time

from playwright.sync_api import Browser, BrowserContext, Page

LIMIT_SECONDS = 300
"""Only ends what hangs."""

CONTROLLED = "!!navigator.serviceWorker.controller"
"""True once a service worker answers for the page."""

ALL_CLICKED = """new Promise(done => {
    window.clicked = done;
    const last = document.createElement('a');
    last.href = 'javascript:void clicked()';
    document.documentElement.append(last);
    last.click();
  })"""
"""JavaScript: a promise that is kept after the scripts that the clicks so far start, ``javascript:`` URLs too, have run."""


def new_context(browser: Browser, **options: object) -> BrowserContext:
    context = browser.new_context(**options)
    context.set_default_timeout(LIMIT_SECONDS * 1000)
    return context


def wait_until(page: Page, expression: str) -> object:
    """The value of the JavaScript *expression*, or of its promise, once it is true.

    Playwright's ``wait_for_function`` takes a promise itself for true, so it doesn't wait for what it promises.
    """
    deadline = time.monotonic() + LIMIT_SECONDS
    while not (value := page.evaluate(expression)):
        assert time.monotonic() < deadline, f"not within {LIMIT_SECONDS} s: {expression}"
        page.wait_for_timeout(20)
    return value


def wait_until_kept(page: Page, path: str) -> None:
    """Waits until the service worker has kept the page at this very path."""
    wait_until(page, f"caches.open('kept').then(kept => kept.match({path!r}, {{ignoreVary: true}})).then(Boolean)")
