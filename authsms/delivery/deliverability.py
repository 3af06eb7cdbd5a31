"""When a service that takes texts and does not deliver them is demoted; the rules only.

A provider may accept everything and deliver nothing, and no answer of its will tell. Its reports do: the part of its
texts to one country that is reported as delivered is compared with what that part has been, and with what other
services achieve in that country at the same time. Where others do no better, the trouble lies elsewhere, and nothing is
gained by changing the order. A fall by half has to be clear of chance, too: three standard deviations, and ten texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import sqrt
from typing import Final

FEWEST: Final = 10
"""Texts that have to be known before anything is said about them."""

FEWEST_BEFORE: Final = 30
FIRST_PAUSE: Final = timedelta(minutes=15)
LONGEST_PAUSE: Final = timedelta(hours=4)
_HALF: Final = 0.5
_GOOD: Final = 0.8
_FAIR: Final = 0.3
_DEVIATIONS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Count:
    """Texts a service has taken, and what it has said about them within minutes."""

    accepted: int = 0
    reported: int = 0
    delivered: int = 0

    def __add__(self, other: "Count") -> "Count":
        """Return both together."""
        return Count(self.accepted + other.accepted, self.reported + other.reported, self.delivered + other.delivered)

    @property
    def rate(self) -> float:
        """The part that is reported as delivered."""
        return self.delivered / self.accepted if self.accepted else 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about one service in one country.

    Attributes:
        newest: By minute, newest first.
        before: The day before those.
        others: Other services in that country in the same minutes.
    """

    newest: Sequence[Count]
    before: Count
    others: Count

    @property
    def present(self) -> Count:
        """The newest texts, as few minutes as give enough of them: what has changed shows soon."""
        total = Count()
        for minute in self.newest:
            total += minute
            if total.accepted >= FEWEST:
                break
        return total


def is_failing(evidence: Evidence) -> bool:
    """Tell whether a service takes texts and does not deliver them."""
    present = evidence.present
    if present.accepted < FEWEST or not evidence.before.reported + present.reported:
        return False
    expected = _expected(evidence)
    return bool(expected) and all(_is_far_below(present, rate) for rate in expected)


def has_recovered(evidence: Evidence) -> bool:
    """Tell whether a service that carries texts while it is demoted delivers them again."""
    present = evidence.present
    expected = _expected(evidence)
    return present.accepted >= FEWEST and bool(expected) and present.rate >= _GOOD * min(expected)


def words(country: str, evidence: Evidence) -> str:
    """Return the reason of a demotion, for administrators."""
    present, before, others = evidence.present, evidence.before, evidence.others
    said = f"{present.delivered} of {present.accepted} texts to {country} arrived"
    if before.accepted >= FEWEST_BEFORE:
        said += f"; {before.rate:.0%} the day before"
    if others.accepted >= FEWEST:
        said += f"; {others.rate:.0%} through others"
    return said


def next_pause(last: timedelta) -> timedelta:
    """Return how long a service is demoted that was demoted for *last* the time before, or zero."""
    return min(max(last * 2, FIRST_PAUSE), LONGEST_PAUSE)


def _expected(evidence: Evidence) -> list[float]:
    """Return the rates to compare with; what is poor itself is no measure."""
    known = [(evidence.before, FEWEST_BEFORE), (evidence.others, FEWEST)]
    rates = [count.rate for count, fewest in known if count.accepted >= fewest]
    return [] if any(rate < _FAIR for rate in rates) else rates


def _is_far_below(present: Count, expected: float) -> bool:
    deviation = sqrt(present.accepted * expected * (1 - expected))
    is_no_chance = present.delivered < present.accepted * expected - _DEVIATIONS * deviation
    return present.rate < _HALF * expected and is_no_chance
