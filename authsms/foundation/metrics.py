"""What is counted, and how it is shown to Prometheus; no label ever names a person.

With several processes every one of them counts into files of a common folder (``PROMETHEUS_MULTIPROC_DIR``), and
whichever process is asked adds them up. The library reads that variable when it is imported, so `share_folder` is
called by the process that starts the others, before anything imports this module.

Labels come from small closed sets: names that an administrator gave (events, sender services), words of our own
enumerations, and route templates. A path, a login name or an address would make a new time series for each of its
values.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from typing_extensions import override

from authsms.foundation.metrics_folder import FOLDER_VARIABLE

CONTENT_TYPE = CONTENT_TYPE_LATEST

LOGONS = Counter("authsms_logons", "Logon processes that ended, by result and event.", ("result", "event"))
CODES = Counter("authsms_codes", "One-time codes by what became of them.", ("outcome",))
MESSAGES = Counter("authsms_messages", "State changes of messages, by sender service.", ("service", "state"))
MAILS = Counter("authsms_mails", "Tries to hand a mail to the mail server, by outcome.", ("outcome",))
TOKENS = Counter("authsms_tokens", "Token requests of endpoints, by outcome.", ("outcome",))
WEBHOOKS = Counter(
    "authsms_webhooks", "Webhook calls of providers, by sender service and outcome.", ("service", "outcome")
)
RADIUS = Counter("authsms_radius_requests", "RADIUS requests by what became of them.", ("outcome",))
REQUEST_SECONDS = Histogram(
    "authsms_request_seconds",
    "Time to answer a request, by route template.",
    ("method", "route", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
HASHING_WAIT_SECONDS = Histogram(
    "authsms_hashing_wait_seconds",
    "Time a hashing call waited for its slot.",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2),
)
HASHING_CPU_SECONDS = Counter("authsms_hashing_cpu_seconds", "Processor time spent on hashing codes and passwords.")
DELIVERY_SECONDS = Histogram(
    "authsms_delivery_seconds",
    "Time from queuing a message to the provider's answer, by sender service.",
    ("service",),
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300),
)
DELIVERED_SECONDS = Histogram(
    "authsms_delivered_seconds",
    "Time from queuing a message to the report of its delivery, by sender service.",
    ("service",),
    buckets=(1, 2, 3, 5, 8, 12, 20, 30, 60, 120, 300, 600, 1800),
)
ATTEMPTS = Counter(
    "authsms_attempts", "Tries to hand a message to a provider, by sender service and end.", ("service", "end")
)


@dataclass(frozen=True, slots=True)
class Measure:
    """A number that is read from its source whenever metrics are asked for; *labels* are names of labels."""

    name: str
    meaning: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of a measure; *labels* are the values of its labels, in its order."""

    measure: Measure
    value: float
    labels: tuple[str, ...] = ()


def forget_process(process_id: int) -> None:
    """Drop the live gauges of a process that has ended; its counts stay."""
    if FOLDER_VARIABLE in os.environ:
        mark_process_dead(process_id)  # type: ignore[no-untyped-call]


def exposition(readings: Iterable[Reading] = ()) -> bytes:
    """Return all metrics, of all processes, in Prometheus's text format, with *readings* of this moment."""
    measured = CollectorRegistry()
    measured.register(_Readings(readings))
    return generate_latest(_counted()) + generate_latest(measured)


def observe_request(*, method: str, route: str | None, status: int, seconds: float) -> None:
    """Record how long one request took.

    Args:
        method: The HTTP method; anything unusual is counted as ``OTHER``.
        route: The template of the matched rule; None when no rule matched.
        status: The HTTP status code.
        seconds: Duration until the answer was complete.
    """
    known = method if method in {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} else "OTHER"
    _request_seconds(known, route or "none", str(status)).observe(seconds)


@cache
def _request_seconds(method: str, route: str, status: str) -> Histogram:
    return REQUEST_SECONDS.labels(method, route, status)


class _Readings(Collector):
    """Hands readings to the library, those of one measure together."""

    def __init__(self, readings: Iterable[Reading]) -> None:
        self._readings = list(readings)

    @override
    def collect(self) -> Iterator[GaugeMetricFamily]:
        families: dict[str, GaugeMetricFamily] = {}
        for one in self._readings:
            measure = one.measure
            family = families.setdefault(
                measure.name, GaugeMetricFamily(measure.name, measure.meaning, labels=measure.labels)
            )
            family.add_metric(one.labels, float(one.value))
        yield from families.values()


def _counted() -> CollectorRegistry:
    if FOLDER_VARIABLE not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
