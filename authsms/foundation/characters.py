"""Which texts every database and every encoding takes; each door looks once, and refuses the others."""

from collections.abc import Iterable, Mapping
from typing import Final

from authsms.foundation.errors import InvalidInputError

_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


def is_writable(text: str) -> bool:
    """Return whether *text* can be stored: PostgreSQL takes no zero, and no encoding takes half a surrogate pair."""
    return ("\0" not in text and text.isascii()) or writable(text) == text


def writable(text: str) -> str:
    """Return *text* with a replacement character for what cannot be stored; for what must be taken as it comes."""
    return text.replace("\0", _REPLACEMENT).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def check_writable(given: object) -> None:
    """Return when every text in *given*, a text or mappings and lists of such, can be stored.

    Raises:
        InvalidInputError: One of them cannot.
    """
    match given:
        case str():
            if not is_writable(given):
                raise InvalidInputError("A text holds a character that cannot be stored.")
        case Mapping():
            check_writable([*given.keys(), *given.values()])
        case Iterable():
            for one in given:
                check_writable(one)
