"""Restricts metrics to the clients in READER_METRICS_ALLOW."""

from __future__ import annotations

from flask import request

from .. import services
from ..middleware.forwarded import IDENTITY, is_within


def is_operator() -> bool:
    """Whether the request comes from such a client. False if a proxy leaves it uncertain who the client is."""
    return is_within(request.environ.get(IDENTITY, ""), services().settings.metrics_readers)
