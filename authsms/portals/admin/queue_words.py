"""The words of the queue page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask_babel import format_decimal, format_timedelta, gettext, lazy_gettext

from authsms.administration.queue import ServiceState
from authsms.delivery.breaker import Breaker, Trouble
from authsms.delivery.conditions import ServiceCondition
from authsms.delivery.durations import Times
from authsms.delivery.repeats import AttemptEnd
from authsms.delivery.throughput import ServicePace
from authsms.portals.admin.dashboard_words import NONE

NOTICES: Final = {
    "queue.pause": lazy_gettext("Paused. What is being handed over now is finished."),
    "queue.resume": lazy_gettext("It goes on."),
    "queue.retry": lazy_gettext("The next text tries it."),
}
_TROUBLES: Final = {
    Trouble.FAILURES: lazy_gettext("It failed again and again."),
    Trouble.ACCOUNT: lazy_gettext("It refuses this account."),
    Trouble.THROTTLED: lazy_gettext("It asked to wait."),
}
_TROUBLED: Final = (AttemptEnd.NOT_TAKEN, AttemptEnd.PERHAPS_TAKEN, AttemptEnd.SERVICE_REFUSED)


@dataclass(frozen=True, slots=True)
class Condition:
    """What a service is like, in words.

    Attributes:
        kind: Of the badge.
        moment: When it changes or changed, or None.
    """

    kind: str
    label: str
    reason: str = ""
    moment: datetime | None = None


def condition(state: ServiceState, now: datetime) -> Condition:
    """Return what *state* comes to."""
    known = state.condition
    if known.paused_at is not None:
        return Condition("wait", gettext("Paused"), gettext("by %(author)s", author=known.paused_by), known.paused_at)
    if not state.is_enabled:
        return Condition("off", gettext("Switched off"))
    if known.breaker is not Breaker.CLOSED:
        return _sick(known, now)
    if known.demoted:
        countries = ", ".join(sorted(known.demoted))
        return Condition("wait", gettext("Asked last"), gettext("Texts did not arrive: %(where)s", where=countries))
    return Condition("good", gettext("Works"))


def _sick(known: ServiceCondition, now: datetime) -> Condition:
    reason = str(_TROUBLES[Trouble(known.reason)]) if known.reason in set(Trouble) else ""
    reason = f"{reason} {known.code}".strip()
    if known.breaker is Breaker.OPEN and known.retry_at is not None and known.retry_at > now:
        return Condition("bad", gettext("Left alone until"), reason, known.retry_at)
    return Condition("wait", gettext("Tried with the next text"), reason)


def troubled(pace: ServicePace) -> int:
    """Return how many attempts the provider did not take."""
    return sum(pace.ends.get(end, 0) for end in _TROUBLED)


def duration(time: timedelta | None) -> str:
    """Return *time* as people say it, from milliseconds to days; a dash for none."""
    if time is None:
        return NONE
    seconds = time.total_seconds()
    if seconds < 1:
        return str(gettext("%(number)s ms", number=format_decimal(round(seconds * 1000))))
    if seconds < 10:  # noqa: PLR2004 - a tenth of a second says nothing more then
        return str(gettext("%(number)s s", number=format_decimal(round(seconds, 1))))
    return str(format_timedelta(time, threshold=1.5))


def times(measured: Times | None) -> tuple[str, str]:
    """Return median and 95th hundredth of what was measured."""
    if measured is None:
        return NONE, NONE
    return duration(measured.median), duration(measured.nearly_all)
