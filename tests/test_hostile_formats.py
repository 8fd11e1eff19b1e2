"""A file in one of the formats reads no other file, runs nothing, and changes nothing for the files that follow it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

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
