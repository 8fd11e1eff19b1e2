"""Editor pages: the audit log, and the differences that an act made to a file."""

from __future__ import annotations

from flask import Flask, Response, request

from .... import urls
from ....editing import audit_log
from ....editing.file_requests import compare_contents
from ....errors import NotFound
from ....i18n import N_
from ... import services
from ...editor.editor_previews import FAILURES, child_process_slot, error_text, status_of
from ...editor.editor_session import editor_blueprint, editor_page, register, required_session
from ...requests.request_context import gettext

optional_bp = editor_blueprint("editor_history")

ACTS = 50
ACT_LABELS = {
    audit_log.SAVED: N_("edited"),
    audit_log.CREATED: N_("added"),
    audit_log.DELETED: N_("deleted"),
    audit_log.RESTORED: N_("restored"),
}


def init_app(app: Flask) -> None:
    register(app, optional_bp)


@optional_bp.get(urls.EDITOR_HISTORY)
def history() -> Response:
    """All acts, latest first. ``?path=`` selects one file; ``?version=`` is the id of the act whose change is shown."""
    required_session()
    path, version = request.args.get("path", "").replace("\0", ""), _number("version")  # PostgreSQL rejects NUL
    try:
        found = audit_log.acts(services().state, path, _number("after"), ACTS + 1)
        shown_act = audit_log.act(services().state, version) if version else None
        difference = _difference(shown_act) if shown_act else []
    except FAILURES as error:
        return editor_page("editor/unreadable_file.html", status_of(error), problem=error_text(error), path=path)
    if version and shown_act is None:
        raise NotFound("page", str(version))
    zone = services().settings.timezone
    return editor_page(
        "editor/history.html",
        acts=[(act, act.at.astimezone(zone)) for act in found[:ACTS]],
        labels={name: gettext(label) for name, label in ACT_LABELS.items()},
        path=path,
        chosen=shown_act,
        difference=difference,
        more=found[ACTS - 1].id if len(found) > ACTS else 0,
    )


def _number(name: str) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # PostgreSQL's ids have 32 bits


def _difference(act: audit_log.Act) -> list[tuple[str, str]]:
    before, after = (audit_log.version(services().state, digest) for digest in (act.before, act.after))
    with child_process_slot():
        return compare_contents(services().settings, before, after)
