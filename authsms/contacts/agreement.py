"""When a contact may be texted: the rules, and nothing else.

A contact is a number somebody has named. It is live, and is sent notices and offers, only after its owner has ticked
it, was texted a code there, and has typed that code. Whatever ends this, a tick taken away, a STOP, another number,
leads back to the tick and a new code; a START only lifts the block.

```mermaid
stateDiagram-v2
    [*] --> idle
    idle --> asked: ticked, a code is on its way
    stopped --> asked: ticked again
    asked --> asked: another code
    asked --> verified: the code came back
    asked --> idle: given up, or another number
    verified --> idle: tick taken away, or another number
    idle --> stopped: STOP
    asked --> stopped: STOP
    verified --> stopped: STOP
    stopped --> idle: another number
```
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

METHOD: Final = "CONTACT:1"
"""The name under which the codes of contacts, and wrong ones in a row, are kept: apart from those of logons."""
MOST_CONTACTS: Final = 10
"""Contacts a person may have."""
LONGEST_WORDING: Final = 500
LONGEST_SOURCE: Final = 200


class ContactKind(StrEnum):
    """What sort of number it is."""

    MOBILE = "mobile"
    PHONE = "phone"
    HOME = "home"
    WORK = "work"


class ContactState(StrEnum):
    """Whether a contact may be texted; only `VERIFIED` ones may."""

    IDLE = "idle"
    ASKED = "asked"
    VERIFIED = "verified"
    STOPPED = "stopped"


class ConsentAct(StrEnum):
    """What a consent record tells."""

    GIVEN = "given"
    IMPORTED = "imported"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"


TICKABLE: Final = (ContactState.IDLE, ContactState.ASKED, ContactState.STOPPED)
"""States in which a code may be asked for."""

_WORDINGS: Final[Mapping[str, str]] = {
    "en": "I agree that {host} texts notices and offers to this number. It is not a condition of anything. "
    "I can end it here at any time, or by texting STOP; HELP gets help. My carrier may charge for texts.",
    "de": "Ich bin einverstanden, dass {host} Mitteilungen und Angebote per SMS an diese Nummer sendet. Es ist an "
    "keine Bedingung geknüpft. Ich kann es hier jederzeit beenden oder mit STOP; HILFE hilft. SMS können etwas kosten.",
}
_CODE_TEXTS: Final[Mapping[str, str]] = {
    "en": "{host}: {otp} is your code to get texts here, valid {minutes} min. HELP for help, STOP to end all texts.",
    "de": "{host}: {otp} ist Ihr Code, um hier SMS zu erhalten ({minutes} Min. gültig). HILFE hilft, STOP beendet.",
}


def wording(locale: str, host: str) -> str:
    """Return what somebody agrees to by the tick; it is kept with the consent, word by word."""
    return _WORDINGS.get(locale, _WORDINGS["en"]).format(host=host)


def code_text(locale: str) -> str:
    """Return the template of the text that takes a code to a contact; it names the sender, HELP and STOP."""
    return _CODE_TEXTS.get(locale, _CODE_TEXTS["en"])


def language(locale: str) -> str:
    """Return the language in which somebody asked for *locale* is texted."""
    return locale if locale in _WORDINGS else "en"
