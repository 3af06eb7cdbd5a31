"""Delivers receipts and replies to the customer's webhooks: in the background, in order, with the usual second try."""

import heapq
import itertools
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, lru_cache, partial
from pathlib import Path
from urllib.parse import quote_plus, urldefrag, urlencode

import certifi

from authsms.simulator.calls import Caller, NobodyThereError

_WORKERS = 4
_KEPT_DELIVERIES = 500
_THANKS = range(200, 300)


@dataclass(frozen=True, slots=True)
class Callback:
    """One request to a webhook, ready to be sent; a fragment of the URL stays at home.

    Attributes:
        proof: Returns further headers at the moment of sending, for signatures that soon expire.
    """

    url: str
    body: bytes
    headers: Mapping[str, str]
    method: str = "POST"
    proof: Callable[[], Mapping[str, str]] = dict


def form_callback(url: str, pairs: Sequence[tuple[str, str]], headers: Mapping[str, str]) -> Callback:
    """Return a form-encoded POST of *pairs*."""
    content_type = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return Callback(url, urlencode(pairs, quote_via=_quoted).encode(), {**content_type, **headers})


_quoted = lru_cache(4096)(quote_plus)
"""Most names and values are the same in all receipts of a message, and many in those of all messages."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a callback went: the answer's HTTP status, or None and the reason why there was no answer."""

    url: str
    status: int | None
    trouble: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether the webhook said thanks."""
        return self.status in _THANKS


@dataclass(order=True, slots=True)
class _Round:
    """A row of callbacks, one after the other, the first of them not before *due* (monotonic seconds)."""

    due: float
    order: int
    callbacks: deque[Callback] = field(compare=False)
    pace: float = field(compare=False)
    done: Callable[[Delivery], None] | None = field(compare=False)


class Postman:
    """Sends callbacks from a few background threads, which start with the first of them.

    Args:
        ca_file: Certificates to trust for ``https``, or None for the usual ones.
    """

    def __init__(self, *, ca_file: Path | None = None) -> None:
        trusted = str(ca_file) if ca_file else certifi.where()
        self._trust = cache(partial(ssl.create_default_context, cafile=trusted))
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._news = threading.Condition(self._lock)
        self._idle = threading.Condition(self._lock)
        self._rounds: list[_Round] = []
        self._orders = itertools.count()
        self._started = False
        self._stopped = False
        self._under_way = 0
        self._deliveries: deque[Delivery] = deque(maxlen=_KEPT_DELIVERIES)

    def post(
        self,
        callbacks: Sequence[Callback],
        *,
        wait: timedelta = timedelta(0),
        pace: timedelta = timedelta(0),
        done: Callable[[Delivery], None] | None = None,
    ) -> None:
        """Send *callbacks* one after the other, the first after *wait*, each next one *pace* after the one before.

        *done* is called in a background thread after each of them.
        """
        if not callbacks:
            return
        due = time.monotonic() + wait.total_seconds()
        entry = _Round(due, next(self._orders), deque(callbacks), pace.total_seconds(), done)
        with self._lock:
            if not self._started:
                self._started = True
                for _ in range(_WORKERS):
                    threading.Thread(target=self._work, name="simulator-postman", daemon=True).start()
            self._add(entry)

    def deliveries(self) -> list[Delivery]:
        """Return how the latest callbacks went, oldest first."""
        with self._lock:
            return list(self._deliveries)

    def wait_until_idle(self, patience: timedelta) -> bool:
        """Return whether everything was sent within *patience*."""
        with self._lock:
            return self._idle.wait_for(lambda: not self._rounds and not self._under_way, patience.total_seconds())

    def stop(self) -> None:
        """Send nothing any more."""
        with self._lock:
            self._stopped = True
            self._rounds.clear()
            self._news.notify()
            self._idle.notify_all()

    def _add(self, entry: _Round) -> None:
        heapq.heappush(self._rounds, entry)
        if self._rounds[0] is entry:
            self._news.notify()

    def _work(self) -> None:
        with closing(Caller(self._trust)) as caller:
            while (entry := self._next()) is not None:
                delivery = _deliver(caller, entry.callbacks.popleft())
                if entry.done is not None:
                    entry.done(delivery)
                self._finish(entry, delivery)

    def _next(self) -> _Round | None:
        """Return what is due, or None in the end; one thread watches the clock, the others wait for their turn."""
        with self._turn, self._lock:
            while not self._stopped:
                if self._rounds and self._rounds[0].due <= time.monotonic():
                    self._under_way += 1
                    return heapq.heappop(self._rounds)
                self._news.wait(self._rounds[0].due - time.monotonic() if self._rounds else None)
            return None

    def _finish(self, entry: _Round, delivery: Delivery) -> None:
        with self._lock:
            self._under_way -= 1
            self._deliveries.append(delivery)
            if entry.callbacks and not self._stopped:
                entry.due = time.monotonic() + entry.pace
                self._add(entry)
            self._idle.notify_all()


def _deliver(caller: Caller, callback: Callback) -> Delivery:
    """Send once, and once more when there was nobody."""
    url = urldefrag(callback.url).url
    for _ in range(2):
        try:
            status = caller.call(callback.method, url, {**callback.headers, **callback.proof()}, callback.body)
        except NobodyThereError:
            continue
        except (OSError, ValueError) as error:
            return Delivery(url, None, type(error).__name__)
        return Delivery(url, status)
    return Delivery(url, None, "nobody answers there")
