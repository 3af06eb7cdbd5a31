"""The guarded way out: every request to a provider goes through `HttpGuard`.

It takes no proxy, no credentials and no certificates from the environment, follows no redirect, keeps no cookie,
repeats nothing, reads at most 64 kB and ends every call at a hard deadline. It says exactly whether a request was
certainly not sent, answered, or perhaps taken.
"""

import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPException, IncompleteRead
from pathlib import Path

import certifi

from authsms.foundation.errors import ConfigurationError
from authsms.senders.addresses import AllowList
from authsms.senders.connections import (
    AddressRefusedError,
    Dialer,
    Lines,
    Lookup,
    LookupFailedError,
    Place,
    TooLateError,
    system_lookup,
)
from authsms.senders.deadline import Journey, Watchdog
from authsms.senders.exchange import NotSent, ProviderRequest, Reply, Silence
from authsms.senders.wire import locate, read, written


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long things may take, in seconds.

    Attributes:
        connect: Name look-up, TCP and TLS together; short, because the next sender service waits.
        total: The whole call, from the first look-up to the last byte of the answer.
        idle: How long a connection waits for its next request; whatever is between forgets those that are silent.
    """

    connect: float = 2.5
    total: float = 10.0
    idle: float = 60.0


class HttpGuard:
    """Makes clients for sender services; one per process.

    Args:
        allowed: Hosts and networks beyond https on the public internet (``settings.network.allowed``).
        ca_file: Certificates to trust instead of the usual public ones.
        deadlines: How long things may take.
        lookup: How names are resolved.

    Raises:
        ConfigurationError: An entry of *allowed* or the certificate file cannot be used.
    """

    def __init__(
        self,
        allowed: Sequence[str] = (),
        *,
        ca_file: Path | None = None,
        deadlines: Deadlines | None = None,
        lookup: Lookup = system_lookup,
    ) -> None:
        self.deadlines = deadlines or Deadlines()
        self.dialer = Dialer(AllowList.parse(allowed), lookup)
        self.watchdog = Watchdog()
        self._lock = threading.Lock()
        self._usual_trust: ssl.SSLContext | None = None
        self._own_trust = _trust(ca_file) if ca_file else None

    def client(self, *, certificates: str = "", connections: int = 96) -> "HttpClient":
        """Return a client with connections of its own.

        Args:
            certificates: PEM text to trust instead of the usual certificates, or empty.
            connections: How many calls may run at once.

        Raises:
            ConfigurationError: *certificates* holds none.
        """
        own = trust_only(certificates) if certificates else self._own_trust
        return HttpClient(self, (lambda: own) if own else self._public_trust, connections)

    def _public_trust(self) -> ssl.SSLContext:
        """Return trust in the public authorities; reading them takes a while, so it is done for the first call only."""
        with self._lock:
            if self._usual_trust is None:
                self._usual_trust = _trust(Path(certifi.where()))
            return self._usual_trust


class HttpClient:
    """Sends requests for one sender service; safe to share between threads."""

    def __init__(self, guard: HttpGuard, trust: Callable[[], ssl.SSLContext], connections: int) -> None:
        self._guard = guard
        self._trust = trust
        self._slots = threading.BoundedSemaphore(connections)
        self._lines = Lines(guard.dialer, trust, connections, idle_seconds=guard.deadlines.idle)

    def send(self, request: ProviderRequest, patience: timedelta | None = None) -> Reply:
        """Send *request* once, within *patience*, and return the answer or what is known about its absence."""
        deadlines = self._guard.deadlines
        try:
            place, target = locate(request.url)
            wire = written(request, place, target)
        except ValueError:
            return NotSent("address_refused", "The address of the provider cannot be used.", is_refused=True)
        if place.scheme == "https":
            self._trust()  # read before the clock runs
        if not self._slots.acquire(timeout=deadlines.connect):
            return NotSent("busy", "Too many calls to this provider are waiting for an answer.")
        total = deadlines.total if patience is None else min(deadlines.total, patience.total_seconds())
        journey = Journey(connect_seconds=min(deadlines.connect, total), total_seconds=total)
        self._guard.watchdog.watch(journey)
        try:
            return self._travel(place, request.method, wire, journey)
        finally:
            self._guard.watchdog.release(journey)
            self._slots.release()

    def close(self) -> None:
        """Close idle connections."""
        self._lines.close()

    def _travel(self, place: Place, method: str, wire: bytes, journey: Journey) -> Reply:
        try:
            answer = self._call(place, method, wire, journey)
        except AddressRefusedError:
            return NotSent("address_refused", _REFUSED, is_refused=True)
        except LookupFailedError:
            return NotSent("resolve", "The name of the provider could not be resolved.")
        except (HTTPException, OSError, ValueError, TooLateError) as error:
            return _failure(error, journey)
        return _silence_of_deadline() if journey.is_expired else answer

    def _call(self, place: Place, method: str, wire: bytes, journey: Journey) -> Reply:
        line = self._lines.take(place, journey)
        is_reusable = False
        try:
            with line.ask(journey, method, wire) as response:
                answer = read(response)
                is_reusable = answer.is_whole and response.can_be_followed
        finally:
            journey.arrive()
            if is_reusable:
                self._lines.put_back(line)
            else:
                line.close()
        return answer


_REFUSED = (
    "The address may not be called. Only https on port 443 of public addresses is open; "
    "list a private gateway under network.allowed in the configuration file."
)


def _failure(error: Exception, journey: Journey) -> Reply:
    """Say what a failed call means; the text of *error* may hold the whole request and is not used."""
    if not journey.may_have_arrived:
        return _not_sent(error, journey)
    if journey.is_expired or isinstance(error, TimeoutError):
        return _silence_of_deadline()
    if isinstance(error, OSError | IncompleteRead):
        return Silence("connection_lost", "The provider closed the connection without a whole answer.")
    return Silence("malformed_answer", "The answer is no valid HTTP.")


def _not_sent(error: Exception, journey: Journey) -> NotSent:
    if journey.is_expired:
        return NotSent("connect", "The provider did not take the connection in time.")
    if isinstance(error, ssl.SSLError):
        return NotSent("tls", "The certificate of the provider is not trusted, or not valid for its name or today.")
    return NotSent("connect", "No connection to the provider.")


def _silence_of_deadline() -> Silence:
    return Silence("timeout", "The provider did not answer in time.")


def _trust(ca_file: Path) -> ssl.SSLContext:
    try:
        return _for_the_web(ssl.create_default_context(cafile=str(ca_file)))
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(f"The certificates in {ca_file} cannot be read; the file must hold PEM.") from error


def trust_only(certificates: str) -> ssl.SSLContext:
    """Return a context that trusts the PEM *certificates* and nothing else.

    Raises:
        ConfigurationError: There is no certificate in them.
    """
    try:
        return _for_the_web(ssl.create_default_context(cadata=certificates))
    except (ssl.SSLError, ValueError, TypeError) as error:
        raise ConfigurationError("There is no certificate in this text; paste it in PEM form.") from error


def _for_the_web(context: ssl.SSLContext) -> ssl.SSLContext:
    """Return *context*, which checks names and certificates, for connections on which only HTTP/1.1 is spoken."""
    context.set_alpn_protocols(["http/1.1"])
    return context
