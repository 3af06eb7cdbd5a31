"""Which addresses an outgoing call may reach.

An administrator types the address of a provider into a form, so that form is a way into the network this server
stands in. The rule is one sentence: every address a host resolves to is either on the public internet and called by
https on port 443, or listed in ``network.allowed``, which only the configuration file and the environment can set.

Addresses that wrap another one (IPv4-mapped, NAT64) are judged by what they wrap; 6to4 and Teredo are refused.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

from authsms.foundation.errors import ConfigurationError

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_HTTPS_PORT = 443
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_WRAPPERS = (ipaddress.IPv6Network("2002::/16"), ipaddress.IPv6Network("2001::/32"))
_LAST_32_BITS = 0xFFFFFFFF


def unwrap(address: Address) -> Address:
    """Return the IPv4 address inside an IPv4-mapped or NAT64 address, else *address* itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & _LAST_32_BITS)
    return address


def is_public(address: Address) -> bool:
    """Return whether *address* belongs to one host on the public internet."""
    plain = unwrap(address)
    if isinstance(plain, ipaddress.IPv6Address) and (
        plain not in _GLOBAL_UNICAST or any(plain in network for network in _WRAPPERS)
    ):
        return False
    return plain.is_global and not (plain.is_multicast or plain.is_reserved or plain.is_unspecified)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a connection is about to go."""

    scheme: str
    host: str
    port: int
    address: Address


@dataclass(frozen=True, slots=True)
class AllowList:
    """Private hosts and networks that may be called, also by http and on any port."""

    hosts: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> "AllowList":
        """Read entries such as ``gateway.internal``, ``gateway.internal:8443``, ``10.1.2.0/24`` or ``[fd00::1]:80``.

        Raises:
            ConfigurationError: An entry is none of these.
        """
        hosts: set[tuple[str, int | None]] = set()
        networks: list[Network] = []
        for entry in entries:
            network = _network(entry)
            if network is not None:
                networks.append(network)
            else:
                hosts.add(_host_and_port(entry))
        return cls(frozenset(hosts), tuple(networks))

    def permits(self, destination: Destination) -> bool:
        """Return whether a connection to *destination* may be opened."""
        if self._lists(destination):
            return True
        is_ordinary = destination.scheme == "https" and destination.port == _HTTPS_PORT
        return is_ordinary and is_public(destination.address)

    def _lists(self, destination: Destination) -> bool:
        host = _plain_host(destination.host)
        if (host, None) in self.hosts or (host, destination.port) in self.hosts:
            return True
        candidates = {destination.address, unwrap(destination.address)}
        return any(
            address.version == network.version and address in network
            for address in candidates
            for network in self.networks
        )


def _network(entry: str) -> Network | None:
    try:
        return ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return None


def _host_and_port(entry: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(f"//{entry}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.path or parts.query or parts.fragment or "@" in entry:
        raise ConfigurationError(
            f"network.allowed: {entry!r} is no host, host:port or network; write e.g. gateway.internal or 10.1.2.0/24."
        )
    return _plain_host(host), port


def _plain_host(host: str) -> str:
    return host.lower().strip("[]").rstrip(".")
