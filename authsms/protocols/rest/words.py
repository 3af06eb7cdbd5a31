"""What a person is told by an endpoint's own page: one sentence for each outcome, and how far a text is."""

from typing import Final

from flask_babel import LazyString, lazy_gettext

from authsms.delivery.states import MessageState
from authsms.logon.machine import MessageKey
from authsms.logon.outcomes import OUTCOMES
from authsms.logon.steps import DeliveryStatus

APP_READY: Final = "app.ready"
APP_OVER: Final = "app.too-many"
CODES_READY: Final = "recovery.ready"
_SENTENCES: Final[dict[str, LazyString]] = {
    **{key: lazy_gettext(sentence) for key, sentence in OUTCOMES.items()},
    MessageKey.ASK_PASSWORD: lazy_gettext("Enter your password"),
    MessageKey.CODE_SENT: lazy_gettext("Enter your code"),
    MessageKey.APP_ASKED: lazy_gettext("Enter your code"),
    MessageKey.HOTP_ASKED: lazy_gettext("Enter your code"),
    MessageKey.PLUGGED_ASKED: lazy_gettext("Enter your code"),
    MessageKey.CHAIN_ASKED: lazy_gettext("Choose how to sign in"),
    MessageKey.FINISHED: lazy_gettext("You are signed in"),
    MessageKey.EMERGENCY_ASKED: lazy_gettext("Enter your emergency password"),
    MessageKey.RECOVERY_ASKED: lazy_gettext("Enter a recovery code"),
    APP_READY: lazy_gettext("Your authenticator app is set up. From now on you can sign in with it."),
    APP_OVER: lazy_gettext("There were too many wrong codes. Please begin again with a new picture."),
    CODES_READY: lazy_gettext("These are your recovery codes. Print them, or write them down, and keep them safe."),
}
_STAGES: Final[dict[str, str]] = {
    MessageState.QUEUED: "sending",
    MessageState.ATTEMPTING: "sending",
    MessageState.ACCEPTED: "sent",
    MessageState.DELIVERED: "delivered",
    MessageState.UNKNOWN: "doubtful",
    MessageState.STALE: "failed",
    MessageState.FAILED: "failed",
    MessageState.WITHHELD: "failed",
}


def sentence(key: str, length: int) -> str:
    """Return what to tell the person; an unknown key gets the vaguest words."""
    return str(_SENTENCES.get(key, _SENTENCES[MessageKey.FAILED])) % {"length": length}


def stage(status: DeliveryStatus) -> str:
    """Return how far a text is, in one word; nothing while nothing may be told."""
    found = _STAGES.get(status.state, "")
    return "late" if found == "sending" and status.late else found
