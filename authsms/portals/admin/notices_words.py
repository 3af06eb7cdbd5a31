"""The words of the pages of notices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask_babel import format_datetime, gettext, lazy_gettext

from authsms.delivery.states import LIVE, MessageState
from authsms.messaging.audience import Left
from authsms.messaging.course import SentNotice
from authsms.messaging.timeline import Span
from authsms.messaging.wishes import Tally
from authsms.messaging.wording import Odd, Oddity
from authsms.portals.admin.charts import Chart, Series, marks_at, stacked

_MARKS: Final = 6
NOTICES: Final = {
    "notice.cancelled": lazy_gettext("Cancelled. What has not gone out is taken back."),
    "notice.cancelled-before": lazy_gettext("This notice was cancelled before."),
}
_PARTS: Final = (
    ("good", lazy_gettext("Delivered"), (MessageState.DELIVERED,)),
    ("calm", lazy_gettext("Taken by the provider"), (MessageState.ACCEPTED,)),
    ("warn", lazy_gettext("Nobody knows"), (MessageState.UNKNOWN,)),
    ("bad", lazy_gettext("Failed"), (MessageState.FAILED,)),
    ("faint", lazy_gettext("Not sent"), (MessageState.STALE, MessageState.WITHHELD)),
    ("pale", lazy_gettext("Waiting"), LIVE),
)
LEFT: Final = {
    Left.GONE: lazy_gettext("No such person any more, blocked or switched off"),
    Left.NO_CONTACT: lazy_gettext("Have named no number"),
    Left.UNCONFIRMED: lazy_gettext("Have confirmed no number"),
    Left.STOPPED: lazy_gettext("Have ended texts by STOP"),
    Left.OPTED_OUT: lazy_gettext("Have ended texts of this sender by STOP"),
    Left.COUNTRY: lazy_gettext("In a country that is not texted"),
    Left.SAME_NUMBER: lazy_gettext("Somebody else gets it at the same number"),
    Left.UNKNOWN: lazy_gettext("Nobody of that name"),
    Left.UNREADABLE: lazy_gettext("Have a number that cannot be read any more"),
}
"""Why people get nothing."""
_ODD: Final = {
    Odd.NAMELESS: lazy_gettext("It does not say who texts. Write {host} where the name of this server shall stand."),
    Odd.ENDLESS: lazy_gettext("It does not say that STOP ends texts."),
    Odd.SHORTENED: lazy_gettext("Carriers hold back texts with shortened links: %(what)s"),
    Odd.HEALTH: lazy_gettext("What concerns health does not belong on a locked screen: %(what)s"),
    Odd.LONG: lazy_gettext("It takes %(what)s segments."),
    Odd.COSTLY: lazy_gettext("These characters cost more than half of the room: %(what)s"),
}


def odd(one: Oddity) -> str:
    """Return what is odd about a text."""
    return str(_ODD[one.odd]) % {"what": one.what}


def left(tally: Tally) -> list[tuple[str, int]]:
    """Return how many get nothing, by the reason."""
    return [(str(words), tally.left[why]) for why, words in LEFT.items() if why in tally.left]


def parts(counts: Mapping[MessageState, int]) -> list[Series]:
    """Return how many texts are how far, in the order of the bar; those that wait come last."""
    return [Series(kind, str(label), [sum(counts.get(one, 0) for one in states)]) for kind, label, states in _PARTS]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with what belongs to it."""

    key: str
    title: str
    chart: Chart
    note: str
    is_long: bool

    def mark(self, at: datetime) -> str:
        """Return the short name of a span, for the axis."""
        return str(format_datetime(at, "d MMM" if self.is_long else "HH:mm"))

    @staticmethod
    def span(at: datetime) -> str:
        """Return the whole name of a span."""
        return str(format_datetime(at, "d MMM HH:mm"))


def drawing(spans: Sequence[Span]) -> Drawing:
    """Return when how many texts came to which end."""
    ends = [
        Series(kind, str(label), [sum(span.counts.get(one, 0) for one in states) for span in spans])
        for kind, label, states in _PARTS
        if states is not LIVE
    ]
    moments = [span.at for span in spans]
    marks = marks_at(moments, range(0, len(moments), max(len(moments) // _MARKS, 1))) if moments else []
    note = gettext("A text counts when the provider took it, and moves to the time of the last report about it.")
    is_long = bool(moments) and moments[-1] - moments[0] >= timedelta(days=2)
    return Drawing("course", gettext("Over time"), stacked(ends, moments, marks), note, is_long)


def through(counts: Mapping[MessageState, int]) -> int:
    """Return how many texts wait no longer."""
    return sum(count for state, count in counts.items() if state not in LIVE)


def course(notice: SentNotice, now: datetime) -> tuple[str, str]:
    """Return the kind and the words of the badge of a notice as of *now*."""
    if notice.cancelled_at is not None:
        return "off", gettext("Cancelled")
    if notice.is_waiting and notice.queueing is not None and notice.queueing.starts_at > now:
        return "wait", gettext("Scheduled")
    if notice.is_waiting:
        return "wait", gettext("Under way")
    return "off", gettext("Nothing waits")
