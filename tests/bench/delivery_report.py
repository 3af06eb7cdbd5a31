"""What a measurement of delivery found, as tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

_ALTERNATIVES = (
    ("outbox on SQLite, doorbell, nothing but the queue", "1.7-2.3", "4-6", "1058"),
    ("outbox on PostgreSQL, nothing but the queue", "2.6-3.5", "13", "706-785"),
    ("outbox on PostgreSQL, ids over Celery and RabbitMQ", "3.4", "8.8", ""),
    ("Celery 5.7, RabbitMQ 3.10, late ack", "2.5", "15", "2016"),
    ("Celery 5.7, Redis 7.0, late ack", "2.7", "3.7", "1428"),
    ("Dramatiq 2.2, RabbitMQ", "1.5", "4.5", "1085"),
    ("Huey 3.5, SQLite with fsync", "3.3", "47", "2067"),
    ("RQ 2.12, Redis, SimpleWorker", "2.3", "6.5", "337"),
    ("Procrastinate 3.10, PostgreSQL", "7.4", "17", "35-136"),
)


@dataclass(frozen=True, slots=True)
class Latency:
    """From the beginning of a transaction to the provider, in milliseconds.

    Attributes:
        commit_p50: The same from when the transaction was about to be committed.
        commit_p99: As above.
    """

    placement: str
    load: str
    p50: float
    p99: float
    slowest: float
    commit_p50: float
    commit_p99: float
    lost: int


@dataclass(frozen=True, slots=True)
class Burst:
    """How fast a heap is worked off.

    Attributes:
        workers: Delivery processes side by side.
        counted: Messages that had arrived when time was up.
        processor_ms: Processor time of delivery for a message.
        database_ms: The same of PostgreSQL.
        provider_ms: The same of the provider.
        growth_mb: By how much the memory grew from a tenth of the burst to its end.
    """

    placement: str
    workers: int
    provider_seconds: float
    counted: int
    per_second: float
    processor_ms: float
    database_ms: float
    provider_ms: float
    memory_mb: float
    growth_mb: float


@dataclass(frozen=True, slots=True)
class Bulk:
    """A mailing that is enqueued while delivery is at work on it."""

    placement: str
    messages: int
    per_second: float
    longest_transaction_ms: float


@dataclass(frozen=True, slots=True)
class Report:
    """All that was measured of one placement."""

    latencies: Sequence[Latency]
    bursts: Sequence[Burst]
    bulk: Bulk | None

    def show(self, console: Console) -> None:
        """Print it."""
        console.print(_latency_table(self.latencies))
        console.print(_burst_table(self.bursts))
        if self.bulk is not None:
            console.print(
                f"{self.bulk.placement}: {self.bulk.messages} enqueued, {self.bulk.per_second:.0f} per second, "
                f"longest transaction {self.bulk.longest_transaction_ms:.0f} ms"
            )


def comparison() -> Table:
    """Return what bare queues reached on a machine of two cores that did nothing else."""
    table = Table("300 jobs, one per 20 ms", "p50, ms", "p99, ms", "burst, per second", title="for comparison")
    for row in _ALTERNATIVES:
        table.add_row(*row)
    return table


def _latency_table(latencies: Sequence[Latency]) -> Table:
    table = Table(
        "placement",
        "load",
        "p50",
        "p99",
        "slowest",
        "commit p50",
        "p99",
        "lost",
        title="from the transaction, and from the commit, to the provider, ms (wanted: 5, 20; behind notices p99 250)",
    )
    for one in latencies:
        figures = (f"{value:.1f}" for value in (one.p50, one.p99, one.slowest, one.commit_p50, one.commit_p99))
        table.add_row(one.placement, one.load, *figures, str(one.lost))
    return table


def _burst_table(bursts: Sequence[Burst]) -> Table:
    head = ("placement", "processes", "provider", "messages", "per second", "CPU a message, ms", "memory, MB")
    table = Table(
        *head,
        title="a heap of messages (wanted on PostgreSQL: 700 a second at 0 ms, 250 at 200 ms)",
        caption="CPU: of delivery + PostgreSQL + the provider; memory: at the end, and what it grew by",
    )
    for one in bursts:
        table.add_row(
            one.placement,
            str(one.workers),
            f"{one.provider_seconds * 1000:.0f} ms",
            str(one.counted),
            f"{one.per_second:.0f}",
            f"{one.processor_ms:.2f} + {one.database_ms:.2f} + {one.provider_ms:.2f}",
            f"{one.memory_mb:.0f} {one.growth_mb:+.1f}",
        )
    return table
