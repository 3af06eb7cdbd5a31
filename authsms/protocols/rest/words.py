"""What a person is told by an endpoint's own page: one sentence for each outcome, and how far a text is."""

from typing import Final

from flask_babel import LazyString, lazy_gettext

from authsms.delivery.states import MessageState
from authsms.logon.machine import MessageKey
from authsms.logon.steps import DeliveryStatus

APP_READY: Final = "app.ready"
APP_OVER: Final = "app.too-many"
CODES_READY: Final = "recovery.ready"
_SENTENCES: Final[dict[str, LazyString]] = {
    MessageKey.ASK_PASSWORD: lazy_gettext("Enter your password"),
    MessageKey.CODE_SENT: lazy_gettext("Enter your code"),
    MessageKey.APP_ASKED: lazy_gettext("Enter your code"),
    MessageKey.HOTP_ASKED: lazy_gettext("Enter your code"),
    MessageKey.PLUGGED_ASKED: lazy_gettext("Enter your code"),
    MessageKey.FINISHED: lazy_gettext("You are signed in"),
    MessageKey.WRONG_PASSWORD: lazy_gettext("User name or password is not right. Please try again."),
    MessageKey.PASSWORD_OVERDUE: lazy_gettext("Your password must be changed. Type it once more, and a new one."),
    MessageKey.PASSWORD_ELSEWHERE: lazy_gettext(
        "Your password must be changed first, and that cannot be done here. Please ask your help desk."
    ),
    MessageKey.PASSWORD_OLD_WRONG: lazy_gettext("Your present password is not right. Please type it again."),
    MessageKey.PASSWORD_NOT_REPEATED: lazy_gettext("The new password was not typed twice the same. Please try again."),
    MessageKey.PASSWORD_TOO_SHORT: lazy_gettext("The new password is too short. Choose a longer one."),
    MessageKey.PASSWORD_USED_BEFORE: lazy_gettext("You have used this password before. Choose another one."),
    MessageKey.PASSWORD_TOO_SOON: lazy_gettext(
        "Your password was changed only a short time ago, and may not be changed again yet. Please ask your help desk."
    ),
    MessageKey.PASSWORD_UNFIT: lazy_gettext(
        "The new password is not allowed where passwords are kept. Choose a longer or less simple one that you have "
        "not used before."
    ),
    MessageKey.FINISHED_OVERDUE: lazy_gettext("You are signed in. Your password is due: please change it soon."),
    MessageKey.CODE_REFUSED: lazy_gettext("That code is not right, or it has expired. Check it, or ask for a new one."),
    MessageKey.CODE_MALFORMED: lazy_gettext("A code has %(length)s digits. Please type it again."),
    MessageKey.CODE_WAIT: lazy_gettext("A new code cannot be sent yet. Please wait a moment."),
    MessageKey.CODE_HELD: lazy_gettext("There were too many wrong codes. Please wait a little before you try again."),
    MessageKey.METHOD_DISABLED: lazy_gettext(
        "This way of signing in is switched off for you. Please ask your help desk."
    ),
    MessageKey.NUMBER_HELD: lazy_gettext(
        "Your phone number was changed a short time ago, so no codes go to it yet. "
        "Sign in another way, or ask your help desk."
    ),
    MessageKey.APP_REFUSED: lazy_gettext(
        "That code is not right, or it was used before. Wait for the next one that your app shows."
    ),
    MessageKey.APP_NOT_SET_UP: lazy_gettext(
        "You have not set up an authenticator app. Sign in another way, or ask your help desk."
    ),
    MessageKey.HOTP_REFUSED: lazy_gettext(
        "That code is not right, or it was used before. Press the button of your token for the next one."
    ),
    MessageKey.PLUGGED_REFUSED: lazy_gettext(
        "That code is not right, or it was used before. Please take the next one."
    ),
    MessageKey.PLUGGED_MISSING: lazy_gettext(
        "Nothing is set up here that makes such codes for you. Sign in another way, or ask your help desk."
    ),
    MessageKey.HOTP_MISSING: lazy_gettext("You have no token. Sign in another way, or ask your help desk."),
    MessageKey.EMERGENCY_ASKED: lazy_gettext("Enter your emergency password"),
    MessageKey.EMERGENCY_REFUSED: lazy_gettext(
        "That emergency password is not right, or it is used up or too old. Check it, or ask your help desk."
    ),
    MessageKey.EMERGENCY_MISSING: lazy_gettext(
        "You have no emergency password that is still good. Sign in another way, or ask your help desk."
    ),
    MessageKey.RECOVERY_ASKED: lazy_gettext("Enter a recovery code"),
    MessageKey.RECOVERY_REFUSED: lazy_gettext("That code is not right, or it was used before. Take the next one."),
    MessageKey.RECOVERY_MALFORMED: lazy_gettext("A recovery code has 16 letters and digits. Please type it again."),
    MessageKey.RECOVERY_MISSING: lazy_gettext(
        "You have no recovery codes left. Sign in another way, or ask your help desk."
    ),
    APP_READY: lazy_gettext("Your authenticator app is set up. From now on you can sign in with it."),
    APP_OVER: lazy_gettext("There were too many wrong codes. Please begin again with a new picture."),
    CODES_READY: lazy_gettext("These are your recovery codes. Print them, or write them down, and keep them safe."),
    MessageKey.FAILED: lazy_gettext("You could not be signed in. Please start again, or ask your help desk."),
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
