"""Size limits of public forms: a form is refused before more is read."""

from __future__ import annotations

from flask import Blueprint, request


def limit_forms(blueprint: Blueprint, largest_bytes: int) -> None:
    """Answers 413 to all larger forms that are sent to *blueprint*."""

    @blueprint.before_request
    def limit() -> None:
        request.max_content_length = request.max_form_memory_size = largest_bytes
