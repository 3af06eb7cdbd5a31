"""What a person is told at the end of a step, in the same words at every door; translated where it is said."""

from collections.abc import Mapping
from typing import Final

from authsms.foundation.errors import gettext_noop
from authsms.logon.machine import MessageKey

OUTCOMES: Final[Mapping[MessageKey, str]] = {
    MessageKey.WRONG_PASSWORD: gettext_noop("User name or password is not right. Please try again."),
    MessageKey.PASSWORD_OVERDUE: gettext_noop("Your password must be changed. Type it once more, and a new one."),
    MessageKey.PASSWORD_ELSEWHERE: gettext_noop(
        "Your password must be changed first, and that cannot be done here. Please ask your help desk."
    ),
    MessageKey.PASSWORD_OLD_WRONG: gettext_noop("Your present password is not right. Please type it again."),
    MessageKey.PASSWORD_NOT_REPEATED: gettext_noop("The new password was not typed twice the same. Please try again."),
    MessageKey.PASSWORD_TOO_SHORT: gettext_noop("The new password is too short. Choose a longer one."),
    MessageKey.PASSWORD_USED_BEFORE: gettext_noop("You have used this password before. Choose another one."),
    MessageKey.PASSWORD_TOO_SOON: gettext_noop(
        "Your password was changed only a short time ago, and may not be changed again yet. Please ask your help desk."
    ),
    MessageKey.PASSWORD_UNFIT: gettext_noop(
        "The new password is not allowed where passwords are kept. Choose a longer or less simple one that you have "
        "not used before."
    ),
    MessageKey.FINISHED_OVERDUE: gettext_noop("You are signed in. Your password is due: please change it soon."),
    MessageKey.CODE_REFUSED: gettext_noop("That code is not right, or it has expired. Check it, or ask for a new one."),
    MessageKey.CODE_MALFORMED: gettext_noop("A code has %(length)s digits. Please type it again."),
    MessageKey.CODE_WAIT: gettext_noop("A new code cannot be sent yet. Please wait a moment."),
    MessageKey.CODE_HELD: gettext_noop("There were too many wrong codes. Please wait a little before you try again."),
    MessageKey.METHOD_DISABLED: gettext_noop(
        "This way of signing in is switched off for you. Please ask your help desk."
    ),
    MessageKey.NUMBER_HELD: gettext_noop(
        "Your phone number was changed a short time ago, so no codes go to it yet. "
        "Sign in another way, or ask your help desk."
    ),
    MessageKey.APP_REFUSED: gettext_noop(
        "That code is not right, or it was used before. Wait for the next one that your app shows."
    ),
    MessageKey.APP_NOT_SET_UP: gettext_noop(
        "You have not set up an authenticator app. Sign in another way, or ask your help desk."
    ),
    MessageKey.HOTP_REFUSED: gettext_noop(
        "That code is not right, or it was used before. Press the button of your token for the next one."
    ),
    MessageKey.PLUGGED_REFUSED: gettext_noop(
        "That code is not right, or it was used before. Please take the next one."
    ),
    MessageKey.PLUGGED_MISSING: gettext_noop(
        "Nothing is set up here that makes such codes for you. Sign in another way, or ask your help desk."
    ),
    MessageKey.HOTP_MISSING: gettext_noop("You have no token. Sign in another way, or ask your help desk."),
    MessageKey.EMERGENCY_REFUSED: gettext_noop(
        "That emergency password is not right, or it is used up or too old. Check it, or ask your help desk."
    ),
    MessageKey.EMERGENCY_MISSING: gettext_noop(
        "You have no emergency password that is still good. Sign in another way, or ask your help desk."
    ),
    MessageKey.RECOVERY_REFUSED: gettext_noop("That code is not right, or it was used before. Take the next one."),
    MessageKey.RECOVERY_MALFORMED: gettext_noop("A recovery code has 16 letters and digits. Please type it again."),
    MessageKey.RECOVERY_MISSING: gettext_noop(
        "You have no recovery codes left. Sign in another way, or ask your help desk."
    ),
    MessageKey.CHAIN_UNKNOWN: gettext_noop("That is none of the ways to sign in here. Please choose one of them."),
    MessageKey.FAILED: gettext_noop("You could not be signed in. Please start again, or ask your help desk."),
}
"""A sentence for each outcome; `%(length)s` stands for the number of digits of a code."""
