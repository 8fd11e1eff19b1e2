"""Tells forms that people sent from those of programs, without a puzzle: a hidden field, and the age of the form."""

from __future__ import annotations

from flask import request

from ...comments import acceptance
from ...comments.signatures import Signatures

HONEYPOT = "topic"
"""The name of a form field that is hidden from people. Only programs fill it in."""


def is_sent_by_person(signatures: Signatures, form: str, seconds: float) -> bool:
    """Whether the submitted form is neither a program's nor too old. *form* is its purpose in the signed field
    ``token``, *seconds* the time now (Unix)."""
    age = signatures.form_age(request.form.get("token", ""), form, seconds)
    is_in_time = age is not None and acceptance.LEAST_SECONDS <= age <= acceptance.LONGEST_SECONDS
    return is_in_time and not request.form.get(HONEYPOT)
