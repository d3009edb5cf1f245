"""Which addresses a crawl may connect to, decided when the socket opens.

A URL says nothing about where it leads: a public name may resolve to a private
address, may resolve to another one the second time it is asked, and a redirect
may name any host. So the check stands where Twisted opens a connection, on the
address that it connects to.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

_NAT64 = 0x0064FF9B << 96  # 64:ff9b::/96, RFC 6052: an IPv4 address inside an IPv6 one


class PrivateAddressError(Exception):
    """A connection to an address that is not public was refused."""


def is_public(address: str) -> bool:
    """Return whether `address` is a literal IP address that the public internet routes to.

    Loopback, private, link-local, shared, reserved, multicast and unspecified
    addresses are not, nor are IPv6 addresses that carry such an IPv4 one.
    """
    try:
        given = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(given, IPv6Address) and int(given) >> 32 == _NAT64 >> 32:
        return _is_global(IPv4Address(int(given) & 0xFFFFFFFF))
    return _is_global(given) and all(_is_global(inner) for inner in _carried(given))


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    """Return whether the address itself, whatever it carries, is public."""
    return address.is_global and not address.is_multicast and not address.is_reserved


def _carried(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses inside an IPv6 address: mapped, 6to4 or Teredo."""
    if isinstance(address, IPv4Address):
        return []
    inside = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    return [inner for inner in inside if inner is not None]


def refuse_private(reactor: Any) -> None:
    """Make `reactor` refuse every TCP connection to an address that is not public."""
    connect = reactor.connectTCP

    def connect_public(host: Any, port: int, *args: Any, **kwargs: Any) -> Any:
        address = host.decode("ascii") if isinstance(host, bytes) else host
        if not is_public(address):
            raise PrivateAddressError(
                f"{address} is no public address; set network.allow_private if this mirror or test server is meant"
            )
        return connect(host, port, *args, **kwargs)

    reactor.connectTCP = connect_public
