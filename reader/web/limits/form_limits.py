"""Size limits of public forms. A larger form is rejected before its content is read."""

from __future__ import annotations

from flask import Blueprint, request


def limit_forms(blueprint: Blueprint, largest_bytes: int) -> None:
    """Makes *blueprint* answer 413 to forms of more than *largest_bytes*."""

    @blueprint.before_request
    def limit() -> None:
        request.max_content_length = request.max_form_memory_size = largest_bytes
