"""A file in one of the formats reads no other file, runs nothing, and changes nothing for the files that follow it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from contextlib import suppress

import pytest
from long_forms import few

from reader.child_process.cpu_time import limited_cpu_time
from reader.errors import UnreadableArticle
from reader.formats import FORMATS, read_content

RST_HEAD = "大雨\n####\n\n:date: 2026-05-01 06:00\n\n"
INCLUDES = {
    ".rst": """大雨
####

.. include:: {0}
.. image:: {0}
   :loading: embed
.. image:: {0}
   :scale: 50
.. image:: file://{0}
   :loading: embed
.. figure:: {0}
   :loading: embed
   :figwidth: image
.. |a| image:: {0}.svg
   :loading: embed
.. raw:: html
   :file: {0}
.. raw:: html
   :url: file://{0}
.. csv-table:: a
   :file: {0}
.. csv-table:: a
   :url: file://{0}
.. literalinclude:: {0}
.. code:: python
   :file: {0}
.. role:: shown(raw)
   :format: html

|a| :shown:`<script>` :download:`{0}`
""",
    ".org": """#+TITLE: 大雨
#+INCLUDE: "{0}"
#+INCLUDE: "{0}" src python
#+SETUPFILE: {0}
#+MACRO: a (eval (insert-file-contents "{0}"))
{{{{{{a}}}}}}
[[file:{0}]] [[{0}.svg]]
#+begin_src sh :results output :exports both
cat {0}
#+end_src
""",
    ".adoc": """= 大雨
:a: include::{0}[]

include::{0}[]
image::{0}.svg[opts=inline]
a::
include::file://{0}[]

{{a}} link:{0}[]
[format=csv]
,===
include::{0}[]
,===
""",
    ".md": """---
title: 大雨
summary: !include {0}
source: !!python/object/apply:builtins.open ["{0}"]
---
{{% include {0} %}} {{{{< readfile "{0}" >}}}} {{{{#include {0}}}}} <<< {0}
![[{0}]] ![a](file://{0}) @include({0})
--8<-- "{0}"
```{{literalinclude}} {0}
```
<!--#include file="{0}"-->
""",
    ".html": """<!DOCTYPE html [<!ENTITY a SYSTEM "file://{0}">]><title>大雨</title><!--#include file="{0}"--><p>&a;
<xi:include href="{0}" parse="text"/><iframe src="file://{0}"></iframe><img src="{0}.svg"></p>""",
    ".txt": "大雨\n\n.. include:: {0}\n\ninclude::{0}[]\n",
    ".ipynb": json.dumps(
        {
            "cells": [
                {"cell_type": "markdown", "source": "# 大雨\n\n![](attachment:{0}) ![](file://{0})", "attachments": {}},
                {"cell_type": "code", "source": "!cat {0}", "outputs": [{"data": {"text/html": "<table src='{0}'>"}}]},
            ]
        }
    ).replace("{", "{{").replace("}", "}}").replace("{{0}}", "{0}"),
}  # fmt: skip
"""In each format all that asks some program to read the file ``{0}`` or to run something."""

PROGRAM = """
import json, sys
from reader.errors import UnreadableArticle
from reader.formats import FORMATS, read_content

asked = json.load(sys.stdin)
for suffix in asked:
    read_content(suffix, FORMATS[suffix].SAMPLE)
seen = []
watched = ("open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn")
sys.addaudithook(lambda event, values: seen.append(f"{event} {values[0]}") if event in watched else None)
for suffix, text in asked.items():
    try:
        seen.append(f"drafted {read_content(suffix, text.encode())}")
    except UnreadableArticle:
        pass
print(json.dumps(seen))
"""


def test_no_file_reads_another_or_runs_anything(tmp_path):
    secret = tmp_path / "secret"
    for path in (secret, secret.with_suffix(".svg")):
        path.write_text("<svg xmlns='http://www.w3.org/2000/svg'>confidential, words</svg>")
    asked = json.dumps({suffix: text.format(secret) for suffix, text in INCLUDES.items()})
    told = subprocess.run([sys.executable, "-c", PROGRAM], input=asked, capture_output=True, text=True, check=True)
    seen = json.loads(told.stdout)
    assert len([line for line in seen if line.startswith("drafted ")]) >= len(INCLUDES) - 1
    assert not [line for line in seen if "confidential" in line or "Y29uZmlkZW50aWFs" in line]
    assert not [
        line for line in seen if not line.startswith("drafted ") and (str(secret) in line or "open" not in line)
    ]


@pytest.mark.parametrize("suffix", sorted(FORMATS))
@pytest.mark.parametrize("other", sorted(INCLUDES))
def test_a_file_is_read_the_same_whatever_was_read_before(suffix, other):
    before = read_content(suffix, FORMATS[suffix].SAMPLE)
    read_content(other, INCLUDES[other].format("/nonexistent").replace("!!python", "python").encode())
    assert read_content(suffix, FORMATS[suffix].SAMPLE) == before


def test_roles_and_directives_of_one_file_mean_nothing_in_the_next():
    plain = f"{RST_HEAD}:strong:`雨` :ref:`风` `云` :odd:`雪`\n\n.. wind:: 今天 刮风\n".encode()
    before = read_content(".rst", plain)
    for role in ("strong(literal)", "ref(subscript)", "odd(emphasis)", "math(code)"):
        read_content(".rst", f"{RST_HEAD}.. role:: {role}\n.. default-role:: literal\n\n雨\n".encode())
    assert read_content(".rst", plain) == before


def test_an_attribute_of_asciidoc_that_is_long_and_named_often_fills_no_memory():
    text = f"= 大雨\n:date: 2026-05-01\n:a: {'雨' * 300_000}\n\n" + "{a} " * 1_000
    assert len(read_content(".adoc", text.encode()).body_html) < 600_000


ONE_SIGN = [
    (suffix, unit)
    for suffix, units in {
        ".adoc": ("pass:a", "xref:a[", "image:a", "link:a[", "kbd:[", "http://a[", "((a", "{a", "stem:[", "*a", "<<a", "`+a"),
        ".md": ("<Aa ", "<Aa {>", "<Aa '>", "{{< a", "{% a", "{% b %} ", "[[a", "![[", "$a", "==a", "{/* a", "export {a\n", "import {a"),
        ".org": ("[[a", "[fn:a", "*a", "=a", "$a", "\\(a", "@@html:a", "{{{a", "#+begin_a\n", ":a:\n", "<2026-01-01", "^{a"),
    }.items()
    for unit in units
]  # fmt: skip


@pytest.mark.parametrize(("suffix", "unit"), few(ONE_SIGN, 12))
def test_a_line_of_one_sign_is_never_searched_again_and_again(suffix, unit):
    """The limit only ends what takes minutes."""
    with suppress(UnreadableArticle), limited_cpu_time(120):
        read_content(suffix, b"= a\n#+TITLE: a\n\n" + (unit * (200_000 // len(unit))).encode())


OPEN_XML = "http://schemas.openxmlformats.org"
PICTURE = """<w:p><w:r><w:drawing><wp:inline><a:graphic><a:graphicData><pic:pic><pic:blipFill><a:blip r:embed="p"/>
</pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"""


def docx(body: str, **members: bytes) -> bytes:
    parts = read_parts(FORMATS[".docx"].SAMPLE)
    names = {"r": "officeDocument/2006/relationships", "wp": "drawingml/2006/wordprocessingDrawing"}
    names |= {"a": "drawingml/2006/main", "pic": "drawingml/2006/picture"}
    declared = "".join(f' xmlns:{prefix}="{OPEN_XML}/{name}"' for prefix, name in names.items()).encode()
    document = parts["word/document.xml"].replace(b"<w:document", b"<w:document" + declared)
    parts["word/document.xml"] = document.replace(b"</w:body>", body.encode() + b"</w:body>")
    parts["word/_rels/document.xml.rels"] = (
        f'<Relationships xmlns="{OPEN_XML}/package/2006/relationships"><Relationship Id="p" Target="media/a.png"'
        f' Type="{OPEN_XML}/officeDocument/2006/relationships/image"/></Relationships>'
    ).encode()
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        b"</Types>", b'<Default Extension="png" ContentType="image/png"/></Types>'
    )
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in (parts | members).items():
            archive.writestr(name, content)
    return written.getvalue()


def read_parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_picture_that_a_document_shows_again_and_again_is_in_memory_once():
    picture = os.urandom(1_000_000)
    draft = read_content(".docx", docx(PICTURE * 100, **{"word/media/a.png": picture}))
    assert list(draft.pictures.values()) == [picture]
    assert draft.body_html.count("<img") == 100
    with pytest.raises(UnreadableArticle, match="larger than 200 MB together"):
        read_content(".docx", docx(PICTURE * 300, **{"word/media/a.png": picture}))


def test_a_part_of_a_document_that_is_too_large_is_refused_whatever_its_name():
    with pytest.raises(UnreadableArticle, match="larger than 20 MB when unpacked"):
        read_content(".docx", docx("", **{"word/other.xml": bytes(20_000_001)}))


@pytest.mark.parametrize("suffix", [".rst", ".md"])
def test_many_blank_lines_above_the_text_take_no_long_time(suffix):
    with limited_cpu_time(60), suppress(UnreadableArticle):
        read_content(suffix, b"\n" * 20_000 + b"{")
