"""An order as one line of text, and back: it crosses from the process that asks to the one that makes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from ..exports.options import Options
from ..library.article_json import article_of
from ..models import Publication


@dataclass(frozen=True)
class ExportJob:
    """All a worker needs. ``build_id`` is the one the key was made with: a worker of other code must refuse."""

    key: str
    suffix: str
    build_id: str
    publication: Publication
    options: Options


def serialize(spec: ExportJob) -> str:
    return json.dumps(asdict(spec), ensure_ascii=False, default=datetime.isoformat)


def deserialize(line: str) -> ExportJob:
    """The ExportJob that ``serialize`` wrote; times keep their offset, not their zone's name."""
    fields = json.loads(line)
    publication = fields["publication"] | {"chapters": tuple(map(article_of, fields["publication"]["chapters"]))}
    return ExportJob(**fields | {"publication": Publication(**publication), "options": Options(**fields["options"])})
