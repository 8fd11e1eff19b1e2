"""Attacks in the syntax of each format: nothing of them runs in a browser, without the Content-Security-Policy too."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from pathlib import PurePosixPath

import hostile_html
import pytest
from page_waiting import new_context

from reader.article_building import to_article
from reader.formats import read_content
from reader.settings import Settings

MORE = [
    '"><img src=x onerror=xss(1)>', 'x" onerror="xss(1)', "</code></pre><script>xss(1)</script>",
    "-->\n<script>xss(1)</script>", "`<img src=x onerror=xss(1)>`", "$<img src=x onerror=xss(1)>$", "\\href{javascript:xss(1)}{x}",
]  # fmt: skip
VECTORS = [vector.encode("utf-8", "replace").decode().replace("\0", "") for vector in hostile_html.VECTORS[::2]] + MORE


def notebook(said: str) -> str:
    outputs = [{"data": {"text/html": f"<table><tr><td>{said}</table>"}}, {"data": {"image/png": said}}]
    outputs += [{"data": {"text/markdown": said}}, {"ename": said, "evalue": said, "output_type": "error"}]
    cells = [
        {
            "cell_type": "markdown",
            "source": f"# 大雨\n\n{said}\n\n![a](attachment:a)",
            "attachments": {"a": {"image/png": said}},
        },
        {"cell_type": "code", "source": said, "outputs": outputs},
    ]
    return json.dumps({"cells": cells, "metadata": {"language_info": {"name": said}}}, ensure_ascii=False)


def markdown(said: str) -> str:
    return (
        f"# 大雨\n\n[a]({said}) ![a]({said}) <{said}> [[{said}]] ![[{said}.png|{said}]]\n\n```{said}\na\n```\n\n> [!{said}] {said}\n> a"
        f'\n\n:::tip {said}\na\n:::\n\n## a {{#{said}}}\n\n{{{{< figure src="{said}" caption="{said}" >}}}} {{{{< youtube {said} >}}}}'
        f' {{% include x.html src="{said}" %}} ${said}$ {{{{< katex >}}}}{said}{{{{< /katex >}}}} <Tab label="{said}">x</Tab>\n\n{said}\n'
    )


def restructured(said: str) -> str:
    return (
        f"大雨\n####\n\n.. image:: {said}\n   :alt: {said}\n   :target: {said}\n\n`a <{said}>`_ :doc:`a <{said}>` :math:`{said}`"
        f"\n\n.. youtube:: {said}\n\n.. raw:: html\n\n   {said}\n\n.. code:: {said}\n\n   {said}\n\n{said}\n"
    )


def org(said: str) -> str:
    return (
        f"#+TITLE: 大雨\n\n[[{said}]] [[{said}][{said}]] [[file:{said}.png]] @@html:{said}@@ ={said}= \\({said}\\)\n#+begin_export html"
        f"\n{said}\n#+end_export\n#+begin_src {said}\n{said}\n#+end_src\n#+caption: {said}\n[[file:a.png]]\n{said}\n"
    )


def asciidoc(said: str) -> str:
    return (
        f'= 大雨\n\nimage::{said}[{said},link="{said}"]\n\nlink:{said}[{said}] pass:[{said}] +++{said}+++ stem:[{said}] <<{said},x>>'
        f"\n\n[source,{said}]\n----\n{said}\n----\n\n++++\n{said}\n++++\n\nvideo::{said}[]\n\n|===\n|{said}\n|===\n\n{said}\n"
    )


def page(said: str) -> str:
    value = html.escape(said)
    return (
        f'<title>大雨</title><body><p>甲。</p><script type="math/tex">{said}</script><iframe src="{value}" title="{value}"></iframe>'
        f'<pre><code class="language-{value}">{value}</code></pre><img data-src="{value}" src="{value}"><a href="{value}">x</a>{said}'
    )


FORMS: dict[str, Callable[[str], str]] = {
    ".md": markdown, ".rst": restructured, ".org": org, ".adoc": asciidoc, ".html": page, ".ipynb": notebook,
    ".txt": lambda said: f"大雨\n2026-05-01\n\n今天下雨。\n{said}\n今天下雨。\n",
}  # fmt: skip
WATCH = "window.ran = []; window.xss = number => { window.ran.push(number) };"
LOOK = """() => {
  const found = [];
  for (const element of document.querySelectorAll('div *')) {
    if (/^(script|iframe|object|embed|base|link|style|form|svg|input|button|meta)$/i.test(element.localName)) {
      found.push(element.outerHTML);
    }
    for (const {name, value} of element.attributes) {
      const isAddress = /^(href|src|action|formaction|data|srcdoc|xlink:href|poster)$/i.test(name);
      if (/^on/i.test(name) || isAddress && /^[\\0-\\x20]*(javascript|data|vbscript|blob|file):/i.test(value)) {
        found.push(element.outerHTML);
      }
    }
  }
  for (const element of document.querySelectorAll('div *')) {
    for (const kind of ['mouseover', 'focus', 'toggle', 'error', 'load']) element.dispatchEvent(new Event(kind));
  }
  return [...found, ...window.ran];
}"""


def body_of(suffix: str, vector: str) -> str:
    draft = read_content(suffix, FORMS[suffix](vector).encode())
    return str(to_article(draft, PurePosixPath(f"2026-05-01/x{suffix}"), Settings()).body)


def shown(browser, bodies: list[str]) -> tuple[list[str], int]:
    """(what is in the page and runs or may run, the number of *bodies* that are there)"""
    context = new_context(browser, bypass_csp=True)
    context.add_init_script(WATCH)
    tab = context.new_page()
    whole = "<!DOCTYPE html><title>x</title>" + "".join(f"<div>{body}</div>" for body in bodies)
    answers = {"http://reader.test/": {"status": 200, "body": whole, "content_type": "text/html; charset=utf-8"}}
    tab.route("**/*", lambda route: route.fulfill(**answers.get(route.request.url, {"status": 404})))
    tab.goto("http://reader.test/")
    found = tab.evaluate(LOOK), tab.evaluate("document.querySelectorAll('body > div').length")
    context.close()
    return found


def test_what_would_run_is_seen(browser):
    found, _ = shown(browser, ["<img src=x onerror=xss(1)>", "<a href=' javascript:xss(1)'>x</a>", "<iframe></iframe>"])
    assert len(found) >= 3


@pytest.mark.parametrize("suffix", FORMS)
def test_nothing_in_any_format_runs(browser, suffix):
    bodies = [body_of(suffix, vector) for vector in VECTORS]
    assert shown(browser, bodies) == ([], len(VECTORS))
