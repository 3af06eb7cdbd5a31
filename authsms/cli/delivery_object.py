"""How delivery is doing, as programs read it: durations in seconds, moments in ISO 8601."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from authsms.administration.alarm_rules import Finding
from authsms.administration.queue import QueueState, ServiceState
from authsms.delivery.caps import Standing
from authsms.delivery.durations import Times
from authsms.delivery.rates import ServiceRate
from authsms.delivery.throughput import DeliveryProcess, Pace, QueueDepth


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """Everything the command tells; ``wrong`` is empty when all is well, ``rates`` knows the services that have one."""

    state: QueueState
    paces: Sequence[Pace]
    wrong: Sequence[Finding]
    rates: Mapping[str, ServiceRate]
    caps: Sequence[Standing]


def as_object(seen: DeliveryStatus) -> dict[str, Any]:
    """Return the same as an object of JSON."""
    state = seen.state
    return {
        "at": state.at.isoformat(),
        "wrong": [_finding_object(one) for one in seen.wrong],
        "processes": [_process_object(one) for one in state.processes],
        "queue": {one.purpose.value: _depth_object(one, paused=one.purpose in state.paused) for one in state.depths},
        "throughput": [_pace_object(one) for one in seen.paces],
        "services": {one.name: _service_object(one, seen.rates.get(one.name)) for one in state.services},
        "caps": [_cap_object(one) for one in seen.caps],
    }


def _finding_object(one: Finding) -> dict[str, Any]:
    return {"kind": one.kind.value, "subject": one.subject, "severity": one.severity.value, "facts": dict(one.facts)}


def _process_object(one: DeliveryProcess) -> dict[str, Any]:
    return {
        "host": one.host,
        "pid": one.pid,
        "alive": one.is_alive,
        "started_at": one.started_at.isoformat(),
        "seen_at": one.seen_at.isoformat(),
        "in_hand": one.in_hand,
    }


def _depth_object(one: QueueDepth, *, paused: bool) -> dict[str, Any]:
    return {
        "waiting": one.waiting,
        "due": one.due,
        "in_hand": one.in_hand,
        "age": _seconds(one.age),
        "overdue": _seconds(one.overdue),
        "paused": paused,
    }


def _pace_object(one: Pace) -> dict[str, Any]:
    return {
        "seconds": _seconds(one.until - one.since),
        "queued": one.queued,
        "handed_over": one.handed_over,
        "delivered": one.delivered,
        "failed": one.failed,
    }


def _cap_object(one: Standing) -> dict[str, Any]:
    return {
        "scope": one.cap.scope.value,
        "name": one.cap.name,
        "period": one.cap.period.value,
        "used_percent": one.percent,
        "until": one.ends_at.isoformat(),
    }


def _service_object(one: ServiceState, rate: ServiceRate | None) -> dict[str, Any]:
    paused, pace = one.condition.paused_at, one.pace
    return {
        "enabled": one.is_enabled,
        "breaker": one.condition.breaker.value,
        "reason": one.condition.reason,
        "paused_at": paused.isoformat() if paused else None,
        "last_in": sorted(one.condition.demoted),
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
