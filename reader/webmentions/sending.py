"""Sends one mention: discovers the endpoint of the target and notifies it (Webmention 3.1)."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ChildFailed, FetchFailed
from ..http_client.client import HttpClient
from .fetching import LONGEST_SECONDS, fetch, is_permanent, is_temporary
from .page_child_requests import endpoint_named_by, is_caused_by_page

MOST_LINKS = 50
"""The maximum number of notified links per article. Further links are ignored."""


@dataclass(frozen=True)
class SendingResult:
    """``note`` describes the result. If ``is_final`` is false, sending is tried again later."""

    note: str
    is_final: bool = True


def send(client: HttpClient, source: str, target: str) -> SendingResult:
    """Notifies *target*'s endpoint that *source* links to it. Returns failures as results, too."""
    try:
        page = fetch(client, target)
        if is_temporary(page.status):
            return SendingResult(f"{target} answered {page.status}", is_final=False)
        endpoint = endpoint_named_by(page)
        if not endpoint:
            return SendingResult("no endpoint")
        answer = client.post_form(endpoint, {"source": source, "target": target}, seconds=LONGEST_SECONDS)
    except FetchFailed as error:
        return SendingResult(error.reason, is_final=is_permanent(error))
    except ChildFailed as error:
        return SendingResult(f"{target} cannot be read: {error}", is_final=is_caused_by_page(error))
    return SendingResult(f"{endpoint} answered {answer.status}", is_final=not is_temporary(answer.status))
