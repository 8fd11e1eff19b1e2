"""Whether a draft at a path is still the one that a preview link was made for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import pytest
from markupsafe import Markup

from reader.editing.draft_identity import is_same_draft, sketch_of
from reader.settings import ROOT


@dataclass
class Text:
    title: str
    body: Markup


def text(name: str, repeated: int = 1) -> Text:
    return Text(name, Markup.escape((ROOT / name).read_text("utf-8") * repeated))


LONG = [f"docs/{name}.md" for name in ("state", "architecture", "decisions", "how-to", "tutorial", "glossary")]


@pytest.mark.parametrize(("one", "other"), list(permutations(LONG, 2)))
def test_another_text_of_the_same_language_is_another_draft_however_long_it_is(one, other):
    assert not is_same_draft(sketch_of(text(one)), text(other))


@pytest.mark.parametrize("name", [*LONG, "README.zh.md"])
def test_a_draft_with_new_paragraphs_and_changed_words_is_the_same(name):
    written = (ROOT / name).read_text("utf-8")[:3000]
    edited = Text(
        "other", Markup.escape(("新的一段话。A new paragraph.\n" * 3) + written.replace("Reader", "the reader"))
    )
    assert is_same_draft(sketch_of(Text(name, Markup.escape(written))), edited)
