"""Restricts metrics to the clients in READER_METRICS_ALLOW."""

from __future__ import annotations

from flask import request

from .. import services
from ..middleware.forwarded import IDENTITY, is_within


def is_operator() -> bool:
    """Whether the client is in READER_METRICS_ALLOW. False if the client's address behind a proxy is uncertain."""
    return is_within(request.environ.get(IDENTITY, ""), services().settings.metrics_readers)
