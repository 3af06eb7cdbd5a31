"""The words of the pages of offers."""

from collections.abc import Mapping
from typing import Final

from flask_babel import LazyString, gettext, lazy_gettext

from authsms.messaging.audience import Left
from authsms.messaging.offers_course import SentOffer
from authsms.messaging.offers_rules import OfferEnd, OfferMode, RecipientState, ReplyWay
from authsms.messaging.offers_wording import OddOffer
from authsms.portals.admin.charts import Series
from authsms.portals.admin.notices_words import LEFT
from authsms.portals.offers_words import KINDS

__all__ = ["KINDS", "MODES", "NOTICES", "STATES", "WAYS", "course", "left", "odd", "parts"]

NOTICES: Final = {
    "offer.made": lazy_gettext("On its way. Answers show on this page as they come in."),
    "offer.chosen": lazy_gettext("Chosen. Those people are told."),
    "offer.closed": lazy_gettext("Closed. Nobody can answer any more."),
    "offer.cancelled": lazy_gettext("Withdrawn. What has not gone out is taken back, and the others are told."),
}
MODES: Final[dict[OfferMode, LazyString]] = {
    OfferMode.FIRST: lazy_gettext("First come, first served"),
    OfferMode.CHOOSE: lazy_gettext("Collect answers, then choose"),
}
STATES: Final[dict[RecipientState, tuple[str, LazyString]]] = {
    RecipientState.WON: ("good", lazy_gettext("Yes, has a place")),
    RecipientState.WILLING: ("wait", lazy_gettext("Yes, may be chosen")),
    RecipientState.LATE: ("off", lazy_gettext("Yes, too late")),
    RecipientState.LOST: ("off", lazy_gettext("Yes, was not chosen")),
    RecipientState.DECLINED: ("bad", lazy_gettext("No")),
    RecipientState.ASKED: ("off", lazy_gettext("No answer yet")),
}
WAYS: Final[dict[str, LazyString]] = {
    ReplyWay.TEXT: lazy_gettext("by text"),
    ReplyWay.LINK: lazy_gettext("by link"),
}
_SHADES: Final = {
    RecipientState.WON: "good",
    RecipientState.WILLING: "calm",
    RecipientState.LATE: "warn",
    RecipientState.LOST: "faint",
    RecipientState.DECLINED: "bad",
    RecipientState.ASKED: "pale",
}
_ENDS: Final = {
    OfferEnd.FILLED: lazy_gettext("All places taken"),
    OfferEnd.CLOSED: lazy_gettext("Closed"),
    OfferEnd.EXPIRED: lazy_gettext("Expired"),
    OfferEnd.CANCELLED: lazy_gettext("Withdrawn"),
}
_ODD: Final = {
    OddOffer.MUTE: lazy_gettext("It does not say how to answer. Write {number} Y or {number} N, or {link}."),
    OddOffer.BARE: lazy_gettext("Its links are not protected by https."),
}


def odd(one: OddOffer) -> str:
    """Return what is odd about the text of an offer."""
    return str(_ODD[one])


def left(reasons: Mapping[Left, int]) -> list[tuple[str, int]]:
    """Return how many are not asked, by the reason."""
    return [(str(words), reasons[why]) for why, words in LEFT.items() if why in reasons]


def parts(counts: Mapping[RecipientState, int]) -> list[Series]:
    """Return how many people stand where, in the order of the bar; those who have not answered come last."""
    return [Series(_SHADES[state], str(words), [counts.get(state, 0)]) for state, (_, words) in STATES.items()]


def course(offer: SentOffer) -> tuple[str, str]:
    """Return the kind and the words of the badge of an offer."""
    if offer.end is not OfferEnd.NONE:
        return ("good" if offer.end is OfferEnd.FILLED else "off"), str(_ENDS[offer.end])
    if offer.is_open:
        return "wait", gettext("Can be answered")
    return "wait", gettext("Waits for a choice")
