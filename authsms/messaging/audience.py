"""Whom a notice reaches, and why not; the rules, and nothing else."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from authsms.contacts.agreement import ContactState
from authsms.foundation.errors import InvalidInputError

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class Left(StrEnum):
    """Why somebody gets nothing."""

    GONE = "no such person any more, or switched off"
    NO_CONTACT = "has named no number"
    UNCONFIRMED = "has confirmed no number"
    STOPPED = "has ended texts by STOP"
    COUNTRY = "a country that is not texted"
    SAME_NUMBER = "somebody else gets it at the same number"


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
