"""Removes tags outside of SVG and MathML that have the names of their elements: ``cp <path>``, ``vector<int>``.

The cleaner (ammonia) removes such an element with its content, because its namespace is wrong, and an author's
``<path>`` contains the rest of the paragraph. Browsers, and all other unknown tags, keep the content.
"""

from __future__ import annotations

import re

from ..models import word_set
from ..patterns import lazy_pattern

_NAMES = word_set(
    # SVG 2
    "animate circle defs desc discard ellipse filter g line marker mask metadata mpath path pattern polygon polyline "
    "rect stop switch symbol text tspan use view "
    # MathML 3: presentation, then content
    "cbytes cerror cs maction maligngroup malignmark menclose merror mfenced mfrac mglyph mi mlabeledtr mlongdiv "
    "mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mscarries mscarry msgroup msline mspace "
    "msqrt msrow mstack mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none semantics "
    "abs and apply approx arccos arccosh arccot arccoth arccsc arccsch arcsec arcsech arcsin arcsinh arctan arctanh "
    "arg bind bvar card cartesianproduct ceiling ci cn codomain complexes compose condition conjugate cos cosh cot "
    "coth csc csch csymbol curl declare degree determinant diff divergence divide domain domainofapplication emptyset "
    "eq equivalent eulergamma exists exp exponentiale factorial factorof false floor fn forall gcd geq grad gt ident "
    "imaginary imaginaryi implies in infinity int integers intersect interval inverse lambda laplacian lcm leq limit "
    "list ln log logbase lowlimit lt matrix matrixrow max mean median min minus mode moment momentabout "
    "naturalnumbers neq not notanumber note notin notprsubset notsubset or otherwise outerproduct partialdiff pi "
    "piece piecewise plus power primes product prsubset quotient rationals real reals reln rem root scalarproduct "
    "sdev sec sech selector sep set setdiff share sin sinh subset sum tan tanh tendsto times transpose true union "
    "uplimit variance vector vectorproduct xor"
)
_ANY_NAME = re.compile("<([A-Za-z]+)")
_TAG = lazy_pattern(r"</?([A-Za-z]+)(?=[\s/>])[^<>]{0,2000}>")


def without_foreign_names(html: str) -> str:
    """*html* without such tags. What is within ``svg`` and ``math`` is unchanged."""
    if _NAMES.isdisjoint(map(str.lower, set(_ANY_NAME.findall(html)))):
        return html
    lower, out, done, skipped_to = html.lower(), [], 0, 0
    for tag in _TAG.finditer(html):
        name = tag[1].lower()
        if tag.start() < skipped_to:
            continue
        if name in ("svg", "math") and tag[0][1] != "/":
            skipped_to = lower.find(f"</{name}", tag.end())
            if skipped_to < 0:
                break
        elif name in _NAMES:
            out.append(html[done : tag.start()])
            done = tag.end()
    return "".join([*out, html[done:]])
