"""What the help desk is told about callers, and what stands of it in the story of a person."""

from collections.abc import Mapping
from typing import Final

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from authsms.administration.callers import Judgement
from authsms.delivery.states import Withheld

_NOT_COMPARED: Final = lazy_gettext(
    "On the phone, %(by)s was told one more code after wrong ones; it was not compared."
)

_NEW: Final = lazy_gettext("Make sure that it really is the person, then issue a new emergency password.")
_TOO_EARLY: Final = lazy_gettext("Typed an emergency password after too many wrong ones; it was not checked.")

HAPPENINGS: Final[Mapping[str, tuple[str, LazyString, LazyString | str]]] = {
    "caller.asked": ("off", lazy_gettext("On the phone, %(by)s had a code sent."), ""),
    "caller.proven": ("good", lazy_gettext("On the phone, %(by)s was told the right code."), ""),
    "caller.refused:wrong-code": (
        "bad",
        lazy_gettext("On the phone, %(by)s was told a wrong code."),
        lazy_gettext("Somebody else may have called. Change nothing for a caller who cannot read out the code."),
    ),
    "caller.refused:closed": ("bad", lazy_gettext("On the phone, %(by)s was told a code that was too old."), ""),
    "caller.refused:held": ("wait", _NOT_COMPARED, ""),
    "caller.refused:disabled": ("bad", _NOT_COMPARED, ""),
    "method.removed:help-desk": ("wait", lazy_gettext("The authenticator app or token was removed by %(by)s."), ""),
    "passkey.removed:help-desk": ("wait", lazy_gettext("The passkeys were removed by %(by)s."), ""),
    "passkey.copied": (
        "bad",
        lazy_gettext("A passkey was refused because its counter has not grown: somebody may have a copy of it."),
        lazy_gettext("Remove the passkeys below, and have the person add them anew."),
    ),
    "recovery-codes.removed": ("wait", lazy_gettext("The recovery codes were made void by %(by)s."), ""),
    "number.changed": (
        "wait",
        lazy_gettext("The phone number was changed from %(old)s to %(new)s; hours it waits: %(hours)s."),
        lazy_gettext("Ask the person whether that is right, not by the new number."),
    ),
    "number.released": ("wait", lazy_gettext("The new phone number, %(new)s, was released by %(by)s."), ""),
    "number.asked": ("off", lazy_gettext("Had a code sent to a new number, %(new)s."), ""),
    "number.given": ("wait", lazy_gettext("Confirmed a new number for codes, %(new)s."), ""),
    "number.refused": ("bad", lazy_gettext("Typed a wrong code for a new number."), ""),
    "number.removed": ("wait", lazy_gettext("The number that the person had given was removed."), ""),
    "emergency.issued": ("wait", lazy_gettext("An emergency password was issued by %(by)s; uses: %(uses)s."), ""),
    "emergency.used": ("good", lazy_gettext("Used the emergency password; uses left: %(left)s."), ""),
    "emergency.revoked": ("off", lazy_gettext("The emergency password was taken back by %(by)s."), ""),
    "refused:code:unavailable": (
        "bad",
        lazy_gettext("Typed a code that could not be checked: the plug-in was away."),
        "",
    ),
    "refused:code:broken": ("bad", lazy_gettext("Typed a code at which the plug-in failed; the log says where."), ""),
    "refused:emergency:wrong-code": ("bad", lazy_gettext("Typed a wrong emergency password."), _NEW),
    "refused:emergency:used-up": ("bad", lazy_gettext("Typed an emergency password that was just used up."), _NEW),
    "refused:emergency:held": ("bad", _TOO_EARLY, ""),
    "refused:emergency:disabled": ("bad", _TOO_EARLY, ""),
    "refused:emergency:blocked": (
        "bad",
        lazy_gettext("The emergency password was right, but the person is blocked here."),
        "",
    ),
}
SPELLING: Final[Mapping[str, str]] = {
    word[0].lower(): word
    for word in (
        *("Bravo", "Charlie", "Delta", "Foxtrot", "Golf", "Hotel", "Juliett", "Kilo", "Mike", "November"),
        *("Papa", "Quebec", "Romeo", "Sierra", "Tango", "Victor", "Whiskey", "X-ray"),
    )
}
"""How letters are read out (ITU Radio Regulations, appendix 14)."""

NOTICES: Final = {
    "method.removed": lazy_gettext("Removed. The person is told, where a text or a mail can be sent."),
    "number.removed": lazy_gettext("Removed. Codes go to the number in the repository again."),
    "number.released": lazy_gettext("Released. Codes go to the new number from now on."),
    "password.demanded": lazy_gettext("At the next sign-in the person has to choose a new password."),
    "emergency.revoked": lazy_gettext("Taken back. It lets nobody in any more."),
    "caller.sent": lazy_gettext("A code is on its way. Ask the caller to read it out."),
    "caller.matches": lazy_gettext("The code matches: the caller has the phone on file."),
}
PROBLEMS: Final[Mapping[str, LazyString]] = {
    f"caller.{Judgement.DIFFERS}": lazy_gettext("The code does not match. Have it read out again, slowly."),
    f"caller.{Judgement.NO_CODE}": lazy_gettext("That is no code: it has digits only, and all of them."),
    f"caller.{Judgement.OVER}": lazy_gettext("That code was too old, used, or tried too often. Send a new one."),
    f"caller.{Judgement.HELD}": lazy_gettext("Too many wrong codes were read out. Nothing is compared for a while."),
    f"caller.{Withheld.NO_PHONE}": lazy_gettext("No code was sent: there is no number on file."),
    f"caller.{Withheld.COUNTRY_NOT_SERVED}": lazy_gettext(
        "No code was sent: this server sends no texts to that country."
    ),
    f"caller.{Withheld.NUMBER_LIMIT}": lazy_gettext(
        "No code was sent: this number had one a moment ago, or too many. The time of the next one stands below."
    ),
    f"caller.{Withheld.BUDGET}": lazy_gettext("No code was sent: the budget for texts is used up."),
    f"caller.{Withheld.OPTED_OUT}": lazy_gettext("No code was sent: the person wants no texts from this sender."),
    f"caller.{Withheld.NUMBER_CHANGED}": lazy_gettext(
        "No code was sent: the number was changed a short time ago, so it proves nothing yet."
    ),
    "person.unproven": lazy_gettext("First have a code sent, and compare what the caller reads out."),
    "emergency.self": lazy_gettext("Nobody issues an emergency password for himself."),
    "emergency.too-much": lazy_gettext("Nothing was issued: choose a time within what is allowed, and 1 to 10 uses."),
    "caller.limit": lazy_gettext("No code was sent: you have had too many sent within an hour."),
    "caller.self": lazy_gettext("You need not prove to yourself who you are."),
}
