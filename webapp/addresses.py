"""Whose request it is: the client's address, behind the proxies that are trusted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
PREFIX = 64  # of an IPv6 address: what one household or office has to itself


class Addresses:
    """Tells clients apart.

    Parameters
    ----------
    trusted : iterable of Network
        Proxies whose X-Forwarded-For is believed.
    """

    def __init__(self, trusted: Iterable[Network]) -> None:
        self._trusted = tuple(trusted)

    def of(self, environ: Mapping[str, Any]) -> str:
        """Return the client's address: the peer's, or what the trusted proxies say of it.

        Each proxy appends whom it heard from, so the list is read from its end: as far as those who
        wrote it are trusted, and no further. What is no address is not believed.

        Parameters
        ----------
        environ : mapping
            The request's, as WSGI has it.
        """
        peer = str(environ.get("REMOTE_ADDR", ""))
        found = parse(peer)
        if found is None or not self._trusts(found):
            return peer if found is None else str(found)
        for text in reversed(str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")):
            named = parse(text)
            if named is None:
                break
            found = named
            if not self._trusts(named):
                break
        return str(found)

    def is_proxied(self, environ: Mapping[str, Any]) -> bool:
        """Return whether the request's peer is a trusted proxy."""
        peer = parse(str(environ.get("REMOTE_ADDR", "")))
        return peer is not None and self._trusts(peer)

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def parse(text: str) -> Address | None:
    """Return an address, with or without a port; None if it is none."""
    text = text.strip()
    if text.startswith("["):  # [IPv6]:port
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:  # IPv4:port
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def key(address: str) -> str:
    """Return by what a client is counted: an IPv6 address by its network, all else as it is."""
    found = parse(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((int(found) >> (128 - PREFIX) << (128 - PREFIX), PREFIX)))
    return address if found is None else str(found)


def networks(text: str) -> tuple[Network, ...]:
    """Return the networks of a list, separated by commas or spaces; an address is one as well.

    Raises
    ------
    ValueError
        One of them is none.
    """
    return tuple(ip_network(part, strict=False) for part in text.replace(",", " ").split())
