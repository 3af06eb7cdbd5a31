"""What an event does about a password that is right, but that its repository wants changed."""

from enum import StrEnum


class OverdueRule(StrEnum):
    """What an administrator has chosen for an event.

    `DENY` refuses it like a wrong one; `ASK` has it changed on the spot, where door and repository can do that; `ALLOW`
    lets the person on with a reminder.
    """

    DENY = "deny"
    ASK = "ask"
    ALLOW = "allow"
