"""Finds the one-time code in a text, as the keyboard of a phone does."""

import re

_BOUND = re.compile(r"^@\S+ #(\S+)")
_DIGITS = re.compile(r"(?<![\d#+/-])\d{4,10}(?![\d/-])")


def find_code(text: str) -> str:
    """Return the code in *text*, or nothing.

    A last line such as ``@example.com #123456`` names it; otherwise it is the first group of 4 to 10 digits.
    """
    last_line = text.replace("\r\n", "\n").rsplit("\n", 1)[-1]
    bound = _BOUND.match(last_line)
    if bound:
        return bound.group(1)
    digits = _DIGITS.search(text)
    return digits.group() if digits else ""
