"""The story of a person in words that a help desk reads out: what happened, why, and what to do next."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from authsms.contacts.agreement import METHOD
from authsms.portals.admin import contacts_words, helpdesk_words

_Told: TypeAlias = tuple[str, LazyString, LazyString | str]
"""Good, bad, wait or off; the sentence; the next step, or nothing."""

_AGAIN: Final = lazy_gettext("Ask the person to sign in again.")
_DIRECTORY: Final = lazy_gettext("Put it right in the directory.")
_SETTINGS: Final = lazy_gettext("Look at the sender policy, and tell whoever looks after it.")
_RESET: Final = lazy_gettext("Help the person to reset the password where passwords are kept.")
_UNLOCK: Final = lazy_gettext("Make sure that it really is the person, then unlock the codes below.")
_REBIND: Final = lazy_gettext("Make sure that it really is the person, then switch the codes on again below.")
_NEW_NUMBER: Final = lazy_gettext(
    "Make sure in another way that it really is the person, not by the new number; then release the number below."
)
_WAIT: Final = lazy_gettext("Wait a moment, then load this page again.")
_READ_CODE: Final = lazy_gettext("Let the person read the newest text slowly; older codes are dead.")

HAPPENINGS: Final[Mapping[str, _Told]] = {
    "logon.started": ("off", lazy_gettext("Began to sign in to %(event)s."), ""),
    "logon.chain-chosen": ("off", lazy_gettext("Chose another way to sign in: %(chain)s."), ""),
    "logon.method-passed": ("good", lazy_gettext("The first proof was right."), ""),
    "logon.finished": ("good", lazy_gettext("Signed in to %(event)s."), ""),
    "logon.cancelled": ("off", lazy_gettext("Gave up."), _AGAIN),
    "logon.limited": (
        "bad",
        lazy_gettext("Too many passwords were tried from this address; it has to wait ten minutes."),
        _RESET,
    ),
    "refused:password:wrong": ("bad", lazy_gettext("Typed a wrong password."), _RESET),
    "refused:password:unknown-person": (
        "bad",
        lazy_gettext("Nobody has this user name."),
        lazy_gettext("Check the spelling, and whether the name needs the name of a repository in front."),
    ),
    "refused:password:locked": ("bad", lazy_gettext("The directory has locked the account."), _DIRECTORY),
    "refused:password:disabled": ("bad", lazy_gettext("The directory has switched the account off."), _DIRECTORY),
    "refused:password:account-expired": ("bad", lazy_gettext("The account has ended."), _DIRECTORY),
    "refused:password:password-expired": ("bad", lazy_gettext("The password is too old."), _RESET),
    "refused:password:must-change": ("bad", lazy_gettext("The password must be changed first."), _RESET),
    "refused:password:not-asked": ("bad", lazy_gettext("The password could not be changed any more."), _AGAIN),
    "refused:password:impossible": ("bad", lazy_gettext("The directory lets nobody change this password."), _RESET),
    "password.overdue": ("wait", lazy_gettext("The password was right, but has to be changed."), ""),
    "password.changed": ("good", lazy_gettext("Changed the password."), ""),
    "password.refused": ("bad", lazy_gettext("The new password was refused: %(reason)s."), _AGAIN),
    "password.change-demanded": (
        "off",
        lazy_gettext("The password has to be changed at the next sign-in; %(by)s wants it so."),
        "",
    ),
    "refused:password:outside-hours": (
        "bad",
        lazy_gettext("The directory allows no sign-in at this hour."),
        _DIRECTORY,
    ),
    "refused:password:wrong-workstation": (
        "bad",
        lazy_gettext("The directory allows no sign-in from here."),
        _DIRECTORY,
    ),
    "refused:password:blocked": (
        "bad",
        lazy_gettext("The password was right, but the person is blocked here."),
        lazy_gettext("If the reason is gone, let the person in again below."),
    ),
    "refused:code:wrong-code": ("bad", lazy_gettext("Typed a wrong code."), _READ_CODE),
    "refused:code:used-code": ("bad", lazy_gettext("Typed a code that was used before."), _READ_CODE),
    "refused:code:held": ("bad", lazy_gettext("Tried again too early after wrong codes; it was not checked."), _UNLOCK),
    "refused:code:disabled": ("bad", lazy_gettext("Typed a code although codes are switched off."), _REBIND),
    "refused:code:closed": ("bad", lazy_gettext("Typed a code that was too old or replaced."), _READ_CODE),
    "refused:code:not-open": ("bad", lazy_gettext("Typed a code that had just been used or replaced."), _READ_CODE),
    "refused:code:blocked": ("bad", lazy_gettext("The code was right, but the person is blocked here."), ""),
    "method.held": ("wait", lazy_gettext("Wrong codes in a row: %(failures)s. The next try has to wait."), _UNLOCK),
    "method.disabled": ("bad", lazy_gettext("Codes were switched off after %(failures)s wrong ones."), _REBIND),
    "method.unlocked": ("good", lazy_gettext("Wrong codes were forgiven by %(by)s."), ""),
    "method.re-bound": ("good", lazy_gettext("Codes were switched on again by %(by)s."), ""),
    "method.set-up": ("good", lazy_gettext("Set up an authenticator app."), ""),
    "method.removed": ("off", lazy_gettext("Removed the authenticator app."), ""),
    "method.assigned": ("good", lazy_gettext("Was given a token."), ""),
    "method.synchronised": ("off", lazy_gettext("Brought the token into step again."), ""),
    "method.tried": ("off", lazy_gettext("Tried a code of the authenticator app on its page."), ""),
    "recovery-codes.made": ("off", lazy_gettext("Made new recovery codes."), ""),
    "refused:passkey:wrong-code": ("bad", lazy_gettext("Used a passkey that is not good here."), ""),
    "refused:passkey:held": ("bad", lazy_gettext("Used a passkey too early after wrong ones."), _UNLOCK),
    "refused:passkey:disabled": ("bad", lazy_gettext("Used a passkey although passkeys are switched off."), _REBIND),
    "refused:passkey:blocked": ("bad", lazy_gettext("The passkey was right, but the person is blocked here."), ""),
    "passkey.added": ("good", lazy_gettext("Added a passkey."), ""),
    "passkey.renamed": ("off", lazy_gettext("Renamed a passkey."), ""),
    "passkey.removed": ("off", lazy_gettext("Removed a passkey."), ""),
    "challenge.issued:first": ("off", lazy_gettext("A code was made."), ""),
    "challenge.issued:again": ("off", lazy_gettext("A new code was made; the one before is dead."), ""),
    "message.accepted": ("good", lazy_gettext("%(service)s took the text."), ""),
    "message.delivered": ("good", lazy_gettext("%(service)s reported that the text arrived."), ""),
    "message.cancelled": ("off", lazy_gettext("A text was cancelled."), ""),
    "message.sent-again": ("off", lazy_gettext("A new code was sent on an administrator's wish."), ""),
    "message.failed:refused": (
        "bad",
        lazy_gettext("%(service)s refused the text: %(code)s."),
        lazy_gettext("Open the message for the provider's advice."),
    ),
    "message.failed:opted-out": (
        "bad",
        lazy_gettext("%(service)s refused the text: the person had texted STOP."),
        lazy_gettext("The person texts START to the number the codes come from."),
    ),
    "message.failed:configuration": ("bad", lazy_gettext("Every sender service refused the text."), _SETTINGS),
    "message.failed:no-service": ("bad", lazy_gettext("No sender service may carry the text."), _SETTINGS),
    "message.failed:not-taken": ("bad", lazy_gettext("No provider took the text in time."), _SETTINGS),
    "message.failed:undelivered": (
        "bad",
        lazy_gettext("The carrier could not deliver the text: %(code)s."),
        lazy_gettext("Check the number, and whether the phone is on and has coverage."),
    ),
    "message.failed:unreadable": ("bad", lazy_gettext("The stored text could not be opened."), _AGAIN),
    "message.unknown:in-doubt": ("wait", lazy_gettext("A provider may have taken the text; it never said."), _AGAIN),
    "message.stale:expired": ("bad", lazy_gettext("The text was not sent in time."), _AGAIN),
    "message.stale:superseded": ("off", lazy_gettext("The text was not sent: a newer one took its place."), ""),
    "message.stale:cancelled": ("off", lazy_gettext("The text was cancelled before it was sent."), ""),
    "message.withheld:unknown-person": ("bad", lazy_gettext("No text was sent: nobody has this name."), ""),
    "message.withheld:no-phone": (
        "bad",
        lazy_gettext("No text was sent: the directory has no phone number."),
        lazy_gettext("Write the mobile number into the directory, with its country code."),
    ),
    "message.withheld:account-unusable": (
        "bad",
        lazy_gettext("No text was sent: the account is switched off or blocked."),
        _DIRECTORY,
    ),
    "message.withheld:number-changed": (
        "wait",
        lazy_gettext("No text was sent: the phone number was changed, and waits."),
        _NEW_NUMBER,
    ),
    "message.withheld:method-unusable": ("bad", lazy_gettext("No text was sent: too many wrong codes."), _UNLOCK),
    "message.withheld:country-not-served": (
        "bad",
        lazy_gettext("No text was sent: this server sends none to that country."),
        lazy_gettext("Check the number; whoever runs the server can allow the country."),
    ),
    "message.withheld:number-limit": (
        "wait",
        lazy_gettext("No text was sent: this number had too many already."),
        lazy_gettext("Wait until the limit allows the next text; the time stands on this page."),
    ),
    "message.withheld:budget": ("bad", lazy_gettext("No text was sent: the budget is used up."), _SETTINGS),
    "message.withheld:opted-out": (
        "bad",
        lazy_gettext("No text was sent: the person had texted STOP."),
        lazy_gettext("The person texts START to the number the codes come from."),
    ),
    "session.ended": ("off", lazy_gettext("A session ended."), ""),
    "sessions.ended": ("off", lazy_gettext("Was signed out everywhere by %(by)s."), ""),
    "people.blocked": ("bad", lazy_gettext("Was blocked by %(by)s: %(reason)s"), ""),
    "people.unblocked": ("good", lazy_gettext("Was let in again by %(by)s."), ""),
    "people.exported": ("off", lazy_gettext("What is known of the person was handed out by %(by)s."), ""),
    "people.erased": ("off", lazy_gettext("What was known of the person was erased by %(by)s: %(reason)s"), ""),
    **helpdesk_words.HAPPENINGS,
    **contacts_words.HAPPENINGS,
}

CONCLUSIONS: Final[Mapping[str, _Told]] = {
    **{word: told for word, told in HAPPENINGS.items() if word.startswith("refused:") or word == "logon.limited"},
    "blocked": (
        "bad",
        lazy_gettext("Blocked here by %(by)s: %(why)s"),
        lazy_gettext("If the reason is gone, let the person in again below."),
    ),
    "switched-off": ("bad", lazy_gettext("The account is switched off or has ended in %(repository)s."), _DIRECTORY),
    "method-off": ("bad", lazy_gettext("Codes are switched off after %(failures)s wrong ones in a row."), _REBIND),
    "held": (
        "wait",
        lazy_gettext("After %(failures)s wrong codes in a row the next one is looked at from %(until)s on."),
        _UNLOCK,
    ),
    "nobody": (
        "bad",
        lazy_gettext("No repository knows %(login)s."),
        lazy_gettext("Check the spelling, and whether the name needs the name of a repository in front."),
    ),
    "no-phone": (
        "bad",
        lazy_gettext("There is no phone number in %(repository)s."),
        lazy_gettext("Write the mobile number into the directory, with its country code."),
    ),
    "unreachable": (
        "wait",
        lazy_gettext("The directory does not answer, and nothing else is known."),
        lazy_gettext("Tell whoever looks after the directory, then load this page again."),
    ),
    "nothing": (
        "off",
        lazy_gettext("No sign-in has reached this server in the time shown."),
        lazy_gettext("Check that the person is on the right page; look at a longer time below."),
    ),
    "only-begun": ("wait", lazy_gettext("Began to sign in at %(at)s, and typed no password yet."), _AGAIN),
    "half-way": ("wait", lazy_gettext("The first proof was right at %(at)s; no second one was given."), _AGAIN),
    "logon.cancelled": ("off", lazy_gettext("The person gave up at %(at)s, before a code was sent."), _AGAIN),
    "signed-in": ("good", lazy_gettext("The last sign-in went well, at %(at)s."), ""),
    "waiting": ("wait", lazy_gettext("The code waits since %(queued_at)s; no provider has been asked yet."), _WAIT),
    "being-tried": (
        "wait",
        lazy_gettext("The code is not out yet: %(service)s has not taken it in %(attempts)s attempts. %(advice)s"),
        _WAIT,
    ),
    "delivered:wrong-codes": (
        "bad",
        lazy_gettext("The code was delivered at %(at)s; the person typed a wrong code %(times)s."),
        _READ_CODE,
    ),
    "delivered:too-late": (
        "bad",
        lazy_gettext("The code was delivered at %(at)s, but typed too late or after a newer one."),
        _READ_CODE,
    ),
    "delivered:not-typed": (
        "wait",
        lazy_gettext("The code was delivered at %(at)s; nobody has typed it."),
        lazy_gettext("Ask which phone the person looks at: the number ends as shown on this page."),
    ),
    "delivered:cancelled": ("off", lazy_gettext("The code was delivered at %(at)s; the person gave up."), _AGAIN),
    "taken:wrong-codes": (
        "bad",
        lazy_gettext("%(service)s took the code at %(at)s; the person typed a wrong code %(times)s."),
        _READ_CODE,
    ),
    "taken:too-late": (
        "bad",
        lazy_gettext("%(service)s took the code at %(at)s, but it was typed too late or after a newer one."),
        _READ_CODE,
    ),
    "taken:not-typed": (
        "wait",
        lazy_gettext("%(service)s took the code at %(at)s and has not said whether it arrived."),
        lazy_gettext("Ask whether the phone is on and has coverage, and whether the number is right."),
    ),
    "taken:cancelled": ("off", lazy_gettext("%(service)s took the code at %(at)s; the person gave up."), _AGAIN),
    "failed:refused": ("bad", lazy_gettext("%(service)s refused the code: %(code)s. %(advice)s"), ""),
    "failed:opted-out": (
        "bad",
        lazy_gettext("%(service)s refused the code: %(code)s, the person had texted STOP."),
        lazy_gettext("The person texts START to the number the codes come from."),
    ),
    "failed:configuration": ("bad", lazy_gettext("%(service)s refused the code: %(code)s. %(advice)s"), _SETTINGS),
    "failed:no-service": ("bad", lazy_gettext("No sender service may carry a code to this number."), _SETTINGS),
    "failed:not-taken": ("bad", lazy_gettext("No provider took the code: %(code)s. %(advice)s"), _SETTINGS),
    "failed:undelivered": (
        "bad",
        lazy_gettext("The carrier could not deliver the code: %(code)s. %(advice)s"),
        lazy_gettext("Check the number, and whether the phone is on and has coverage."),
    ),
    "failed:unreadable": ("bad", lazy_gettext("The stored code could not be opened any more."), _AGAIN),
    "unknown:in-doubt": (
        "wait",
        lazy_gettext("%(service)s may have taken the code; it never answered. %(advice)s"),
        _AGAIN,
    ),
    "stale:expired": ("bad", lazy_gettext("The code was not sent in time."), _SETTINGS),
    "stale:superseded": ("off", lazy_gettext("The code was replaced before it was sent."), _AGAIN),
    "stale:cancelled": ("off", lazy_gettext("An administrator cancelled the code."), _AGAIN),
    **{
        word.removeprefix("message."): told for word, told in HAPPENINGS.items() if word.startswith("message.withheld:")
    },
}

UNTOLD: Final = ("wait", lazy_gettext("Read below what happened, newest first."), "")
"""For what nobody has written a sentence for."""

METHODS: Final = {
    "SMS_OTP:1": lazy_gettext("Codes by text message"),
    "TOTP:1": lazy_gettext("Codes of an authenticator app"),
    "HOTP:1": lazy_gettext("Codes of a token that counts"),
    "EMERG_PASSWORD:1": lazy_gettext("Emergency passwords"),
    "CALLER:1": lazy_gettext("Codes read out to the help desk"),
    METHOD: lazy_gettext("Codes that confirm contacts"),
    "OWN_NUMBER:1": lazy_gettext("Codes that confirm own numbers"),
    "RECOVERY_CODE:1": lazy_gettext("Recovery codes"),
    "FIDO2:1": lazy_gettext("Passkeys"),
}
NOTICES: Final = {
    **helpdesk_words.NOTICES,
    "person.unlocked": lazy_gettext("Unlocked. The next code is looked at at once."),
    "person.re-bound": lazy_gettext("Codes are switched on again."),
    "person.signed-out": lazy_gettext("Signed out everywhere."),
    "person.blocked": lazy_gettext("Blocked, and signed out everywhere."),
    "person.unblocked": lazy_gettext("Let in again."),
}
PROBLEMS: Final = {
    **helpdesk_words.PROBLEMS,
    "person.too-late": lazy_gettext("Nothing was done: somebody else was faster, or there is nothing to do."),
    "person.no-reason": lazy_gettext("Say why, in 300 characters at most."),
}
