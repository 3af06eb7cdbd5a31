"""What the page of an offer says."""

from typing import Final

from flask_babel import LazyString, lazy_gettext

from authsms.messaging.offers_rules import OfferKind, RecipientState
from authsms.messaging.offers_wording import Says
from authsms.portals.notes import Note
from authsms.portals.wording import Announcement

KINDS: Final[dict[OfferKind, LazyString]] = {
    OfferKind.SHIFT: lazy_gettext("Shift offer"),
    OfferKind.JOB: lazy_gettext("Job offer"),
    OfferKind.ROSTER: lazy_gettext("Roster offer"),
    OfferKind.SWAP: lazy_gettext("Roster swap"),
}
ANSWERED: Final[dict[RecipientState, LazyString]] = {
    RecipientState.DECLINED: lazy_gettext("You have already answered: no. That stands."),
    RecipientState.WILLING: lazy_gettext("You have already answered: yes. You will hear whether you were chosen."),
    RecipientState.WON: lazy_gettext("You have already answered: yes. It is yours."),
    RecipientState.LATE: lazy_gettext("You have already answered: yes, but others were faster."),
    RecipientState.LOST: lazy_gettext("You have already answered: yes, but others were chosen."),
}
_SAID: Final[dict[str, tuple[str, LazyString]]] = {
    Says.WON: ("good", lazy_gettext("Thank you. It is yours.")),
    Says.WILLING: ("good", lazy_gettext("Thank you. Your yes is noted; you will hear from us.")),
    Says.DECLINED: ("good", lazy_gettext("Noted: you do not take it. Thank you for telling us.")),
    Says.TAKEN: ("bad", lazy_gettext("Others were faster. Thank you all the same.")),
    Says.LATE: ("bad", lazy_gettext("This offer can no longer be answered.")),
    Says.ALREADY_YES: ("shield", lazy_gettext("You have already answered: yes. That stands.")),
    Says.ALREADY_NO: ("shield", lazy_gettext("You have already answered: no. That stands.")),
    Says.LOST: ("shield", lazy_gettext("You have already answered: yes, but others were chosen.")),
}


def announce(note: Note | None) -> Announcement | None:
    """Return what has come of an answer."""
    if note is None or note.key not in _SAID:
        return None
    kind, sentence = _SAID[note.key]
    return Announcement(kind, str(sentence))
