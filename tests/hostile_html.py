"""XSS fragments that have passed some sanitizer, by kind, and pieces to combine.

Each calls ``xss(n)``, so that a test can see which of them ran.
"""

from __future__ import annotations

CALL = "xss(1)"

CONTROLS = [
    "&#x3000;",
    "&#xa0;",
    "\x7f",
    "&#x7f;",
    "&#x80;",
    "&#x85;",
    "\u2028",
    "&#x200b;",
    "&#xfeff;",
    "&#1;",
    "&#31;",
]
SCHEMES = ["javascript", "JaVaScRiPt", "java&#10;script", "java&Tab;script", "&#106avascript", "vbscript", "data"]


def _addresses() -> list[str]:
    made = [f"{control}javascript:{CALL}" for control in CONTROLS]
    made += [f"java{control}script:{CALL}" for control in CONTROLS]
    made += [f"javascript{control}:{CALL}" for control in CONTROLS]
    made += [f"{scheme}:{CALL}" for scheme in SCHEMES]
    made += ["javascript&colon;xss(1)", "javascript&#58xss(1)", "javascript&#x3A;xss(1)", "&#0;javascript:xss(1)"]
    made += [
        "data:text/html,<script>parent.xss(1)</script>",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "blob:x",
        "file:///etc",
    ]
    made += [
        "view-source:javascript:xss(1)",
        "feed:javascript:xss(1)",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
    ]
    made += [
        "https:evil.example",
        "http://[",
        "//[x",
        "http://a\u2100b/",
        "&#x202e;javascript:xss(1)",
        "./javascript:xss(1)",
    ]
    return made


ADDRESSES = _addresses()

IN_ADDRESSES = [
    fragment
    for address in ADDRESSES
    for fragment in (
        f'<a href="{address}">甲</a>',
        f'<img src="{address}" alt="乙" srcset="{address} 2x">',
        f'<blockquote cite="{address}"><p>丙</p></blockquote>',
        f'<q cite="{address}">丁</q>',
    )
]

ATTRIBUTES_THAT_LOOK_LIKE_OTHERS = [
    '<img alt="x src=" title=" onerror=xss(1) " src="a.png">',
    '<img title=" src=" alt=" onerror=xss(1) x=" src="http://127.0.0.1:1/a.png">',
    '<img src="a.png" alt="x id=" title=" onerror=xss(1) ">',
    '<a title="x href=" id=" onclick=xss(1) " href="#x">甲</a>',
    '<th abbr="x id=" title=" onclick=xss(1) ">甲</th>',
    '<abbr title="x lang=" id=" onmouseover=xss(1) ">甲</abbr>',
    '<p align="left" title="x class=" id=" onclick=xss(1) ">甲</p>',
    '<img src="a.png" alt="x srcset=" title=" onerror=xss(1) ">',
    '<img src="a.png" alt="/media/0123456789abcdef-360.jpg" title=\'" onerror="xss(1)\'>',
]

NAMESPACES = [
    "<svg><style><img src=x onerror=xss(1)></style></svg>",
    '<svg></p><style><a id="</style><img src=1 onerror=xss(1)>">',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=xss(1)&gt;">',
    "<math><annotation-xml encoding=text/html><svg onload=xss(1)></svg></annotation-xml></math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=xss(1)>",
    '<svg><foreignObject><iframe srcdoc="<script>parent.xss(1)</script>"></iframe></foreignObject></svg>',
    '<svg><a xlink:href="javascript:xss(1)"><text>甲</text></a></svg>',
    "<svg><animate onbegin=xss(1) attributeName=x dur=1s></svg>",
    '<svg><set attributeName=href to="javascript:xss(1)"></svg>',
    "<svg><use href=\"data:image/svg+xml,<svg id='x' onload='xss(1)'/>#x\"></svg>",
    '<math href="javascript:xss(1)">甲</math>',
    '<math><maction actiontype=statusline xlink:href="javascript:xss(1)">甲</maction></math>',
    "<svg><desc><p><style><!--</style><img src=x onerror=xss(1)>--></p></desc></svg>",
    '<svg><title><a title="</title><img src=x onerror=xss(1)>"></svg>',
]

RAW_TEXT = [
    '<noscript><p title="</noscript><img src=x onerror=xss(1)>"></noscript>',
    "<template><img src=x onerror=xss(1)></template>",
    '<textarea><a title="</textarea><img src=x onerror=xss(1)>"></textarea>',
    '<title><a title="</title><img src=x onerror=xss(1)>"></title>',
    '<xmp><a title="</xmp><img src=x onerror=xss(1)>"></xmp>',
    '<noembed><a title="</noembed><img src=x onerror=xss(1)>"></noembed>',
    '<noframes><a title="</noframes><img src=x onerror=xss(1)>"></noframes>',
    "<plaintext><img src=x onerror=xss(1)>",
    "<iframe src=\"javascript:parent.xss(1)\"></iframe><iframe srcdoc='<script>parent.xss(1)</script>'></iframe>",
    "<style>@import 'javascript:xss(1)';</style><p style=\"background:url(javascript:xss(1))\">甲</p>",
    "<select><style></select><img src=x onerror=xss(1)></style>",
    "<option><style></option></select><img src=x onerror=xss(1)></style>",
]

COMMENTS = [
    "<!--><img src=x onerror=xss(1)>-->",
    "<!---><img src=x onerror=xss(1)>-->",
    "<!-- --!><img src=x onerror=xss(1)>-->",
    "<![CDATA[><img src=x onerror=xss(1)>]]>",
    "<?xml ><img src=x onerror=xss(1)>?>",
    "<!doctype ><img src=x onerror=xss(1)>",
    "</ ><img src=x onerror=xss(1)>",
    "<%<img src=x onerror=xss(1)>%>",
]

TAGS = [
    "<script>xss(1)</script>",
    "<scr<script>ipt>xss(1)</scr</script>ipt>",
    "<script src=data:,xss(1)></script>",
    "<img src=x onerror=xss(1)>",
    "<img/src=x/onerror=xss(1)>",
    "<img src=`x`onerror=xss(1)>",
    "<img src='x'onerror=xss(1)>",
    '<img src="x` `<script>xss(1)</script>"` `>',
    "<<img src=x onerror=xss(1)>",
    "<img \x00src=x one\x00rror=xss(1)>",
    "<body onload=xss(1)><html onclick=xss(1)>",
    "<a href=x onclick=xss(1)>甲</a>",
    "<details open ontoggle=xss(1)><summary>甲</summary>乙</details>",
    "<video><source onerror=xss(1) src=x></video><audio src=x onerror=xss(1)></audio>",
    "<input autofocus onfocus=xss(1)><button formaction=javascript:xss(1)>甲</button>",
    "<form action=javascript:xss(1)><input type=submit><form id=y><button form=y>甲</button></form>",
    "<isindex action=javascript:xss(1) type=submit>",
    "<object data=javascript:xss(1)></object><embed src=javascript:xss(1)>",
    "<base href=javascript:/><a href=%0axss(1)>甲</a>",
    '<meta http-equiv=refresh content="0;url=javascript:xss(1)"><link rel=import href=data:,x>',
    "<marquee onstart=xss(1)>甲</marquee><keygen autofocus onfocus=xss(1)>",
    "<p lang='\"><img src=x onerror=xss(1)>'>甲</p>",
    "<p id='x\"onclick=\"xss(1)'>甲</p>",
    "<p class='poem\" onclick=\"xss(1)'>甲</p>",
    "<table><img src=x onerror=xss(1)><td background=javascript:xss(1)>甲</table>",
    "<a name=body id=cookie>甲</a><img name=getElementById src=x>",
    "&lt;img src=x onerror=xss(1)&gt;",
    "&ltimg src=x onerror=xss(1)&gt",
    "&amp;lt;script&amp;gt;xss(1)&amp;lt;/script&amp;gt;",
    "+ADw-script+AD4-xss(1)+ADw-/script+AD4-",
    "\u2028<img src=x onerror=xss(1)>",
    "<img src=x on\u0130error=xss(1)>",
    "<ıframe src=javascript:xss(1)>",
    "<a href=javascript&#x3a;xss&lpar;1&rpar;>甲</a>",
    "{{constructor.constructor('xss(1)')()}}${xss(1)}",
]

MATHEMATICS = [
    '<math alttext="x&quot; onclick=&quot;xss(1)"><mi>x</mi></math>',
    "<math><mi onclick=xss(1) style='x' id=a class=left href=javascript:xss(1)>x</mi></math>",
    '<math><mrow xlink:href="javascript:xss(1)"><mi>x</mi></mrow><mi href="javascript:xss(1)">y</mi></math>',
    '<math><semantics><mi>x</mi><annotation-xml encoding="text/html"><img src=x onerror=xss(1)></annotation-xml></math>',
    '<math><semantics><mi>x</mi><annotation encoding="application/xhtml+xml"><script>xss(1)</script></annotation></math>',
    "<math><mi><malignmark><style></mi></math><img src=x onerror=xss(1)>",
    "<math><mtext><p><mi><style><!--</style></mi><img title='--&gt;&lt;img src onerror=xss(1)&gt;'>",
    "<math><mtext><mglyph><svg><mtext><textarea><path id='</textarea><img onerror=xss(1) src=1>'>",
    "<math><mtext><table><mi></table><mglyph><title><img src=x onerror=xss(1)></title>",
    "<math><ms><noscript><style></noscript><img src=x onerror=xss(1)></style>",
    "<math><mspace width='expression(xss(1))'/><mo lspace='url(javascript:xss(1))'>+</mo></math>",
    "<math><mtable><mi>x<mtr><p>y<mtd class='left evil' columnspan=javascript:xss(1)><script>xss(1)</script></math>",
    "<math><mtext><a href='javascript:xss(1)'>x</a><iframe src='javascript:xss(1)'></mtext></math>",
    "<math><mi>&lt;img src=x onerror=xss(1)&gt;</mi><mtext>&amp;lt;script&amp;gt;</mtext></math>",
    "<svg><math><mi><foreignObject><img src=x onerror=xss(1)>",
    "<math><mmultiscripts><mprescripts><mi>x<mprescripts></math><mi>y</mi>",
    '<script type="math/tex">\\href{javascript:xss(1)}{x}</script>',
    '<script type="math/tex">\\text{<img src=x onerror=xss(1)>}</script>',
    "\\(\\text{<img src=x onerror=xss(1)>}\\) $$\\text{&lt;script>xss(1)&lt;/script>}$$",
]
"""HTML within MathML, which a second parser reads otherwise; TeX that holds HTML."""

VECTORS = [*IN_ADDRESSES, *ATTRIBUTES_THAT_LOOK_LIKE_OTHERS, *MATHEMATICS, *NAMESPACES, *RAW_TEXT, *COMMENTS, *TAGS]

PIECES = [
    *(
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "<i lang=zh>",
        "</i>",
        "<a href=#x>",
        "<a id=x>",
        "<a id=y href=#x>",
        "</a>",
        "<br>",
    ),
    *("<div>", "</div>", "<div class=poem>", "<section id=z>", "</section>", "<h1>", "</h1>", "<h2 id=x>", "</h2>"),
    *("<ul>", "<li>", "</ul>", "<ol start=3>", "</ol>", "<dl>", "<dt>", "<dd>", "</dl>", "<table>", "<tr>", "<td>"),
    *("<th>", "<thead>", "<caption>", "</table>", "<pre>", "</pre>", "<code>", "</code>", "<figure>", "<figcaption>"),
    *("</figure>", "<details>", "<summary>", "</details>", "<ruby>", "<rt>", "<rp>", "</ruby>", "<blockquote>", "<hr>"),
    *(
        "</blockquote>",
        "<img src=a.png>",
        "<img src=a.png alt='甲'>",
        "<sup class=footnote-ref>",
        "</sup>",
        "<q cite=x>",
    ),
    *(
        "</math>",
        "<math display=block alttext='甲\"'>",
        "<mi>",
        "</mi>",
        "<msup>",
        "</msup>",
        "<mtable>",
        "<mtr>",
        "<mtd>",
    ),
    *(
        "<mmultiscripts>",
        "<mprescripts>",
        "<malignmark>",
        "<annotation-xml encoding=text/html>",
        "<mspace width=1em />",
    ),
    *("<svg>", "</svg>", "<math>", "<mtext>", "<mglyph>", "<style>", "</style>", "<template>", "</template>", "<form>"),
    *(
        "</form>",
        "<noscript>",
        "</noscript>",
        "<textarea>",
        "</textarea>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<select>",
    ),
    *("甲", "乙丙", " ", "\n", "\u3000", "\u00a0", "&nbsp;", "&#x3000;", "&lt;", "&amp;", "&", "<", ">", '"', "'", "="),
    *("<p title='", '<p id="', "<p align=center>", "<p dir=rtl lang=ar>", "\x00", "\x7f", "&#1;", "javascript:xss(1)"),
]
"""Pieces that hypothesis combines in any order."""
