"""The message from the export service to a worker process, through the queue: an ExportJob as one line of JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from ..exports.options import Options
from ..library.article_json import article_of, fields_of
from ..models import Publication
from ..site_identity import site_from_fields
from .shared_pictures import SharedPicture


@dataclass(frozen=True)
class ExportJob:
    """The data that a worker needs. A worker with another ``build_id`` runs other code and must reject the job.

    ``pictures`` are in the bucket if machines share the queue; ``options`` then have no paths and commands of one.
    """

    key: str
    suffix: str
    build_id: str
    publication: Publication
    options: Options
    pictures: tuple[SharedPicture, ...] = ()


def serialize(job: ExportJob) -> str:
    """*job* as one line of JSON."""
    publication = vars(job.publication) | {"chapters": tuple(map(fields_of, job.publication.chapters))}
    fields = vars(job) | {"publication": publication, "options": asdict(job.options)}
    return json.dumps(fields, ensure_ascii=False, default=datetime.isoformat)


def deserialize(line: str) -> ExportJob:
    """The inverse of ``serialize``. Datetimes have the same UTC offset, but not the name of their time zone."""
    fields = json.loads(line)
    publication = fields["publication"] | {"chapters": tuple(map(article_of, fields["publication"]["chapters"]))}
    options = dict(fields["options"])
    if "site" in options:  # jobs that an older version queued have none
        options["site"] = site_from_fields(options["site"])
    pictures = tuple((digest, width, height) for digest, width, height in fields.get("pictures", ()))
    built = {"publication": Publication(**publication), "options": Options(**options), "pictures": pictures}
    return ExportJob(**fields | built)
