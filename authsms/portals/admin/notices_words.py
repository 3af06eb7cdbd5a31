"""The words of the pages of notices."""

from collections.abc import Mapping
from typing import Final

from flask_babel import gettext, lazy_gettext

from authsms.delivery.states import LIVE, MessageState
from authsms.messaging.course import SentNotice
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


def parts(counts: Mapping[MessageState, int]) -> list[Series]:
    """Return how many texts are how far, in the order of the bar; those that wait come last."""
    return [Series(kind, str(label), [sum(counts.get(one, 0) for one in states)]) for kind, label, states in _PARTS]


def through(counts: Mapping[MessageState, int]) -> int:
    """Return how many texts wait no longer."""
    return sum(count for state, count in counts.items() if state not in LIVE)


def course(notice: SentNotice) -> tuple[str, str]:
    """Return the kind and the words of the badge of a notice."""
    if notice.cancelled_at is not None:
        return "off", gettext("Cancelled")
    if notice.is_waiting:
        return "wait", gettext("Under way")
    return "off", gettext("Nothing waits")
