"""Which IP addresses are public, according to the IANA special-purpose address registries (RFC 6890)."""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from urllib.parse import urlsplit

_NOT_PUBLIC_4 = [IPv4Network(network) for network in (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "168.63.129.16/32", "224.0.0.0/4", "240.0.0.0/4",
)]  # fmt: skip
_UNICAST_6 = IPv6Network("2000::/3")
"""Global unicast. All other addresses are local, multicast, mapped or reserved."""
_NOT_PUBLIC_6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
"""Protocol assignments including Teredo, documentation, 6to4 (deprecated by RFC 7526)."""
_EMBEDDING = tuple(map(IPv6Network, ("::ffff:0:0/96", "64:ff9b::/96")))
"""IPv4-mapped addresses, and the well-known prefix of NAT64."""
_ISATAP = (0x00005EFE, 0x02005EFE)
"""RFC 5214 6.1: the interface identifiers that precede an embedded IPv4 address."""


def is_public(address: str) -> bool:
    """Whether *address* is a public IP address. Raises ValueError if it is not an IP address.

    An IPv4 address embedded in an IPv6 address is checked too, because packets may be routed to it.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _NOT_PUBLIC_4)
    inside = IPv4Address(int(ip) & 0xFFFFFFFF)
    if any(ip in network for network in _EMBEDDING):
        return is_public(str(inside))
    if ip not in _UNICAST_6 or any(ip in network for network in _NOT_PUBLIC_6):
        return False
    return int(ip) >> 32 & 0xFFFFFFFF not in _ISATAP or is_public(str(inside))


_METADATA = tuple(map(IPv4Network, ("169.254.0.0/16", "100.100.100.200/32", "192.0.0.192/32", "168.63.129.16/32")))
"""Metadata services, where clouds return the keys of a machine without authentication: link-local IPv4, Alibaba,
Oracle, and Azure's WireServer, whose address is a public one that leads to the host of the machine."""
_METADATA_6 = (IPv6Network("fe80::/10"), IPv6Network("fd00:ec2::254/128"), IPv6Network("fd20:ce::254/128"))
"""The same in IPv6: link-local, Amazon, Google."""


def is_not_metadata(address: str) -> bool:
    """Whether *address* does not belong to a cloud metadata service. Raises ValueError if it is not an IP address.

    The option to allow private addresses is for the pages of an intranet. It does not allow metadata services.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _METADATA)
    inside = IPv4Address(int(ip) & 0xFFFFFFFF)
    if any(ip in network for network in _METADATA_6):
        return False
    return not any(ip in network for network in _EMBEDDING) or is_not_metadata(str(inside))


def is_private_by_name(url: str) -> bool:
    """Whether the host in *url* is literally ``localhost`` or a private IP address: the operator chose it deliberately.

    False for a host name that resolves to a private address.
    """
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or not is_public(host)
    except ValueError:
        return False
