"""What is counted, and how it is shown to Prometheus; no label ever names a person.

With several processes every one of them counts into files of a common folder (``PROMETHEUS_MULTIPROC_DIR``), and
whichever process is asked adds them up. The library reads that variable when it is imported, so `share_folder` is
called by the process that starts the others, before anything imports this module.

Labels come from small closed sets: names that an administrator gave (events, sender services), words of our own
enumerations, and route templates. A path, a login name or an address would make a new time series for each of its
values.
"""

import os

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from authsms.foundation.metrics_folder import FOLDER_VARIABLE

CONTENT_TYPE = CONTENT_TYPE_LATEST

LOGONS = Counter("authsms_logons", "Logon processes that ended, by result and event.", ("result", "event"))
CODES = Counter("authsms_codes", "One-time codes by what became of them.", ("outcome",))
MESSAGES = Counter("authsms_messages", "State changes of messages, by sender service.", ("service", "state"))
TOKENS = Counter("authsms_tokens", "Token requests of endpoints, by outcome.", ("outcome",))
WEBHOOKS = Counter(
    "authsms_webhooks", "Webhook calls of providers, by sender service and outcome.", ("service", "outcome")
)
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
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
QUEUED = Gauge("authsms_messages_queued", "Messages that wait to be sent.", multiprocess_mode="mostrecent")


def forget_process(process_id: int) -> None:
    """Drop the live gauges of a process that has ended; its counts stay."""
    if FOLDER_VARIABLE in os.environ:
        mark_process_dead(process_id)  # type: ignore[no-untyped-call]


def exposition() -> bytes:
    """Return all metrics, of all processes, in Prometheus's text format."""
    if FOLDER_VARIABLE not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def observe_request(*, method: str, route: str | None, status: int, seconds: float) -> None:
    """Record how long one request took.

    Args:
        method: The HTTP method; anything unusual is counted as ``OTHER``.
        route: The template of the matched rule; None when no rule matched.
        status: The HTTP status code.
        seconds: Duration until the answer was complete.
    """
    known = method if method in {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} else "OTHER"
    REQUEST_SECONDS.labels(known, route or "none", str(status)).observe(seconds)
