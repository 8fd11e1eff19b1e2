"""Adds elements that PDF/UA requires and WeasyPrint omits to the structure tree of a finished PDF."""

from __future__ import annotations

from typing import Any

import pydyf

from ..formula_drawing import SPOKEN

PRINTED = 4
"""The Print flag (ISO 32000-1 12.5.3), which PDF/UA 7.18.1 requires on links."""


def fix(pdf: Any) -> None:
    """Applies all fixes. Call it once, before the file is written."""
    wrap_list_bodies(pdf)
    scope_headers(pdf)
    name_formulas(pdf)
    for item in pdf.objects:
        if isinstance(item, dict) and item.get("Type") == "/Annot":
            item["F"] = PRINTED


def wrap_list_bodies(pdf: Any) -> None:
    """Wraps the content of list items in an LBody (ISO 32000-1 14.8.4.3.3). WeasyPrint omits it for items with
    paragraphs.
    """
    items: list[Any] = [found for found in pdf.objects if isinstance(found, dict) and found.get("S") == "/LI"]
    for item in items:
        loose = [ref for ref in item["K"] if _struct(pdf, ref).get("S") not in ("/Lbl", "/LBody")]
        if not loose:
            continue
        body = pydyf.Dictionary({"Type": "/StructElem", "S": "/LBody", "K": pydyf.Array(loose)})
        body["Pg"], body["P"] = item["Pg"], item.reference
        pdf.add_object(body)
        for ref in loose:
            _struct(pdf, ref)["P"] = body.reference
        item["K"] = pydyf.Array([ref for ref in item["K"] if ref not in loose] + [body.reference])


def scope_headers(pdf: Any) -> None:
    """Sets the scope of header cells to Column (ISO 32000-1 14.8.5.7), because not all PDF readers support /Headers."""
    for item in pdf.objects:
        if isinstance(item, dict) and item.get("S") == "/TH":
            item["A"]["Scope"] = "/Column"


def name_formulas(pdf: Any) -> None:
    """Tags the drawing of a formula as Formula (PDF/UA 7.7), with words to read aloud and TeX to copy."""
    for item in pdf.objects:
        if isinstance(item, dict) and item.get("S") == "/Figure" and "Alt" in item:
            match item["Alt"].string.split(SPOKEN, 2):
                case ["", words, tex]:
                    item["S"], item["Alt"], item["ActualText"] = "/Formula", pydyf.String(words), pydyf.String(tex)


def _struct(pdf: Any, reference: bytes) -> Any:
    """Resolves the reference ``12 0 R``."""
    found = pdf.objects[int(reference.split()[0])] if isinstance(reference, bytes) else {}
    return found if isinstance(found, dict) else {}
