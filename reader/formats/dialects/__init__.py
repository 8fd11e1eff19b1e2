"""Converts the Markdown of Hugo, Jekyll, Hexo, Zola, Pelican, Obsidian, VuePress, Docusaurus … to CommonMark.

    masking.py              replaces code and mathematics by placeholders, so that they are not converted
    code_chunks.py          fences such as ```{r echo=FALSE}
    myst.py                 ```{figure} x.png, :::{note}, {ref}`x`, (target)=; myst_tables.py  its tables
    tex_delimiters.py       formulas: $x$, $$x$$, \\(x\\), {{< katex >}}
    source_comments.py      removes comments and the code of MDX
    shortcodes.py           parses {% tags %} and {{< shortcodes >}}; shortcode_table.py, hexo_theme_tags.py  their HTML
    pandoc_tables.py        +---+---+ of Pandoc and Quarto
    docfx.py                :::image …:::, [!INCLUDE], <xref:…>
    logseq.py               id:: x, ((block))
    wikilinks.py            [[note]], ![[picture.png]]
    admonitions.py          > [!note], :::tip
    mkdocs_syntax.py        !!! note, === "Tab", ++ctrl+c++, :material-check:, { .class }, {++new++}
    markdown_extensions.py  ==mark==, - [ ], [TOC], {: .class}, ^id
    heading_ids.py          {#id}
    html_builders.py        the HTML that the other modules write

Markup of other tools is never shown as source. An unknown tag is removed, its content is shown, and a warning names it.
"""

from __future__ import annotations

from functools import partial

from ...i18n import Message
from ..fields.unpublished_values import withheld_part
from .admonitions import with_asides
from .component_indentation import without_component_indentation
from .docfx import convert_docfx, is_docfx
from .html_builders import is_chinese
from .logseq import convert_logseq, is_logseq
from .markdown_extensions import convert_extensions, with_all_cells
from .masking import Masks, mask_code
from .mkdocs_syntax import with_containers
from .myst import headings_of, is_myst, role_text, with_directives, without_marks
from .pandoc_tables import with_tables
from .shortcode_table import convert_tag
from .shortcodes import without_tags
from .source_comments import without_comments, without_components
from .wikilinks import with_links

MOST_WARNINGS = 10


def to_commonmark(text: str, masks: Masks | None = None) -> tuple[str, tuple[str, ...]]:
    """Converts *text* to CommonMark. Returns it with warnings (Messages) about content that is not shown.

    Formulas are placeholders in the result; *masks* contains them.
    """
    masks, chinese, endless = masks or Masks(), is_chinese(text), list[str]()
    not_shown = list[Message]()
    text = with_tables(without_component_indentation(text))
    if is_myst(text):
        text, headings = with_directives(text, not_shown, chinese=chinese), headings_of(text)
        text = without_marks(mask_code(with_containers(text), masks, partial(role_text, headings=headings)))
    else:
        text = mask_code(with_containers(text), masks)
    if is_logseq(text):
        text = convert_logseq(text, chinese=chinese)
    if is_docfx(text):
        text = convert_docfx(text, not_shown)
    text = without_components(without_comments(text, endless))
    has_empty_bold = "****" in text
    text, unknown = without_tags(text, masks, partial(convert_tag, chinese=chinese))
    if not has_empty_bold and "****" in text:  # **{{ value }}**
        text = text.replace("****", "")
    text = with_links(text, masks)
    text, left_out = with_asides(text, masks, chinese=chinese)
    text = with_all_cells(convert_extensions(text), masks)
    warnings = map(unknown_tag_warning, [*left_out, *unknown][:MOST_WARNINGS])
    return masks.restore(text), (
        *not_shown[:MOST_WARNINGS],
        *(withheld_warning(masks.restore(comment)) for comment in endless),
        *warnings,
    )


def unknown_tag_warning(name: str) -> Message:
    """A warning about an unknown tag, whose content is shown unless its name is one such as ``hidden``."""
    if withheld_part(name):
        return withheld_warning(name)
    return Message("the tag '%(name)s' isn't known; it is left out, and its text stays", name=name)


def withheld_warning(name: str) -> Message:
    """A warning about a part that is left out because of its name or condition."""
    return Message("what stands in '%(name)s' may not be for readers; it is left out", name=name[:80])
