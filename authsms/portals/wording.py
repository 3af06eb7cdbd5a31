"""What people are told: words for message keys, delivery states, reasons and methods, marked for translation."""

import re
from dataclasses import dataclass
from typing import Final

from flask_babel import LazyString

from authsms.delivery.states import Failure, MessageState, Withheld
from authsms.logon.machine import MessageKey, Prompt
from authsms.logon.outcomes import OUTCOMES
from authsms.logon.steps import DeliveryStatus
from authsms.logon.whereabouts import HELD
from authsms.portals.language import lazy_gettext
from authsms.portals.notes import Note

_SENTENCES: Final[dict[str, LazyString]] = {
    **{key: lazy_gettext(sentence) for key, sentence in OUTCOMES.items()},
    "password.changed": lazy_gettext("Your password is changed, and other sessions are signed out."),
    MessageKey.PASSKEY_REFUSED: lazy_gettext(
        "That passkey could not be checked. Please try again, with a passkey that you have added here."
    ),
    MessageKey.PASSKEY_ABSENT: lazy_gettext(
        "Your browser has not sent a passkey. It needs JavaScript for this; or sign in another way."
    ),
    MessageKey.PASSKEY_MISSING: lazy_gettext(
        "You have no passkey that works here. Sign in another way, or ask your help desk."
    ),
    "code.resent": lazy_gettext("A new code is on its way. The old one no longer works."),
    "form.incomplete": lazy_gettext("Please fill in every field."),
    "wait": lazy_gettext("Not so fast, please. Try again in %(seconds)s seconds."),
    "language.kept": lazy_gettext("Saved."),
    "session.ended": lazy_gettext("That session has been signed out."),
    "sessions.ended": lazy_gettext("All your other sessions have been signed out."),
    "proof.needed": lazy_gettext("To change this, please sign in once more. Then you are back here."),
    "proof.two": lazy_gettext("This can only be changed after a sign-in with two factors. Please ask your help desk."),
    "number.sent": lazy_gettext("We have texted a code to the new number. Type it below."),
    "number.no-number": lazy_gettext("That is not a phone number that can receive text messages."),
    "number.country": lazy_gettext("Numbers of this country are not texted."),
    "number.withheld": lazy_gettext("No code could be sent to this number. Please ask your help desk."),
    "number.done": lazy_gettext("Confirmed. Your codes go to the new number from now on."),
    "number.wrong": lazy_gettext("That code is not right, or it has expired. Check it, or ask for a new one."),
    "number.over": lazy_gettext("No code is awaited any more. Please begin again."),
    "number.held": lazy_gettext("There were too many wrong codes. Please wait a little before you try again."),
    "number.removed": lazy_gettext("Removed. Your codes go to the number on file again."),
    "app.ready": lazy_gettext("Your authenticator app is set up. From now on you can sign in with it."),
    "app.removed": lazy_gettext(
        "Your authenticator app no longer works here, and other sessions are signed out. Delete its entry there, too."
    ),
    "app.tried": lazy_gettext("That code was right: your app works. To sign in, wait for the next one."),
    "app.not-tried": lazy_gettext(
        "That code is not right, or it was used before. Is the clock of your phone right? This did not count."
    ),
    "app.over": lazy_gettext("There is no app to be set up any more. Please begin again."),
    "app.too-many": lazy_gettext("There were too many wrong codes. Please begin again with a new picture."),
    "token.ready": lazy_gettext("Your token is in step again. To sign in, press its button for the next code."),
    "token.not-ready": lazy_gettext(
        "Those are not two codes in a row, or they were used before. Press the button twice and type both."
    ),
    "token.malformed": lazy_gettext("Codes have 6 or 8 digits. Please type both again."),
    "token.switched-off": lazy_gettext("There were too many wrong codes. Please ask your help desk."),
    "token.over": lazy_gettext("You have no token any more."),
    "passkey.added": lazy_gettext("Your passkey is added. From now on you can sign in with it."),
    "passkey.known": lazy_gettext("This passkey is added already."),
    "passkey.not-made": lazy_gettext("Your browser has not made a passkey that works here. Please try again."),
    "passkey.over": lazy_gettext("That took too long. Please try again."),
    "passkey.full": lazy_gettext("You have as many passkeys as anybody may have. Remove one first."),
    "passkey.renamed": lazy_gettext("The passkey has its new name."),
    "passkey.removed": lazy_gettext(
        "The passkey no longer works here, and other sessions are signed out. You can delete it on your device, too."
    ),
    "app.switched-off": lazy_gettext("There were too many wrong codes. Remove the app and set it up again."),
}
_RESENT: Final = "code.resent"
_NUMBER: Final = re.compile(r"\+?\d{3,15}")
_LONGEST_SHORT_CODE: Final = 8
_NAME: Final = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
_GOOD: Final = frozenset(
    {
        *(_RESENT, "session.ended", "sessions.ended", "app.ready", "app.removed", "app.tried"),
        *("token.ready", "passkey.added", "passkey.renamed", "passkey.removed"),
        *("number.sent", "number.done", "number.removed", "password.changed", "language.kept"),
    }
)
_PLAIN: Final = frozenset({"proof.needed", MessageKey.FINISHED_OVERDUE})

QUIET: Final = frozenset(
    {
        MessageKey.ASK_PASSWORD,
        MessageKey.PASSWORD_OVERDUE,
        MessageKey.CODE_SENT,
        MessageKey.APP_ASKED,
        MessageKey.HOTP_ASKED,
        MessageKey.PLUGGED_ASKED,
        MessageKey.EMERGENCY_ASKED,
        MessageKey.RECOVERY_ASKED,
        MessageKey.PASSKEY_ASKED,
        MessageKey.CHAIN_ASKED,
        MessageKey.FINISHED,
    }
)
"""Keys that say nothing the page does not say itself."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """One sentence for the top of a page; *kind* is ``good``, ``bad`` or, where it is neither, ``shield``."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Progress:
    """What the code page shows of a text on its way.

    Attributes:
        stage: ``sending``, ``late``, ``sent``, ``delivered``, ``doubtful``, ``failed``; ``quiet``: nothing may be told.
        text: One sentence.
        final: Nothing more will change.
        offers: Another way to sign in shall be offered, where there is one.
    """

    stage: str
    text: str
    final: bool
    offers: bool = False


_PROGRESS: Final[dict[str, tuple[str, LazyString]]] = {
    "": ("quiet", lazy_gettext("If everything is in order, your code arrives within a minute.")),
    MessageState.QUEUED: ("sending", lazy_gettext("We are sending your code …")),
    MessageState.ATTEMPTING: ("sending", lazy_gettext("We are sending your code …")),
    MessageState.ACCEPTED: ("sent", lazy_gettext("Your code is on its way to your phone.")),
    MessageState.DELIVERED: ("delivered", lazy_gettext("Your code has arrived on your phone.")),
    MessageState.UNKNOWN: (
        "doubtful",
        lazy_gettext("We are not sure that your code was sent. If nothing arrives, ask for a new one."),
    ),
    MessageState.STALE: ("failed", lazy_gettext("Your code was not sent in time. Please ask for a new one.")),
    MessageState.FAILED: (
        "failed",
        lazy_gettext("Your code could not be delivered. Ask for a new one or try another way."),
    ),
    MessageState.WITHHELD: ("failed", lazy_gettext("No code was sent. Try another way, or ask your help desk.")),
}
_LATE: Final = ("late", lazy_gettext("Your code is taking longer than usual. It may still arrive."))
_OPTED_OUT: Final = lazy_gettext(
    "Your phone has told us to stop sending messages. Text START to the number they came from, then ask for a new code."
)
_OPTED_OUT_OF_NUMBER: Final = lazy_gettext(
    "Your phone has told us to stop sending messages. Text START to %(sender)s, then ask for a new code."
)
_OPTED_OUT_OF_NAME: Final = lazy_gettext(
    "Your phone has told us to stop sending messages. Texts from %(sender)s cannot be answered: ask your help desk."
)
_UNDELIVERED: Final = lazy_gettext(
    "Your carrier could not deliver your code. Is your phone switched on and connected? Then ask for a new one."
)
_OUR_SIDE: Final = lazy_gettext(
    "Text messages cannot be sent at the moment. Please try another way, or ask your help desk."
)
_REASONS: Final[dict[str, LazyString]] = {
    Failure.REFUSED: lazy_gettext(
        "Your code was refused on its way to your phone. Try another way, or ask your help desk."
    ),
    Failure.OPTED_OUT: _OPTED_OUT,
    Failure.UNDELIVERED: _UNDELIVERED,
    Failure.CONFIGURATION: _OUR_SIDE,
    Failure.NO_SERVICE: _OUR_SIDE,
    Failure.NOT_TAKEN: _OUR_SIDE,
    Failure.UNREADABLE: _OUR_SIDE,
    Withheld.BUDGET: _OUR_SIDE,
    Withheld.NUMBER_LIMIT: lazy_gettext(
        "Your phone was sent a code just a moment ago, or too many in a short time. "
        "Ask for a new one as soon as the button below allows it, or try another way."
    ),
    HELD: lazy_gettext(
        "There were too many wrong codes, so no new one is sent for the moment. "
        "Ask for one when the wait is over, or try another way."
    ),
    Withheld.NUMBER_CHANGED: lazy_gettext(
        "No code was sent, because your phone number was changed a short time ago. "
        "Try another way, or ask your help desk."
    ),
    Withheld.METHOD_UNUSABLE: lazy_gettext(
        "Codes by text message are switched off for you. Please ask your help desk."
    ),
}
_HEADINGS: Final[dict[Prompt, LazyString]] = {
    Prompt.PASSWORD: lazy_gettext("Enter your password"),
    Prompt.NEW_PASSWORD: lazy_gettext("Choose a new password"),
    Prompt.CODE: lazy_gettext("Enter your code"),
    Prompt.EMERGENCY: lazy_gettext("Enter your emergency password"),
    Prompt.RECOVERY: lazy_gettext("Enter a recovery code"),
    Prompt.PASSKEY: lazy_gettext("Use your passkey"),
    Prompt.CHAIN: lazy_gettext("Choose how to sign in"),
}
_METHODS: Final[dict[str, LazyString]] = {
    "pwd": lazy_gettext("Password"),
    "sms": lazy_gettext("Text message"),
    "otp": lazy_gettext("One-time code"),
    "hwk": lazy_gettext("Security key"),
    "swk": lazy_gettext("Passkey"),
}


def announce(note: Note | None, *, withheld: bool = False) -> Announcement | None:
    """Return the sentence of *note*, or None when there is nothing to say; an unknown key gets the vaguest words.

    Of a text that was *withheld* it is not said that it is on its way.
    """
    if note is None or note.key in QUIET or (withheld and note.key == _RESENT):
        return None
    sentence = _SENTENCES.get(note.key, _SENTENCES[MessageKey.FAILED])
    filled = {"length": "6", "seconds": "30", **note.values}
    kind = "good" if note.key in _GOOD else "shield" if note.key in _PLAIN else "bad"
    return Announcement(kind, str(sentence) % filled)


def progress(status: DeliveryStatus) -> Progress:
    """Return what to show of a text on its way; who may not be told gets the same words whatever happens."""
    stage, text = _PROGRESS.get(status.state, _PROGRESS[""])
    if stage == "failed":
        text = _opted_out(status.sender) or _REASONS.get(status.detail, text)
    elif stage == "sending" and status.late:
        stage, text = _LATE
    return Progress(stage, str(text), status.final, stage == "failed" or status.late)


def _opted_out(sender: str) -> str:
    """Return how to undo an opt-out at *sender*; empty when that is neither a number nor a name."""
    if _NUMBER.fullmatch(sender):
        is_short = len(sender) <= _LONGEST_SHORT_CODE or sender.startswith("+")
        return str(_OPTED_OUT_OF_NUMBER) % {"sender": sender if is_short else f"+{sender}"}
    return str(_OPTED_OUT_OF_NAME) % {"sender": sender} if _NAME.fullmatch(sender) else ""


def heading(prompt: Prompt) -> str:
    """Return the title of the page on which a method asks."""
    return str(_HEADINGS[prompt])


def proofs(methods: tuple[str, ...]) -> list[str]:
    """Return names for the amr words of a session (RFC 8176); a text message is not also called a one-time code."""
    shown = [word for word in methods if word in _METHODS and not (word == "otp" and "sms" in methods)]
    return [str(_METHODS[word]) for word in shown]
