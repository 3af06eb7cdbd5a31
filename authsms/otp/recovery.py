"""The spelling of recovery codes: what is written on paper, and what people make of it when they type it.

The letters are those of Crockford's base 32: no I, L, O and U, and whoever types one of the first three gets the digit
that it looks like. Pure: randomness is a parameter.
"""

import base64
import unicodedata
from typing import Final

CODE_BYTES: Final = 10
"""80 bits; NIST SP 800-63B-4, 4.2.1 asks for 64."""

CODE_LENGTH: Final = 16
_GROUP: Final = 4
_LONGEST_SPELLING: Final = 64
_STANDARD: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_OURS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SPELL: Final = str.maketrans(_STANDARD, _OURS)
_TAKEN_FOR: Final = str.maketrans("OIL", "011")
_SEPARATORS: Final = frozenset(" \t\r\n-\u00a0\u2007\u2009\u202f\u2010\u2011\u2012\u2013\u2014\u2212")


def spell_recovery_code(drawn: bytes) -> str:
    """Return the code made of `CODE_BYTES` random bytes, without separators."""
    if len(drawn) != CODE_BYTES:
        raise ValueError(f"a recovery code is made of {CODE_BYTES} bytes")
    return base64.b32encode(drawn).decode("ascii").translate(_SPELL)


def in_groups(code: str) -> str:
    """Return a code as it is printed, ``7K2M-9QXD-…``."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def canonical_recovery_code(text: object) -> str | None:
    """Return a typed code as it was drawn, or None when it is nothing of the kind."""
    if not isinstance(text, str) or len(text) > _LONGEST_SPELLING:
        return None
    folded = unicodedata.normalize("NFKC", text).upper().translate(_TAKEN_FOR)
    marks = [_digit(mark) for mark in folded if mark not in _SEPARATORS]
    return "".join(marks) if len(marks) == CODE_LENGTH and all(mark in _OURS for mark in marks) else None


def _digit(mark: str) -> str:
    digit = unicodedata.decimal(mark, None)
    return mark if digit is None else str(digit)
