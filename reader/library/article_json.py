"""Converts an article to JSON fields and back, for messages between processes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from markupsafe import Markup

from ..article_corrections import from_fields, to_fields
from ..i18n import deserialize, serialize
from ..models import Article

_TIMES = ("published", "updated")
_MESSAGES = ("warnings", "notes")


def fields_of(article: Article) -> dict[str, Any]:
    """All fields of *article*: times in ISO 8601, warnings and notes serialized."""
    times = {name: getattr(article, name).isoformat() for name in _TIMES}
    changed = {"corrections": to_fields(article.corrections)}
    return vars(article) | times | changed | {name: list(map(serialize, getattr(article, name))) for name in _MESSAGES}


def article_of(fields: Mapping[str, Any], zone: tzinfo | None = None) -> Article:
    """The inverse of ``fields_of``. Times are converted to *zone*; without it they have their stored UTC offset."""
    values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()}
    values["body"] = Markup(values["body"])  # noqa: S704 it was Markup in ``fields_of``
    values |= {name: tuple(map(deserialize, values[name])) for name in _MESSAGES}
    values["corrections"] = from_fields(fields["corrections"], zone)
    for name in _TIMES:
        at = datetime.fromisoformat(values[name])
        values[name] = at.astimezone(zone) if zone else at
    return Article(**values)
