"""Typed names: one spelling for what people type, and a refusal of what only looks like a name.

Directories ignore case, some white space and characters of zero width when they compare (RFC 4518), so ``alice``,
``ALICE``, `` alice `` and ``alice<zero width space>`` may all match one entry. Counters are therefore kept under the
entry's immutable id, and what cannot be told apart by eye is refused before anybody is asked.
"""

import unicodedata

from authsms.foundation.errors import InvalidInputError

LONGEST_NAME = 256
LONGEST_PASSWORD_BYTES = 1024
_FEWEST_DIGITS = 4
_TELLING_DIGITS = 7

# Ignored or shown as nothing, yet not in a control category (Unicode, Default_Ignorable_Code_Point; RFC 4518, 2.2).
_INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u1806\u2800\u3164\uffa0\ufffc\ufffd"
    + "".join(map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)


def canonical_name(typed: str) -> str:
    """Return *typed* in Unicode form NFKC, trimmed, with single spaces inside; case is kept.

    Raises:
        InvalidInputError: It is empty, too long, or holds control, unassigned or invisible characters.
    """
    if typed.isascii() and typed.isalnum() and len(typed) <= LONGEST_NAME:
        return typed  # nothing to look for, and what most people are called
    if len(typed) > LONGEST_NAME or any(mark in _INVISIBLE for mark in typed):
        raise InvalidInputError("That is not a user name.", field="login")
    name = " ".join(part for part in unicodedata.normalize("NFKC", typed).strip().split(" ") if part)
    if not name or len(name) > LONGEST_NAME or any(_is_odd(mark) for mark in name):
        raise InvalidInputError("That is not a user name.", field="login")
    return name


def visible_part(typed: str) -> str:
    """Return what people see of *typed*, to begin a field with; it need not be a name either."""
    return " ".join("".join(mark for mark in typed[:LONGEST_NAME] if not _is_odd(mark)).split())


def comparable(name: str) -> str:
    """Return the form under which names that differ in case only are one and the same."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def is_acceptable_password(password: object) -> bool:
    """Return whether *password* may be shown to a repository at all: text, not blank, no NUL, not oversized."""
    if not isinstance(password, str) or not password.strip() or "\0" in password:
        return False
    try:
        return len(password.encode()) <= LONGEST_PASSWORD_BYTES
    except UnicodeEncodeError:
        return False


def plain_text(text: str, longest: int) -> str:
    """Return *text* for showing: one line, nothing that controls or turns the direction, at most *longest* long."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())[:longest]
    shown = "".join(" " if mark.isspace() else mark for mark in text[: longest * 4])
    visible = "".join(mark for mark in shown if not unicodedata.category(mark).startswith("C"))
    return " ".join(visible.split())[:longest]


def dialled(text: str) -> str:
    """Return the part of a typed phone number that every spelling of it holds, or nothing when it is none.

    That is its last digits: before them, one person writes a country code, another a zero.
    """
    digits = "".join(mark for mark in text if mark.isascii() and mark.isdigit())
    is_number = len(digits) >= _FEWEST_DIGITS and all(mark.isdigit() or mark in " +-/().\u00a0" for mark in text)
    return digits[-_TELLING_DIGITS:] if is_number else ""


def _is_odd(mark: str) -> bool:
    category = unicodedata.category(mark)
    return category.startswith("C") or category in {"Zl", "Zp"} or mark in _INVISIBLE
