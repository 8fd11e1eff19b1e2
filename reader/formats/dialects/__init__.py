"""Markdown of other tools as CommonMark: what Hugo, Jekyll, Hexo, Zola, Pelican, Obsidian, VuePress, Docusaurus add.

    masking.py              code and mathematics are put aside: nothing in them is read
    code_chunks.py          fences such as ```{r echo=FALSE}, ```{note}
    tex_delimiters.py       formulas: $x$, $$x$$, \\(x\\), {{< katex >}}
    source_comments.py      what was never meant for readers, and the code of MDX
    shortcodes.py           {% tags %}, {{< shortcodes >}}, read; shortcode_table.py, hexo_theme_tags.py  what they mean
    wikilinks.py            [[note]], ![[picture.png]]
    admonitions.py          > [!note], :::tip
    mkdocs_syntax.py        !!! note, === "Tab", ++ctrl+c++, :material-check:, { .class }, {++new++}
    markdown_extensions.py  ==mark==, - [ ], [TOC], {: .class}, ^id
    heading_ids.py          {#id}
    html_builders.py        the HTML that the others write

Nothing foreign is shown as source: an unknown tag goes, what stands in it stays, a warning names it.
"""

from __future__ import annotations

from functools import partial

from ...i18n import Message
from ..unpublished_values import withheld_part
from .admonitions import with_asides
from .html_builders import is_chinese
from .markdown_extensions import plain_marks, with_all_cells
from .masking import Masks, mask_code
from .mkdocs_syntax import with_containers
from .shortcode_table import show
from .shortcodes import without_tags
from .source_comments import without_comments, without_components
from .wikilinks import with_links

MOST_NAMED = 10


def to_commonmark(text: str, masks: Masks | None = None) -> tuple[str, tuple[str, ...]]:
    """*text* in signs that CommonMark has, and what of it is not shown (Messages). *masks* holds its formulas."""
    masks, chinese, endless = masks or Masks(), is_chinese(text), list[str]()
    text = mask_code(with_containers(text), masks)
    text = without_components(without_comments(text, endless))
    text, unknown = without_tags(text, masks, partial(show, chinese=chinese))
    text = with_links(text, masks)
    text, left_out = with_asides(text, chinese=chinese)
    text = with_all_cells(plain_marks(text), masks)
    warnings = map(unknown_tag, [*left_out, *unknown][:MOST_NAMED])
    return masks.restore(text), (*(withheld(masks.restore(comment)) for comment in endless), *warnings)


def unknown_tag(name: str) -> Message:
    if withheld_part(name):
        return withheld(name)
    return Message("the tag '%(name)s' isn't known; it is left out, and its text stays", name=name)


def withheld(name: str) -> Message:
    """Of a part whose name or condition says so."""
    return Message("what stands in '%(name)s' may not be for readers; it is left out", name=name[:80])
