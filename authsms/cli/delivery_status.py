"""`authsms worker status`: whether messages go out, and how fast; for people, and for monitoring."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import click

from authsms.administration.alarm_rules import Finding
from authsms.administration.queue import JUDGED, QueueState, ServiceState
from authsms.cli.context import open_services
from authsms.cli.delivery_words import aligned, finding_words, span, times
from authsms.cli.operator import operator
from authsms.delivery.caps import Standing
from authsms.delivery.durations import Times
from authsms.delivery.rates import ServiceRate
from authsms.delivery.repeats import AttemptEnd
from authsms.delivery.throughput import DeliveryProcess, Pace, QueueDepth
from authsms.wiring import Services

_PACES: Final = (timedelta(minutes=1), timedelta(minutes=5))


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """Everything the command tells; ``wrong`` is empty when all is well, ``rates`` knows the services that have one."""

    state: QueueState
    paces: Sequence[Pace]
    wrong: Sequence[Finding]
    rates: Mapping[str, ServiceRate]
    caps: Sequence[Standing]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
def status(*, as_json: bool) -> None:
    """Show delivery processes, queue, throughput and services. Exit 1 when something is wrong."""
    with open_services() as services:
        seen = look(services)
    click.echo(json.dumps(as_object(seen), indent=2) if as_json else "\n".join(_lines(seen)))
    sys.exit(1 if seen.wrong else 0)


def look(services: Services) -> DeliveryStatus:
    """Return how delivery is doing now."""
    monitoring, now = services.monitoring, services.clock.now()
    return DeliveryStatus(
        monitoring.queue.state(operator()),
        [services.throughput.pace(now - pace) for pace in _PACES],
        monitoring.lookout.findings(),
        services.gate.rates.all(),
        services.gate.spending.standings(),
    )


def as_object(seen: DeliveryStatus) -> dict[str, Any]:
    """Return the same for programs: durations in seconds, moments in ISO 8601."""
    state = seen.state
    return {
        "at": state.at.isoformat(),
        "wrong": [
            {"kind": one.kind.value, "subject": one.subject, "severity": one.severity.value, "facts": dict(one.facts)}
            for one in seen.wrong
        ],
        "processes": [
            {
                "host": one.host,
                "pid": one.pid,
                "alive": one.is_alive,
                "started_at": one.started_at.isoformat(),
                "seen_at": one.seen_at.isoformat(),
                "in_hand": one.in_hand,
            }
            for one in state.processes
        ],
        "queue": {
            one.purpose.value: {
                "waiting": one.waiting,
                "due": one.due,
                "in_hand": one.in_hand,
                "age": _seconds(one.age),
                "overdue": _seconds(one.overdue),
                "paused": one.purpose in state.paused,
            }
            for one in state.depths
        },
        "throughput": [
            {
                "seconds": _seconds(one.until - one.since),
                "queued": one.queued,
                "handed_over": one.handed_over,
                "delivered": one.delivered,
                "failed": one.failed,
            }
            for one in seen.paces
        ],
        "services": {one.name: _service_object(one, seen.rates.get(one.name)) for one in state.services},
        "caps": [
            {
                "scope": one.cap.scope.value,
                "name": one.cap.name,
                "period": one.cap.period.value,
                "used_percent": one.percent,
                "until": one.ends_at.isoformat(),
            }
            for one in seen.caps
        ],
    }


def _service_object(one: ServiceState, rate: ServiceRate | None) -> dict[str, Any]:
    paused, pace = one.condition.paused_at, one.pace
    return {
        "enabled": one.is_enabled,
        "breaker": one.condition.breaker.value,
        "reason": one.condition.reason,
        "paused_at": paused.isoformat() if paused else None,
        "rate": rate.per_second if rate else None,
        "attempts": pace.attempts if pace else 0,
        "ends": {end.value: count for end, count in pace.ends.items()} if pace else {},
        "to_answer": _times_object(pace.to_answer if pace else None),
        "answering": _times_object(pace.answering if pace else None),
    }


def _times_object(measured: Times | None) -> Mapping[str, float | int] | None:
    if measured is None:
        return None
    median, nearly_all = measured.median.total_seconds(), measured.nearly_all.total_seconds()
    return {"count": measured.count, "median": median, "p95": nearly_all}


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()


def _lines(seen: DeliveryStatus) -> list[str]:
    state = seen.state
    wrong = [click.style(finding_words(one), fg="red") for one in seen.wrong]
    return [
        click.style("Delivery processes", bold=True),
        *([_process_line(one, state.at) for one in state.processes] or ["none"]),
        "",
        click.style("Queue", bold=True),
        *aligned(
            ("", "waiting", "due", "in hand", "oldest", "overdue", ""), [_depth_row(one, state) for one in state.depths]
        ),
        "",
        click.style("Messages", bold=True),
        *aligned(
            ("", "queued", "handed over", "delivered", "failed", "a minute"), [_pace_row(one) for one in seen.paces]
        ),
        "",
        click.style(f"Services, last {span(JUDGED)}", bold=True),
        *aligned(
            ("", "breaker", "", "rate", "attempts", "accepted", "median", "95 %", "provider's part"),
            [_service_row(one, seen.rates.get(one.name)) for one in state.services],
        ),
        *_cap_lines(seen.caps),
        "",
        *(wrong or [click.style("Nothing is wrong.", fg="green")]),
    ]


def _cap_lines(caps: Sequence[Standing]) -> list[str]:
    if not caps:
        return []
    rows = [
        (
            f"{one.cap.scope.value} {one.cap.name}".strip(),
            one.cap.period.value,
            f"{one.percent} %",
            f"{one.ends_at:%H:%M} UTC",
        )
        for one in caps
    ]
    return ["", click.style("Caps", bold=True), *aligned(("", "per", "used", "until"), rows)]


def _process_line(one: DeliveryProcess, now: datetime) -> str:
    return (
        f"{'alive' if one.is_alive else 'silent':<7} {one.host} process {one.pid}, "
        f"since {one.started_at:%Y-%m-%d %H:%M} UTC, seen {span(now - one.seen_at)} ago, {one.in_hand} in hand"
    )


def _depth_row(one: QueueDepth, state: QueueState) -> tuple[object, ...]:
    mark = "paused" if one.purpose in state.paused else ""
    return one.purpose.value, one.waiting, one.due, one.in_hand, span(one.age), span(one.overdue), mark


def _pace_row(pace: Pace) -> tuple[object, ...]:
    rate = f"{pace.handed_over_per_minute:.1f}"
    return f"last {span(pace.until - pace.since)}", pace.queued, pace.handed_over, pace.delivered, pace.failed, rate


def _service_row(one: ServiceState, rate: ServiceRate | None) -> tuple[object, ...]:
    pace, condition = one.pace, one.condition
    marks = ["off"] * (not one.is_enabled) + ["paused"] * (condition.paused_at is not None)
    median, nearly_all = times(pace.to_answer if pace else None)
    return (
        one.name,
        " ".join(filter(None, (condition.breaker.value, condition.reason))),
        " ".join(marks),
        f"{rate.per_second:g}/s" if rate else "-",
        pace.attempts if pace else 0,
        pace.ends.get(AttemptEnd.ACCEPTED, 0) if pace else 0,
        median,
        nearly_all,
        times(pace.answering if pace else None)[0],
    )
