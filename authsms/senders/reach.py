"""Whether this server may call an address, asked before it is saved; the guard decides again at every call."""

from authsms.senders.deadline import Journey
from authsms.senders.http import HttpGuard
from authsms.senders.wire import locate


def may_call(guard: HttpGuard, url: str) -> bool:
    """Return whether a call to *url* could be made, as far as can be told at present.

    It takes as long as resolving a name may take, see `authsms.senders.http.Deadlines`.
    """
    try:
        place, _ = locate(url)
    except ValueError:
        return False
    deadlines = guard.deadlines
    return guard.dialer.permits(place, Journey(connect_seconds=deadlines.connect, total_seconds=deadlines.total))
