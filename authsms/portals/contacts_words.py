"""What people are told about their contacts."""

from typing import Final

from flask_babel import LazyString, lazy_gettext

from authsms.contacts.agreement import ContactKind, ContactState
from authsms.messaging.verification import Outcome
from authsms.portals.notes import Note
from authsms.portals.wording import Announcement

KINDS: Final[dict[ContactKind, LazyString]] = {
    ContactKind.MOBILE: lazy_gettext("Mobile"),
    ContactKind.PHONE: lazy_gettext("Phone"),
    ContactKind.HOME: lazy_gettext("Home"),
    ContactKind.WORK: lazy_gettext("Work"),
}
STATES: Final[dict[ContactState, LazyString]] = {
    ContactState.IDLE: lazy_gettext("gets no texts"),
    ContactState.ASKED: lazy_gettext("waits for its code"),
    ContactState.VERIFIED: lazy_gettext("gets texts"),
    ContactState.STOPPED: lazy_gettext("ended by STOP"),
}
_SENTENCES: Final[dict[str, LazyString]] = {
    "added": lazy_gettext("The number is among your contacts. It gets no texts before you have confirmed it."),
    "changed": lazy_gettext("Saved. The new number gets no texts before you have confirmed it."),
    "saved": lazy_gettext("Saved."),
    "removed": lazy_gettext("The contact is gone, and gets no texts any more."),
    "first": lazy_gettext("That contact comes first now."),
    "withdrawn": lazy_gettext("Nothing is texted to this number any more."),
    Outcome.VERIFIED: lazy_gettext("Confirmed. You get texts at this number."),
    Outcome.SENT: lazy_gettext("A code is on its way to this number."),
    "not-ticked": lazy_gettext("Please tick the box first: nothing is texted without your consent."),
    "no-number": lazy_gettext("This is no phone number that can get texts."),
    "no-country": lazy_gettext("Numbers of this country are not texted."),
    "known": lazy_gettext("You have this contact already, or as many as you may."),
    "too-late": lazy_gettext("This contact was changed meanwhile. Look at it once more."),
    "wait": lazy_gettext("Not so fast, please. Try again in %(seconds)s seconds."),
    Outcome.MALFORMED: lazy_gettext("A code has %(length)s digits. Please type it again."),
    Outcome.WRONG: lazy_gettext("That code is not right, or it has expired. Check it, or ask for a new one."),
    Outcome.HELD: lazy_gettext("There were too many wrong codes. Please wait a little before you try again."),
    Outcome.DISABLED: lazy_gettext("There were too many wrong codes. Please ask your help desk."),
    Outcome.WITHHELD: lazy_gettext("Text messages cannot be sent at the moment. Please try again later."),
    Outcome.OPTED_OUT: lazy_gettext(
        "The owner of this number has told us to stop sending messages. Text START to the number they came from, "
        "then ask for a new code."
    ),
}
_GOOD: Final = frozenset(
    {"added", "changed", "saved", "removed", "first", "withdrawn", Outcome.VERIFIED.value, Outcome.SENT.value}
)


def announce(note: Note | None) -> Announcement | None:
    """Return the sentence of *note*, or None when there is nothing to say."""
    if note is None or note.key not in _SENTENCES:
        return None
    sentence = str(_SENTENCES[note.key]) % {"length": "6", "seconds": "30", **note.values}
    return Announcement("good" if note.key in _GOOD else "bad", sentence)
