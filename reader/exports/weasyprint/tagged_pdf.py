"""The structure tree of a finished PDF, mended where WeasyPrint leaves out what PDF/UA and its readers want."""

from __future__ import annotations

from typing import Any

import pydyf

PRINTED = 4
"""ISO 32000-1 12.5.3: the flag Print, which PDF/UA 7.18.1 wants on links."""


def fix(pdf: Any) -> None:
    """Once, before the file is written."""
    wrap_list_bodies(pdf)
    scope_headers(pdf)
    for item in pdf.objects:
        if isinstance(item, dict) and item.get("Type") == "/Annot":
            item["F"] = PRINTED


def wrap_list_bodies(pdf: Any) -> None:
    """Puts what stands in a list item beside its label into an LBody (ISO 32000-1 14.8.4.3.3): WeasyPrint leaves it
    out where the item holds paragraphs.
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
    """Says of each header cell that it heads a column (ISO 32000-1 14.8.5.7), as not every reader follows /Headers."""
    for item in pdf.objects:
        if isinstance(item, dict) and item.get("S") == "/TH":
            item["A"]["Scope"] = "/Column"


def _struct(pdf: Any, reference: bytes) -> Any:
    """The object behind ``12 0 R``."""
    found = pdf.objects[int(reference.split()[0])] if isinstance(reference, bytes) else {}
    return found if isinstance(found, dict) else {}
