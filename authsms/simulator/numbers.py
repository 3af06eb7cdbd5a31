"""Phone numbers in the spellings that providers accept."""

import re

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SEPARATORS = str.maketrans("", "", " -.()/")


def read_number(text: str) -> str | None:
    """Return *text* as E.164, or None when it is none; ``+``, ``00`` or nothing may stand in front."""
    bare = text.strip().translate(_SEPARATORS)
    bare = bare.removeprefix("00")
    number = bare if bare.startswith("+") else "+" + bare
    return number if _E164.fullmatch(number) else None
