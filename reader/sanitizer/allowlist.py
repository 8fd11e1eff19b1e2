"""The tags, attributes, classes and URL schemes allowed in the HTML of an article."""

from __future__ import annotations

import re

from ..models import word_set

FLOW = frozenset({"section", "aside", "blockquote", "details", "div"})
"""Tags that contain blocks. Loose text in them is wrapped in a paragraph. div is never in the output."""
ITEMS = frozenset({"li", "dd", "td", "th", "figcaption", "caption", "figure"})
"""Tags that contain text or blocks."""
LINES = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "summary", "pre"})
"""Tags that contain only text and inline tags."""
LISTS = {"ul": "li", "ol": "li", "dl": "dd"}
"""Tags that contain only items, with the tag that other content is wrapped in."""
TABLE = frozenset({"table", "thead", "tbody", "tfoot", "tr"})
BLOCKS = FLOW | ITEMS | LINES | LISTS.keys() | TABLE | {"hr"}
VOID = frozenset({"br", "hr", "img"})
INLINES = frozenset(
    ["a", "abbr", "b", "br", "cite", "code", "del", "em", "i", "img", "ins", "kbd", "mark", "q"]
    + ["rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "u", "var"]
)
CODE = frozenset({"pre", "code", "kbd", "samp"})
"""Elements whose text is from left to right in any language."""
MATHML_LEAVES = frozenset({"mi", "mn", "mo", "ms", "mtext"})
"""Elements that contain only text."""
MATHML_ARITY = {
    **dict.fromkeys(("mfrac", "mroot", "msub", "msup", "munder", "mover"), 2),
    **dict.fromkeys(("msubsup", "munderover"), 3),
}
"""Elements with a fixed number of children (MathML Core 3.3, 3.4)."""
MATHML = frozenset(
    ["math", "mrow", "msqrt", "mstyle", "mpadded", "mphantom", "menclose", "mspace", "mtable", "mtr", "mtd"]
    + ["mmultiscripts", "mprescripts", *MATHML_LEAVES, *MATHML_ARITY]
)
"""The presentation elements of MathML Core, and ``menclose``. They are inline, and allowed only within ``math``."""
INLINES |= MATHML
HTML_NAMES = BLOCKS | INLINES | {
    "area", "audio", "base", "body", "button", "canvas", "center", "dialog", "embed", "fieldset", "font", "footer",
    "form", "frame", "head", "header", "html", "iframe", "input", "label", "link", "main", "meta", "nav",
    "noscript", "object", "optgroup", "option", "param", "picture", "script", "select", "source", "style",
    "svg", "template", "textarea", "title", "track", "video", "wbr",
}  # fmt: skip
"""The names of the elements of HTML that pages of programs and of MDX use."""
OTHER_HTML_NAMES = word_set(
    "acronym address annotation applet article basefont bdi bdo big bgsound col colgroup data datalist dfn dir "
    "frameset hgroup image keygen legend listing map marquee menu meter nobr noembed noframes output plaintext "
    "progress rb rtc search slot strike time tt xmp"
)
PARENTS = {
    "li": {"ul", "ol"},
    "dt": {"dl"},
    "dd": {"dl"},
    "figcaption": {"figure"},
    "summary": {"details"},
    "rt": {"ruby"},
    "rp": {"ruby"},
}
"""The allowed parents of a tag. A tag with another parent is treated as a div or a span."""

SCHEMES = frozenset({"http", "https", "mailto", "tel"})
CLASSES = {
    *("poem", "verse", "stanza", "footnotes", "footnote-ref", "footnote-backref"),
    *("epigraph", "signature", "note", "warning", "pullquote", "left", "center", "right", "diagram"),
}
CLASSES_OF_CODE = frozenset({"hk", "hs", "hc", "hm", "hf", "ht", "ha", "hd"})
"""Classes of spans in code: keyword, string, comment, constant, defined name, type, attribute, deleted line."""
CODE_LANGUAGE = re.compile(r"language-[\w+#.-]{1,40}")
"""The class of ``code`` that names its language (HTML, 4.5.15)."""
ATTRIBUTES = {
    "*": {"lang", "dir", "id"}, "a": {"href", "title", "hreflang"}, "abbr": {"title"}, "blockquote": {"cite"},
    "q": {"cite"}, "img": {"src", "alt", "title", "width", "height"}, "ol": {"start", "reversed", "type"},
    "li": {"value"}, "p": {"align", "style"}, "td": {"colspan", "rowspan", "headers", "align", "style"},
    "th": {"colspan", "rowspan", "headers", "scope", "abbr", "align", "style"}, "details": {"open"},
}  # fmt: skip
for _tag in ("h1", "h2", "h3", "h4", "h5", "h6", "div"):
    ATTRIBUTES[_tag] = {"align", "style"}

_EVERY_FORMULA = {"displaystyle", "scriptlevel"}
MATHML_ATTRIBUTES = {
    "*": _EVERY_FORMULA,
    "math": {"display", "alttext"},
    "mi": {"mathvariant", *_EVERY_FORMULA},
    "mo": {"form", "fence", "separator", "lspace", "rspace", "stretchy", "symmetric", "maxsize", "minsize", "largeop"}
    | {"movablelimits", *_EVERY_FORMULA},
    "mspace": {"width", "height", "depth", *_EVERY_FORMULA},
    "mpadded": {"width", "height", "depth", "lspace", "voffset", *_EVERY_FORMULA},
    "mfrac": {"linethickness", *_EVERY_FORMULA},
    "munder": {"accentunder", *_EVERY_FORMULA},
    "mover": {"accent", *_EVERY_FORMULA},
    "munderover": {"accent", "accentunder", *_EVERY_FORMULA},
    "menclose": {"notation", *_EVERY_FORMULA},
    "mtd": {"class", "columnspan", "rowspan", *_EVERY_FORMULA},
}
"""The allowed attributes of MathML elements. There is no ``href``, no ``xlink:href``, no colour and no id."""

_NUMBER = re.compile(r"-?\d{1,5}")
_COUNT = re.compile(r"[1-9]\d{0,4}")
_SPAN = re.compile(r"[1-9]\d{0,2}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
VALUES = {
    "lang": _LANGUAGE, "hreflang": _LANGUAGE, "dir": re.compile("ltr|rtl|auto"), "width": _COUNT, "height": _COUNT,
    "colspan": _SPAN, "rowspan": _SPAN, "start": _NUMBER, "value": _NUMBER, "type": re.compile("[1aAiI]"),
    "scope": re.compile("row|col|rowgroup|colgroup"),
}  # fmt: skip
"""The patterns of valid values. Other attributes accept any text."""

_LENGTH = re.compile(r"-?(?:\d{1,4}(?:\.\d{1,12})?|\.\d{1,12})(?:em|ex|px|pt|%)?")
_BOOLEAN = re.compile("true|false")
MATHML_VALUES = {
    **dict.fromkeys(("width", "height", "depth", "lspace", "rspace", "voffset", "minsize", "maxsize"), _LENGTH),
    "linethickness": _LENGTH,
    "scriptlevel": re.compile(r"[+-]?\d"),
    **dict.fromkeys(("displaystyle", "stretchy", "fence", "separator", "largeop", "movablelimits"), _BOOLEAN),
    **dict.fromkeys(("symmetric", "accent", "accentunder"), _BOOLEAN),
    "form": re.compile("prefix|infix|postfix"),
    "mathvariant": re.compile("normal"),
    "notation": re.compile("box|roundedbox|circle|top|bottom|left|right|updiagonalstrike|downdiagonalstrike"),
    "columnspan": re.compile(r"[1-9]\d?"),
    "rowspan": re.compile(r"[1-9]\d?"),
    "class": re.compile("left|center|right"),
}
"""The patterns of valid values of MathML. ``mathml`` checks ``display`` and ``alttext``."""
