"""Phone numbers: read in any spelling, kept as E.164, shown masked."""

from functools import lru_cache
from typing import NewType

import phonenumbers
from phonenumbers import timezone

from authsms.foundation.errors import InvalidInputError

PhoneNumber = NewType("PhoneNumber", str)
"""A number in E.164: ``+``, then up to 15 digits (ITU-T E.164)."""

_LONGEST_SPELLING = 64
_FEWEST_DIGITS = 7
_MASK = "•••••••"


def parse_phone(text: str, *, default_region: str) -> PhoneNumber:
    """Return the E.164 form of a number in any usual spelling.

    Args:
        text: What a directory or a person wrote, e.g. ``0171 / 234 56 78`` or ``+49 (0)171 2345678``.
        default_region: ISO 3166 country of numbers without a country code, e.g. ``DE``; empty demands one.

    Raises:
        InvalidInputError: The text is no possible phone number; it is not repeated in the message.
    """
    if len(text) > _LONGEST_SPELLING or (not text.isprintable() and any(ord(mark) < ord(" ") for mark in text)):
        raise InvalidInputError("That is not a phone number.", field="phone")
    try:
        number = phonenumbers.parse(text, default_region or None)
    except phonenumbers.NumberParseException as error:
        raise InvalidInputError("That is not a phone number.", field="phone") from error
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # Where local calls need no area code, the library holds a few digits for possible.
    if number.extension or len(written) <= _FEWEST_DIGITS or not phonenumbers.is_possible_number(number):
        raise InvalidInputError("That is not a phone number that can receive text messages.", field="phone")
    return PhoneNumber(written)


@lru_cache(maxsize=64)  # a message is asked about several times in a row
def country_of(number: PhoneNumber) -> str:
    """Return the ISO 3166 country of *number*, or ``ZZ`` when it belongs to none."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or "ZZ"


def time_zone_of(number: PhoneNumber) -> str:
    """Return the time zone of *number*, e.g. ``Europe/Berlin``; empty when its country, or its place, has several."""
    zones = timezone.time_zones_for_number(phonenumbers.parse(number))
    return str(zones[0]) if len(zones) == 1 and zones[0] != timezone.UNKNOWN_TIMEZONE else ""


def mask(number: PhoneNumber) -> str:
    """Return how *number* is shown: constant length, only its last two digits."""
    return mask_of_digits(number[-2:])


def mask_of_digits(last_two: str) -> str:
    """Return the mask that ends in *last_two* digits; also used for numbers that do not exist."""
    return _MASK + last_two
