"""Trusts ``X-Forwarded-*`` and ``Forwarded`` only from the proxies in READER_TRUSTED_PROXIES.

Sets ``environ["reader.client"]`` to the IP address for rate limits; empty if it is unknown because a proxy is not
trusted or sends no address. Sets ``environ["reader.identity"]`` to the address for access control; empty if it is
uncertain.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterable, Sequence
from functools import lru_cache
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.middleware.proxy_fix import ProxyFix

CLIENT = "reader.client"
IDENTITY = "reader.identity"
FOR = "HTTP_X_FORWARDED_FOR"
PASSED_ON = "reader.passed_on"
"""The key in ``environ``: whether an untrusted peer sent forwarded fields."""
_READ_BY_PROXY_FIX = frozenset((FOR, "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"))
_FORWARDED = _READ_BY_PROXY_FIX | {
    *("HTTP_FORWARDED", "HTTP_X_FORWARDED_PORT", "HTTP_X_FORWARDED_PREFIX", "HTTP_X_REAL_IP"),
}
_MOST_PROXIES = 8
_SCHEMES = frozenset(("http", "https"))
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
log = logging.getLogger(__name__)


class ForwardedMiddleware:
    """The WSGI middleware. *trusted* are the networks of proxies.

    *direct*: there is no proxy, so each peer is a client. *trusts_unix*: each peer on a UNIX socket is a proxy.
    """

    def __init__(
        self, inner: WSGIApplication, trusted: Sequence[Network], direct: bool, trusts_unix: bool = False
    ) -> None:
        self._inner, self._trusted, self._direct, self._trusts_unix = inner, trusted, direct, trusts_unix
        self._by_count = {n: ProxyFix(inner, x_for=n, x_proto=1, x_host=1) for n in range(1, _MOST_PROXIES + 1)}
        self._has_warned = False

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        peer = environ.get("REMOTE_ADDR", "")
        forwarded = [name for name in _FORWARDED if name in environ]
        if forwarded and self._is_proxy(peer):
            return self._set_client(environ, start_response)
        for name in forwarded:
            del environ[name]
        environ[PASSED_ON] = bool(forwarded) and not self._direct
        environ[CLIENT] = peer if self._direct or (not forwarded and not is_shared(peer)) else ""
        environ[IDENTITY] = peer if self._direct or not forwarded else ""
        if forwarded and not self._direct:
            self._warn(peer)
        return self._inner(environ, start_response)

    def _is_proxy(self, peer: str) -> bool:
        return is_within(peer, self._trusted) or (self._trusts_unix and address_in(peer) is None)

    def _set_client(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The client is the last address that is not a trusted proxy. Earlier addresses can be forged.

        If the field contains no address there, the request counts as the proxy's. Visitors can cause that: granian
        empties a field that contains non-ASCII bytes. A loopback address is never an identity: some proxies pass on
        ``X_Forwarded_For: 127.0.0.1``, which is X-Forwarded-For in WSGI and would give access to ``/metrics``.
        """
        addresses = [part.strip() for part in environ.get(FOR, "").split(",")[-_MOST_PROXIES:]]
        count = next(
            (n for n, part in enumerate(reversed(addresses), 1) if not is_within(part, self._trusted)), len(addresses)
        )
        client = addresses[-count]
        found = address_in(client)
        environ[CLIENT] = client if found else environ.get("REMOTE_ADDR", "") if FOR in environ else ""
        environ[IDENTITY] = client if found and not found.is_loopback else ""
        for name in _FORWARDED - _READ_BY_PROXY_FIX:
            environ.pop(name, None)
        if environ.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip() not in _SCHEMES:
            environ.pop("HTTP_X_FORWARDED_PROTO", None)  # a proxy passed on the visitor's field
        return self._by_count[count](environ, start_response)

    def _warn(self, peer: str) -> None:
        """Logs a warning once per process."""
        if not self._has_warned:
            self._has_warned = True
            log.warning(
                "%s sends X-Forwarded-* or Forwarded, which is ignored: if it is your proxy, set READER_TRUSTED_PROXIES"
                " to its address and READER_BASE_URL to the site's; until then addresses are those of the request",
                peer or "a peer without an address (unix)",
            )


@lru_cache(maxsize=1024)
def address_in(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Parses ``1.2.3.4``, ``1.2.3.4:80``, ``[::1]:80`` or ``::ffff:1.2.3.4``; None for anything else."""
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
    """Whether *text* is an IP address in one of *networks*."""
    found = address_in(text)
    return found is not None and any(found in network for network in networks)


@lru_cache(maxsize=1024)
def is_shared(peer: str) -> bool:
    """Whether the peer can be an untrusted proxy: its address is on this machine or in a private network."""
    found = address_in(peer)
    return found is None or not found.is_global
