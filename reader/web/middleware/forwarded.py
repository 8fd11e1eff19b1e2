"""Who asks, and by which address: ``X-Forwarded-*`` and ``Forwarded`` count only from proxies that the operator names.

``environ["reader.client"]`` is the client's address afterwards; empty when it is not known, because a proxy that is
not named stands between.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterable, Sequence
from functools import lru_cache
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.middleware.proxy_fix import ProxyFix

CLIENT = "reader.client"
PASSED_ON = "reader.passed_on"
"""In ``environ``: whether the request came with forwarded fields from a peer that is not trusted."""
_FORWARDED = (
    *("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"),
    *("HTTP_X_FORWARDED_PORT", "HTTP_X_FORWARDED_PREFIX", "HTTP_X_REAL_IP"),
)
_MOST_PROXIES = 8
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
log = logging.getLogger(__name__)


class ForwardedMiddleware:
    """*trusted* are the networks of proxies; ``direct`` says that there are none, so each peer is a client."""

    def __init__(self, inner: WSGIApplication, trusted: Sequence[Network], direct: bool) -> None:
        self._inner, self._trusted, self._direct = inner, trusted, direct
        self._by_count = {n: ProxyFix(inner, x_for=n, x_proto=1, x_host=1) for n in range(1, _MOST_PROXIES + 1)}
        self._warned = False

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        peer = environ.get("REMOTE_ADDR", "")
        forwarded = [name for name in _FORWARDED if name in environ]
        if forwarded and is_within(peer, self._trusted):
            return self._ask_for_client(environ, start_response)
        for name in forwarded:
            del environ[name]
        environ[PASSED_ON] = bool(forwarded) and not self._direct
        environ[CLIENT] = peer if self._direct or (not forwarded and not is_shared(peer)) else ""
        if forwarded and not self._direct:
            self._warn(peer)
        return self._inner(environ, start_response)

    def _ask_for_client(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The client is the last address that is not a proxy's own: what stands before it, anybody could have sent."""
        said = [part.strip() for part in environ.get("HTTP_X_FORWARDED_FOR", "").split(",")[-_MOST_PROXIES:]]
        count = next((n for n, part in enumerate(reversed(said), 1) if not is_within(part, self._trusted)), len(said))
        client = said[-count]
        environ[CLIENT] = client if address_in(client) else ""
        for name in set(_FORWARDED) - {"HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"}:
            environ.pop(name, None)
        return self._by_count[count](environ, start_response)

    def _warn(self, peer: str) -> None:
        """Once a process."""
        if not self._warned:
            self._warned = True
            log.warning(
                "%s sends X-Forwarded-* or Forwarded, which is ignored: if it is your proxy, set READER_TRUSTED_PROXIES"
                " to its address and READER_BASE_URL to the site's; until then addresses are those of the request",
                peer or "a peer",
            )


@lru_cache(maxsize=1024)
def address_in(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address in ``1.2.3.4``, ``1.2.3.4:80``, ``[::1]:80`` or ``::ffff:1.2.3.4``; None for anything else."""
    host = text.strip()[:60]
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def is_within(text: str, networks: Sequence[Network]) -> bool:
    found = address_in(text)
    return found is not None and any(found in network for network in networks)


def is_shared(peer: str) -> bool:
    """Whether a proxy may stand behind the address: one on this machine or in this network need not say so."""
    found = address_in(peer)
    return found is None or not found.is_global
