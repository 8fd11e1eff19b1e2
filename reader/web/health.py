"""Whether this process can answer: for load balancers and for scripts that wait for a start."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from . import services

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> Response:
    """200 once the catalog answers; the numbers are for people."""
    catalog = services().catalog
    response = jsonify(status="ok", articles=catalog.count(), revision=catalog.revision)
    response.headers["Cache-Control"] = "no-store"
    return response
