"""Who is calling: the address of the client behind the reverse proxies that the administrator trusts.

Forwarding headers are only read when the connection itself comes from a trusted proxy; the client is then the last
address in ``X-Forwarded-For`` that is not a trusted proxy itself. Everything in front of it was written by the client
and means nothing. A header that cannot be read leaves the proxy's own address standing: limits then hit harder, they
never fail open.
"""

import ipaddress
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_FORWARDED_HEADERS = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_FORWARDED",
)
_MOST_HOPS = 20
WAS_FORWARDED = "authsms.was_forwarded"
"""Key of the environment that tells that some proxy, trusted or not, has passed the request on."""
IS_PROXYS_OWN = "authsms.is_proxys_own"
"""Key of the environment that tells that ``REMOTE_ADDR`` is a proxy's, because what it forwards is not believed."""


class ClientAddress:
    """WSGI middleware that puts the client's own address into ``REMOTE_ADDR`` and drops every forwarding header."""

    def __init__(self, application: "WSGIApplication", trusted: Iterable[str]) -> None:
        self._application = application
        self._trusted = tuple(ipaddress.ip_network(network, strict=False) for network in trusted)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Call the application with the address put right."""
        hops = str(environ.get("HTTP_X_FORWARDED_FOR", ""))
        environ[WAS_FORWARDED] = bool([header for header in _FORWARDED_HEADERS if environ.pop(header, None)])
        is_believed = bool(hops) and self._is_trusted(environ.get("REMOTE_ADDR", ""))
        environ[IS_PROXYS_OWN] = environ[WAS_FORWARDED] and not is_believed
        if is_believed:
            environ["REMOTE_ADDR"] = self._client(environ["REMOTE_ADDR"], hops)
        return self._application(environ, start_response)

    def _client(self, proxy: str, hops: str) -> str:
        addresses = hops.rsplit(",", _MOST_HOPS)[-_MOST_HOPS:]
        client = proxy
        for hop in reversed(addresses):
            try:
                address = ipaddress.ip_address(hop.strip())
            except ValueError:
                return client
            client = str(address)
            if not self._is_trusted(client):
                return client
        return client

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)
