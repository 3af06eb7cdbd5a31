"""The words of the log of messages, for people."""

from typing import Final

from flask_babel import lazy_gettext

from authsms.administration.messages import Again
from authsms.delivery.repeats import AttemptEnd
from authsms.delivery.states import Failure, MessageState, Withheld
from authsms.senders.submission import Purpose
from authsms.senders.webhook import ReceiptState

STATES: Final = {
    MessageState.QUEUED: ("wait", lazy_gettext("Waiting")),
    MessageState.ATTEMPTING: ("wait", lazy_gettext("Being sent")),
    MessageState.ACCEPTED: ("good", lazy_gettext("Taken by the provider")),
    MessageState.DELIVERED: ("good", lazy_gettext("Delivered")),
    MessageState.FAILED: ("bad", lazy_gettext("Failed")),
    MessageState.UNKNOWN: ("wait", lazy_gettext("Nobody knows")),
    MessageState.STALE: ("off", lazy_gettext("Not sent")),
    MessageState.WITHHELD: ("bad", lazy_gettext("Withheld")),
}
PURPOSES: Final = {
    Purpose.AUTHENTICATION: lazy_gettext("Code for a login"),
    Purpose.VERIFICATION: lazy_gettext("Check of a number"),
    Purpose.NOTICE: lazy_gettext("Notice"),
    Purpose.OFFER: lazy_gettext("Offer"),
}
REASONS: Final = {
    Failure.REFUSED: lazy_gettext("The provider refused it."),
    Failure.OPTED_OUT: lazy_gettext("The person has told the provider to stop texts."),
    Failure.CONFIGURATION: lazy_gettext("Every sender service refused it because of its settings."),
    Failure.NO_SERVICE: lazy_gettext("No sender service may carry it."),
    Failure.NOT_TAKEN: lazy_gettext("No provider took it in time."),
    Failure.IN_DOUBT: lazy_gettext("A provider may have taken it, but never said so."),
    Failure.UNDELIVERED: lazy_gettext("The carrier could not deliver it."),
    Failure.UNREADABLE: lazy_gettext("The stored text could not be opened any more."),
    Failure.EXPIRED: lazy_gettext("Its time was over before anybody took it."),
    Failure.SUPERSEDED: lazy_gettext("A newer code took its place."),
    Failure.CANCELLED: lazy_gettext("It was cancelled."),
    Withheld.UNKNOWN_PERSON: lazy_gettext("Nobody has this user name."),
    Withheld.NO_PHONE: lazy_gettext("The directory has no phone number for this person."),
    Withheld.ACCOUNT_UNUSABLE: lazy_gettext("The account is switched off or blocked."),
    Withheld.NUMBER_CHANGED: lazy_gettext("The number was changed a short time ago and waits."),
    Withheld.METHOD_UNUSABLE: lazy_gettext("There were too many wrong codes."),
    Withheld.COUNTRY_NOT_SERVED: lazy_gettext("No texts are sent to this country."),
    Withheld.NUMBER_LIMIT: lazy_gettext("This number or person had too many texts in a short time."),
    Withheld.BUDGET: lazy_gettext("The budget for texts is used up."),
}
ENDS: Final = {
    AttemptEnd.ACCEPTED: ("good", lazy_gettext("Taken")),
    AttemptEnd.NOT_TAKEN: ("bad", lazy_gettext("Not taken, tried again")),
    AttemptEnd.PERHAPS_TAKEN: ("wait", lazy_gettext("Perhaps taken")),
    AttemptEnd.REFUSED: ("bad", lazy_gettext("Refused")),
    AttemptEnd.SERVICE_REFUSED: ("bad", lazy_gettext("Refused because of the settings")),
    AttemptEnd.OWNER_DIED: ("wait", lazy_gettext("Broken off")),
    AttemptEnd.TOO_LATE: ("off", lazy_gettext("Too late")),
}
RECEIPTS: Final = {
    ReceiptState.SENT: ("wait", lazy_gettext("On its way")),
    ReceiptState.DELIVERED: ("good", lazy_gettext("Delivered")),
    ReceiptState.FAILED: ("bad", lazy_gettext("Failed")),
    ReceiptState.UNKNOWN_WORD: ("off", lazy_gettext("Unknown word")),
}
AGAIN: Final = {
    Again.POSSIBLE: lazy_gettext("The login still waits: a new code can be sent, and the old one ends."),
    Again.SENT: lazy_gettext("A new code is on its way. The old one is no longer good."),
    Again.WITHHELD: lazy_gettext("No new code was sent: see why below."),
    Again.STILL_LIVE: lazy_gettext("It is not over yet: the server goes on trying by itself."),
    Again.ARRIVED: lazy_gettext("It has arrived; there is nothing to send again."),
    Again.TOO_EARLY: lazy_gettext("Too early: this number was sent a text just now. Try again a little later."),
    Again.REPLACED: lazy_gettext("A newer code has taken its place; look at that message."),
    Again.LOGIN_OVER: lazy_gettext("The login this code was for is over. Ask the person to sign in again."),
    Again.TEXT_GONE: lazy_gettext("The text is deleted once it is handed over, and nobody can write it again."),
}
NOTICES: Final = {
    "message.cancelled": lazy_gettext("Cancelled. It will not be sent."),
    f"message.again.{Again.SENT.value}": AGAIN[Again.SENT],
}
PROBLEMS: Final = {
    "message.no-number": lazy_gettext(
        "That is no phone number. Write it with its country code, for example +49 171 2345678."
    ),
    "message.being-sent": lazy_gettext("Too late: it is being handed over. It will not be tried a second time."),
    "message.over": lazy_gettext("Too late: it has ended already."),
    **{f"message.again.{answer.value}": words for answer, words in AGAIN.items() if answer is not Again.SENT},
}
