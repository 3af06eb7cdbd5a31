"""Whom a notice reaches, and why not; the rules, and nothing else."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from authsms.contacts.agreement import ContactState
from authsms.foundation.errors import InvalidInputError

MOST_LOGINS: Final = 1000
"""People who can be named one by one; more of them are a group."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LONGEST_WORD: Final = 256


class Left(StrEnum):
    """Why somebody gets nothing."""

    GONE = "no such person any more, or switched off"
    NO_CONTACT = "has named no number"
    UNCONFIRMED = "has confirmed no number"
    STOPPED = "has ended texts by STOP"
    COUNTRY = "a country that is not texted"
    SAME_NUMBER = "somebody else gets it at the same number"
    UNKNOWN = "nobody of that name"
    UNREADABLE = "has a number that cannot be read any more"
    OPTED_OUT = "has ended texts of the sender by STOP"


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom somebody wants to reach: people by name, or those of a repository who have a contact.

    Attributes:
        group: Of the repository only its members; empty for all.
        logins: As they were typed, each once.
    """

    repository: str = ""
    group: str = ""
    logins: tuple[str, ...] = ()


def checked_audience(audience: Audience) -> Audience:
    """Return an audience that says whom it means.

    Raises:
        InvalidInputError: It does not, or names too many.
    """
    if bool(audience.logins) == bool(audience.repository) or (audience.group and not audience.repository):
        raise InvalidInputError("Say whom it is for: people, or a repository.", field="audience")
    if len(audience.logins) > MOST_LOGINS:
        raise InvalidInputError("Name up to %(most)s people; more are a group.", field="audience", most=MOST_LOGINS)
    if any(len(word) > _LONGEST_WORD for word in (*audience.logins, audience.repository, audience.group)):
        raise InvalidInputError("That is no name.", field="audience")
    return audience


def choose(states: Sequence[ContactState]) -> int | Left:
    """Return the place of the contact to text, the first live one in its owner's order, or why there is none."""
    for place, state in enumerate(states):
        if state is ContactState.VERIFIED:
            return place
    if ContactState.STOPPED in states:
        return Left.STOPPED
    return Left.UNCONFIRMED if states else Left.NO_CONTACT


def is_name(name: str) -> bool:
    """Return whether a notice can be called that."""
    return _NAME.fullmatch(name) is not None


def checked_name(name: str) -> str:
    """Return the name of a notice: short, and fit for a file name.

    Raises:
        InvalidInputError: It is not.
    """
    if not is_name(name):
        raise InvalidInputError("A notice is called by up to 40 small letters, digits and hyphens.", field="name")
    return name


def reference_of(name: str) -> str:
    """Return what the texts of a notice refer to."""
    return f"notice:{name}"
