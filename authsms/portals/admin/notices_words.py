"""The words of the pages of notices."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from flask_babel import gettext, lazy_gettext

from authsms.delivery.states import LIVE, MessageState
from authsms.messaging.audience import Left
from authsms.messaging.course import SentNotice
from authsms.messaging.wishes import Tally
from authsms.messaging.wording import Odd, Oddity
from authsms.portals.admin.charts import Series

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
