"""The guarded way out: every request to a provider goes through `HttpGuard`.

It takes no proxy, no credentials and no certificates from the environment, follows no redirect, keeps no cookie,
repeats nothing, reads at most 64 kB and ends every call at a hard deadline. It says exactly whether a request was
certainly not sent, answered, or perhaps taken.
"""

import base64
import logging
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http.client import IncompleteRead
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any

import certifi
import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3.exceptions import HTTPError, SSLError

from authsms.foundation.errors import ConfigurationError
from authsms.senders.addresses import AllowList
from authsms.senders.connections import (
    AddressRefusedError,
    Dialer,
    GuardedPools,
    Lookup,
    LookupFailedError,
    TooLateError,
    system_lookup,
)
from authsms.senders.deadline import Journey, Watchdog
from authsms.senders.exchange import NotSent, ProviderAnswer, ProviderRequest, Reply, Silence

_BODY_LIMIT = 64 * 1024
_HEADER_LIMIT = 32 * 1024
_CHUNK = 8 * 1024
_USER_AGENT = "authsms"


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long things may take, in seconds.

    Attributes:
        connect: Name look-up, TCP and TLS together; short, because the next sender service waits.
        total: The whole call, from the first look-up to the last byte of the answer.
    """

    connect: float = 2.5
    total: float = 10.0


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
        # urllib3 writes whole addresses, query included, into its logs: numbers and secrets of some providers.
        for name in ("connection", "connectionpool", "poolmanager", "response", "util.retry"):
            logging.getLogger(f"urllib3.{name}").addFilter(_silence)

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
        self._session = _Session()
        adapter = _Adapter(guard.dialer, trust, connections)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)

    def send(self, request: ProviderRequest, patience: timedelta | None = None) -> Reply:
        """Send *request* once, within *patience*, and return the answer or what is known about its absence."""
        deadlines = self._guard.deadlines
        if request.url.lower().startswith("https:"):
            self._trust()  # read before the clock runs
        if not self._slots.acquire(timeout=deadlines.connect):
            return NotSent("busy", "Too many calls to this provider are waiting for an answer.")
        total = deadlines.total if patience is None else min(deadlines.total, patience.total_seconds())
        journey = Journey(connect_seconds=min(deadlines.connect, total), total_seconds=total)
        self._guard.watchdog.watch(journey)
        try:
            with self._guard.dialer.on(journey):
                return self._travel(request, journey)
        finally:
            journey.arrive()
            self._guard.watchdog.release(journey)
            self._slots.release()

    def close(self) -> None:
        """Close idle connections."""
        self._session.close()

    def _travel(self, request: ProviderRequest, journey: Journey) -> Reply:
        try:
            prepared = _prepare(self._session, request)
            self._session.get_adapter(prepared.url or "")
        except (requests.RequestException, ValueError):
            return NotSent("address_refused", "The address of the provider cannot be used.", is_refused=True)
        try:
            answer = self._call(prepared)
        except AddressRefusedError:
            return NotSent("address_refused", _REFUSED, is_refused=True)
        except LookupFailedError:
            return NotSent("resolve", "The name of the provider could not be resolved.")
        except (requests.RequestException, HTTPError, OSError, ValueError, TooLateError) as error:
            return _failure(error, journey)
        return _silence_of_deadline() if journey.is_expired else answer

    def _call(self, prepared: requests.PreparedRequest) -> Reply:
        deadlines = self._guard.deadlines
        response = self._session.send(
            prepared,
            stream=True,
            allow_redirects=False,
            timeout=(deadlines.connect, deadlines.total),
            proxies={},
        )
        headers = {name.lower(): value for name, value in response.headers.items()}
        if sum(len(name) + len(value) for name, value in headers.items()) > _HEADER_LIMIT:
            response.raw.close()
            return Silence("malformed_answer", "The answer has too many headers.")
        body, is_whole = _read(response)
        return ProviderAnswer(response.status_code, headers, body, is_whole)


class _Session(requests.Session):
    """A session without proxies, cookies, saved credentials and redirects."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.headers.clear()
        self.headers.update({"User-Agent": _USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"})
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    @override
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None


class _Adapter(HTTPAdapter):
    def __init__(self, dialer: Dialer, trust: Callable[[], ssl.SSLContext], connections: int) -> None:
        self._dialer = dialer
        self._trust = trust
        super().__init__(pool_connections=2, pool_maxsize=connections, pool_block=True)

    @override
    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        self.poolmanager = GuardedPools(self._dialer, num_pools=connections, maxsize=maxsize, block=block)

    @override
    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        host, _ = super().build_connection_pool_key_attributes(request, verify=True, cert=None)
        if host["scheme"] != "https":
            return host, {}
        return host, {"ssl_context": self._trust(), "cert_reqs": "CERT_REQUIRED"}

    @override
    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave trust to the context: requests would add its own certificates, or the environment's."""


_REFUSED = (
    "The address may not be called. Only https on port 443 of public addresses is open; "
    "list a private gateway under network.allowed in the configuration file."
)


def _prepare(session: requests.Session, request: ProviderRequest) -> requests.PreparedRequest:
    headers = dict(request.headers)
    if request.basic is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(":".join(request.basic).encode()).decode()
    # The session would look for credentials, cookies and hooks of its own, which is a tenth of sending a text.
    prepared = requests.PreparedRequest()
    prepared.prepare(request.method, request.url, headers={**session.headers, **headers}, data=request.body or b"")
    if "@" in (prepared.url or "").split("/", 3)[2]:
        raise ValueError("an address with a user name in it")
    return prepared


def _read(response: requests.Response) -> tuple[bytes, bool]:
    """Return at most 64 kB of the body, and whether that is all of it."""
    body = b""
    while len(body) <= _BODY_LIMIT:
        chunk = response.raw.read(_CHUNK, decode_content=False)
        if not chunk:
            response.raw.release_conn()
            return body, True
        body += chunk
    response.raw.close()
    return body[:_BODY_LIMIT], False


def _failure(error: Exception, journey: Journey) -> Reply:
    """Say what a failed call means; the text of *error* may hold the whole request and is not used."""
    if not journey.may_have_arrived:
        return _not_sent(error, journey)
    if journey.is_expired or isinstance(error, requests.Timeout):
        return _silence_of_deadline()
    cause = _cause(error)
    if isinstance(cause, OSError | IncompleteRead):
        return Silence("connection_lost", "The provider closed the connection without a whole answer.")
    return Silence("malformed_answer", "The answer is no valid HTTP.")


def _cause(error: BaseException) -> BaseException:
    """Return what is inside the wrappings of requests and urllib3, which keep it among their arguments."""
    inner = next((part for part in reversed(error.args) if isinstance(part, BaseException)), None)
    return error if inner is None else _cause(inner)


def _not_sent(error: Exception, journey: Journey) -> NotSent:
    if journey.is_expired:
        return NotSent("connect", "The provider did not take the connection in time.")
    if isinstance(error, requests.exceptions.SSLError | SSLError | ssl.SSLError):
        return NotSent("tls", "The certificate of the provider is not trusted, or not valid for its name or today.")
    return NotSent("connect", "No connection to the provider.")


def _silence_of_deadline() -> Silence:
    return Silence("timeout", "The provider did not answer in time.")


def _trust(ca_file: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(f"The certificates in {ca_file} cannot be read; the file must hold PEM.") from error


def trust_only(certificates: str) -> ssl.SSLContext:
    """Return a context that trusts the PEM *certificates* and nothing else.

    Raises:
        ConfigurationError: There is no certificate in them.
    """
    try:
        return ssl.create_default_context(cadata=certificates)
    except (ssl.SSLError, ValueError, TypeError) as error:
        raise ConfigurationError("There is no certificate in this text; paste it in PEM form.") from error


def _silence(_record: logging.LogRecord) -> bool:
    return False
