"""Whether this server may call an address, asked before it is saved; the guard decides again at every call."""

from urllib.parse import urlsplit

from authsms.senders.deadline import Journey
from authsms.senders.http import HttpGuard

_PORTS = {"http": 80, "https": 443}


def may_call(guard: HttpGuard, url: str) -> bool:
    """Return whether a call to *url* could be made, as far as can be told at present.

    It takes as long as resolving a name may take, see `authsms.senders.http.Deadlines`.
    """
    parts = urlsplit(url)
    journey = Journey(connect_seconds=guard.deadlines.connect, total_seconds=guard.deadlines.total)
    try:
        with guard.dialer.on(journey):
            return guard.dialer.permits(
                parts.scheme, (parts.hostname or "").rstrip("."), parts.port or _PORTS[parts.scheme]
            )
    finally:
        journey.arrive()
