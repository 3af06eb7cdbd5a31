"""What kinds of factors the words of RFC 8176 stand for; the rule, and nothing else."""

from collections.abc import Iterable
from typing import Final

_KNOWN: Final = frozenset({"pwd", "pin", "kba"})
_HELD: Final = frozenset({"otp", "sms", "tel", "hwk", "swk", "sc"})
_SEVERAL: Final = "mfa"


def has_knowledge(words: Iterable[str]) -> bool:
    """Tell whether something known took part."""
    return bool(_KNOWN & set(words))


def is_known(words: Iterable[str]) -> bool:
    """Tell whether any of the words stands for a factor."""
    return bool((_KNOWN | _HELD) & set(words))


def has_two_factors(words: Iterable[str]) -> bool:
    """Tell whether something known and something held took part; two things of one kind are one factor."""
    proven = set(words)
    return _SEVERAL in proven or bool(_KNOWN & proven and _HELD & proven)
