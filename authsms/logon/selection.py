"""Whether people choose among the chains of an event."""

from enum import StrEnum


class Selection(StrEnum):
    """What an administrator has chosen for an event.

    `OPTIONAL` begins the first chain that serves the person, who may choose another one; `ON` asks which one as soon as
    the chains part, and before that no code is sent; `OFF` begins the first one and takes no other.
    """

    OPTIONAL = "optional"
    ON = "on"
    OFF = "off"
