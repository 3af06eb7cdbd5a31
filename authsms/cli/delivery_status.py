"""`authsms worker status`: whether messages go out, and how fast; for people, and for monitoring."""

import json
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import click

from authsms.administration.queue import JUDGED, QueueState, ServiceState
from authsms.cli.context import open_services
from authsms.cli.delivery_object import DeliveryStatus, as_object
from authsms.cli.delivery_words import aligned, finding_words, span, times
from authsms.cli.operator import operator
from authsms.delivery.caps import Standing
from authsms.delivery.rates import ServiceRate
from authsms.delivery.repeats import AttemptEnd
from authsms.delivery.throughput import DeliveryProcess, Pace, QueueDepth
from authsms.wiring import Services

_PACES: Final = (timedelta(minutes=1), timedelta(minutes=5))


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
    marks += [f"last in {country}" for country in sorted(condition.demoted)]
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
