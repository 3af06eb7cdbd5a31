"""Offers: their kinds, how an answer to one is weighed, and when somebody is asked again; the rules, and nothing else.

```mermaid
stateDiagram-v2
    [*] --> asked
    asked --> won: yes, and a place was left (first come, first served)
    asked --> late: yes, and no place was left
    asked --> willing: yes (the sender chooses)
    asked --> declined: no
    willing --> won: chosen
    willing --> lost: somebody else was, or nobody
```

Who answers has answered: a second answer changes nothing, whatever it says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from authsms.foundation.errors import InvalidInputError

MOST_PLACES: Final = 1000
MOST_ATTEMPTS: Final = 99
LONGEST_SPREAD: Final = timedelta(minutes=1440)
LONGEST_LIFE: Final = timedelta(hours=720)
_SHORTEST_PAUSE: Final = timedelta(seconds=30)


class OfferKind(StrEnum):
    """What is offered."""

    SHIFT = "shift"
    JOB = "job"
    ROSTER = "roster"
    SWAP = "swap"


class OfferMode(StrEnum):
    """Who gets what is offered."""

    FIRST = "first"
    CHOOSE = "choose"


class RecipientState(StrEnum):
    """Where somebody stands who is asked."""

    ASKED = "asked"
    DECLINED = "declined"
    WILLING = "willing"
    WON = "won"
    LATE = "late"
    LOST = "lost"


class OfferEnd(StrEnum):
    """How an offer ended; empty while it has not."""

    NONE = ""
    FILLED = "filled"
    CLOSED = "closed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class ReplyWay(StrEnum):
    """How an answer came."""

    TEXT = "text"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class OfferTerms:
    """What holds for an offer.

    Attributes:
        places: How many people are wanted.
        attempts: How often each person is asked who does not answer, at his contacts in turn.
        spread: The time over which these attempts are spread evenly.
        life: After that nobody can answer any more.
        is_enforced: A link is good only for the person it was sent to, signed in.
    """

    kind: OfferKind = OfferKind.SHIFT
    mode: OfferMode = OfferMode.FIRST
    places: int = 1
    attempts: int = 1
    spread: timedelta = timedelta(minutes=60)
    life: timedelta = timedelta(hours=24)
    is_enforced: bool = False

    @property
    def pause(self) -> timedelta:
        """The time between two attempts."""
        return self.spread / self.attempts


def check_terms(terms: OfferTerms) -> None:
    """Check that an offer can be made on these terms.

    Raises:
        InvalidInputError: It cannot; `field` says which of them is at fault.
    """
    minute = timedelta(minutes=1)
    if not 1 <= terms.places <= MOST_PLACES:
        raise InvalidInputError("An offer is for 1 to 1000 people.", field="places")
    if not 1 <= terms.attempts <= MOST_ATTEMPTS:
        raise InvalidInputError("People are asked 1 to 99 times.", field="attempts")
    if not minute <= terms.spread <= LONGEST_SPREAD:
        raise InvalidInputError("The attempts are spread over 1 to 1440 minutes.", field="spread")
    if not minute <= terms.life <= LONGEST_LIFE:
        raise InvalidInputError("An offer can be answered for a minute at least and 30 days at most.", field="life")
    if terms.attempts > 1 and terms.pause < _SHORTEST_PAUSE:
        raise InvalidInputError("There must be half a minute between two attempts.", field="attempts")
    if terms.attempts > 1 and terms.spread > terms.life:
        raise InvalidInputError("The attempts end after the offer does.", field="spread")


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """An offer that a number was texted about.

    Attributes:
        is_open: It can be answered.
        state: What the person has said so far.
    """

    number: int
    is_open: bool
    state: RecipientState


def which(offers: Sequence[OpenOffer], named: int | None) -> OpenOffer | Sequence[OpenOffer]:
    """Return the offer that a reply is about, or those it may be about.

    Args:
        offers: All that the number was texted about, newest first.
        named: The number in the reply, if there is one.
    """
    if named is not None:
        return next((one for one in offers if one.number == named), waiting(offers))
    unanswered = waiting(offers)
    if len(unanswered) > 1:
        return unanswered
    return next(iter(unanswered or offers), unanswered)


def waiting(offers: Sequence[OpenOffer]) -> Sequence[OpenOffer]:
    """Return those that can be answered and have not been."""
    return [one for one in offers if one.is_open and one.state is RecipientState.ASKED]
