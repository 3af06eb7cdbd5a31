"""What is odd about the wording of a notice; advice, no more. The rules, and nothing else."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from authsms.foundation.errors import InvalidInputError
from authsms.senders.text import Template, measure, parse_template

NAMES: Final = frozenset({"name", "user", "host"})
"""What a notice may name: the person, the login, and who texts."""
_MOST_SEGMENTS: Final = 3
_SHORTENERS: Final = re.compile(
    r"\b(?:bit\.ly|tinyurl\.com|t\.co|goo\.gl|ow\.ly|is\.gd|buff\.ly|rebrand\.ly|cutt\.ly|rb\.gy|t\.ly)\b",
    re.IGNORECASE,
)
_HEALTH: Final = re.compile(
    r"\b(?:diagnos|hiv\b|cancer|krebs|therap|medicat|medikament|prescription|rezept\b|pregnan|schwanger|psychiat|"
    r"depress|test result|befund)\w*",
    re.IGNORECASE,
)


def parse_texts(texts: Mapping[str, str]) -> dict[str, Template]:
    """Return the texts of a notice by language, parsed.

    Raises:
        TemplateError: One of them names what there is not; with the place.
        InvalidInputError: There is none, or an empty one.
    """
    if not texts or not all(text.strip() for text in texts.values()):
        raise InvalidInputError("A notice needs a text.", field="text")
    return {locale: parse_template(text.strip(), names=NAMES, required=()) for locale, text in texts.items()}


def text_for(templates: Mapping[str, Template], locale: str) -> Template:
    """Return the text in a language, else in English, else in the first there is."""
    return templates.get(locale) or templates.get("en") or next(iter(templates.values()))


class Odd(StrEnum):
    """What can be odd about a text; ``{what}`` is the place, or how much."""

    NAMELESS = "it does not say who texts; write {{host}} where the name of this server shall stand"
    ENDLESS = "it does not say that STOP ends texts"
    SHORTENED = "carriers hold back texts with shortened links ({what})"
    HEALTH = "what concerns health does not belong on a locked screen ({what})"
    LONG = "it takes {what} segments"
    COSTLY = "these characters cost more than half of the room: {what}"


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something that a carrier or a reader would object to."""

    odd: Odd
    what: str = ""


def oddities(template: Template, host: str) -> Iterator[Oddity]:
    """Yield what a carrier or a reader would object to."""
    text = template.source
    if "host" not in template.names and host.casefold() not in text.casefold():
        yield Oddity(Odd.NAMELESS)
    if "STOP" not in text:
        yield Oddity(Odd.ENDLESS)
    if found := _SHORTENERS.search(text):
        yield Oddity(Odd.SHORTENED, found[0])
    if found := _HEALTH.search(text):
        yield Oddity(Odd.HEALTH, found[0])
    measured = measure(text)
    if measured.segments > _MOST_SEGMENTS:
        yield Oddity(Odd.LONG, str(measured.segments))
    if measured.costly:
        yield Oddity(Odd.COSTLY, measured.costly)


def warnings(template: Template, host: str) -> Iterator[str]:
    """Yield the same in words."""
    return (one.odd.format(what=one.what) for one in oddities(template, host))
