"""What the steps of a directory's test can find out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class StepName(StrEnum):
    """The steps, in their order."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    TLS = "tls"
    BIND = "bind"
    SEARCH = "search"
    PERSON = "person"


class Finding(StrEnum):
    """What a step found out; whatever is neither in `GOOD` nor in `DOUBTFUL` ends the test of a server."""

    RESOLVED = "resolved"
    NO_SUCH_NAME = "no-such-name"
    TOO_SLOW = "too-slow"
    CONNECTED = "connected"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TLS_ACCEPTED = "tls-accepted"
    TLS_EXPIRED = "tls-expired"
    TLS_OTHER_NAME = "tls-other-name"
    TLS_UNTRUSTED = "tls-untrusted"
    TLS_FAILED = "tls-failed"
    PLAIN = "plain"
    BOUND = "bound"
    BOUND_NAMELESS = "bound-nameless"
    WRONG_PASSWORD = "wrong-password"  # noqa: S105 - a word of the vocabulary, not a password
    BIND_REFUSED = "bind-refused"
    BASE_FOUND = "base-found"
    BASE_MISSING = "base-missing"
    SEARCH_REFUSED = "search-refused"
    PERSON_FOUND = "person-found"
    PERSON_WITHOUT_NUMBER = "person-without-number"
    PERSON_NONE = "person-none"
    PERSON_SEVERAL = "person-several"
    PERSON_UNUSABLE = "person-unusable"


DOUBTFUL: Final = frozenset({Finding.PLAIN, Finding.BOUND_NAMELESS, Finding.PERSON_NONE, Finding.PERSON_WITHOUT_NUMBER})
GOOD: Final = frozenset(
    {
        Finding.RESOLVED,
        Finding.CONNECTED,
        Finding.TLS_ACCEPTED,
        Finding.BOUND,
        Finding.BASE_FOUND,
        Finding.PERSON_FOUND,
    }
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step and its result.

    Attributes:
        facts: What belongs to the finding, by name: addresses, names of a certificate, a masked number.
    """

    name: StepName
    finding: Finding
    seconds: float
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return self.finding in GOOD

    @property
    def is_bad(self) -> bool:
        """Whether the test of the server ended here."""
        return self.finding not in GOOD and self.finding not in DOUBTFUL


@dataclass(frozen=True, slots=True)
class ServerReport:
    """How far the test of one server came."""

    server: str
    steps: Sequence[Step]

    @property
    def is_usable(self) -> bool:
        """Whether every step went well enough for people to log in."""
        return len(self.steps) == len(StepName) and not any(step.is_bad for step in self.steps)
