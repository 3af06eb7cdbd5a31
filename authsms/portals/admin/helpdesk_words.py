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
}
NOTICES: Final = {
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
    "caller.limit": lazy_gettext("No code was sent: you have had too many sent within an hour."),
    "caller.self": lazy_gettext("You need not prove to yourself who you are."),
}
