"""Health checks: ``/healthz`` reports whether pages are up to date, ``/readyz`` whether all functions are available.

Both answer 503 with the reason if a check fails. The numbers in the body are informational.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, jsonify

from ...catalog.read_connections import rebuilding
from ...errors import Busy, StateUnusable
from ...i18n import Message
from .. import services
from ..metrics.metrics_access import is_operator

bp = Blueprint("health", __name__)

OK = "ok"


@bp.get("/healthz")
def healthz() -> Response:
    """200 if all checks pass. 503 with the reason if the articles folder has a fault, no process indexes it, or the
    state database cannot be used."""
    try:
        reasons, figures = [_fault_of_catalog() or _fault_of_state(services().state.fault())], _figures()
    except Busy as error:  # the catalog is not available now
        reasons, figures = [error.message], {}
    return _answer(reasons, figures)


@bp.get("/readyz")
def readyz() -> Response:
    """200 if the catalog is in sync with the folder, the state database is writable, and exports are generated.

    ``checks`` contains ``ok`` or a reason for each of these.
    """
    checks = {"catalog": _fault_of_catalog, "state": _fault_of_writing, "exports": _fault_of_exports}
    found = {name: _reason_of_check(check) for name, check in checks.items()}
    return _answer(list(found.values()), {"checks": {name: reason or OK for name, reason in found.items()}})


def _answer(reasons: list[str], figures: dict[str, object]) -> Response:
    reason = "; ".join(filter(None, reasons))
    first = {"status": "fault", "reason": reason} if reason else {"status": OK}
    response = jsonify(first | figures)
    response.status_code = 503 if reason else 200
    response.headers["Cache-Control"] = "no-store"
    return response


def _figures() -> dict[str, object]:
    catalog = services().catalog.as_it_is
    return {"articles": catalog.count(), "revision": catalog.revision}


def _reason_of_check(check: Callable[[], str]) -> str:
    try:
        return check()
    except Busy as error:
        return error.message


def _fault_of_catalog() -> str:
    """Why the catalog is not in sync with the folder; empty if it is. Raises Busy."""
    fault = services().catalog.as_it_is.fault()
    stalled = services().heartbeat.reason() if services().catalog.is_complete() else rebuilding().message
    return _for_client(fault or stalled)


def _fault_of_state(fault: str) -> str:
    """*fault*, or the fault that the indexing process recorded; empty without one. Only operators see details, which
    include the location of the database. Raises Busy."""
    if not (fault := fault or services().catalog.as_it_is.fault("state_fault")):
        return ""
    return StateUnusable(fault).message if is_operator() else Message("the state database cannot be used")


def _fault_of_writing() -> str:
    return _fault_of_state(services().state.fault() or services().state.write_fault())


def _fault_of_exports() -> str:
    return services().export_service.fault()


def _for_client(reason: str) -> str:
    """*reason* for this client. Clients that may not read ``/metrics`` see no path of this machine."""
    if is_operator() or not isinstance(reason, Message) or "path" not in reason.values:
        return reason
    return Message(reason.msgid, reason.plural, **{**reason.values, "path": "READER_ARTICLES"})
