"""How many parts a text takes on the air (3GPP TS 23.038); the simulator's own count, independent of the server's."""

import math

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")


def alphabet(text: str) -> str:
    """Return ``GSM-7`` when the default alphabet can carry *text*, else ``UCS-2``."""
    return "GSM-7" if set(text) <= _BASIC | _EXTENDED else "UCS-2"


def count_parts(text: str) -> int:
    """Return the number of parts; an empty text takes one."""
    if alphabet(text) == "GSM-7":
        return _fill([2 if mark in _EXTENDED else 1 for mark in text], single=160, each=153)
    return _fill([2 if mark > "\uffff" else 1 for mark in text], single=70, each=67)


def _fill(widths: list[int], *, single: int, each: int) -> int:
    """Count parts of *each* units, none of which may cut a character in two."""
    total = sum(widths)
    if total <= single:
        return 1
    if max(widths) == 1:
        return math.ceil(total / each)
    parts, used = 1, 0
    for width in widths:
        if used + width > each:
            parts, used = parts + 1, 0
        used += width
    return parts
