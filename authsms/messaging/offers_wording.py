"""The words of offers: what an offer's own text may name, what is odd about it, and what answers are answered.

Each of the answers fits one text in the GSM alphabet while the name of this server is short.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

from authsms.foundation.errors import InvalidInputError
from authsms.messaging import wording
from authsms.senders.text import LONGEST_TEXT, LONGEST_VALUE, Template, parse_template

NAMES: Final = frozenset({*wording.NAMES, "number", "link"})
"""What an offer may name: also its number, and the link at which it is answered."""
LINK_PATH: Final = "/o/"
_LONGEST_HOST: Final = 40
_SAMPLE_TOKEN: Final = "0" * 22


class Says(StrEnum):
    """What somebody is told about an offer."""

    WON = "won"
    WILLING = "willing"
    DECLINED = "declined"
    TAKEN = "taken"
    LATE = "late"
    ALREADY_YES = "already-yes"
    ALREADY_NO = "already-no"
    WHICH = "which"
    UNCLEAR = "unclear"
    CHOSEN = "chosen"
    LOST = "lost"
    CANCELLED = "cancelled"


_SAYINGS: Final[Mapping[str, Mapping[Says, str]]] = {
    "en": {
        Says.WON: "{host}: Thank you. Offer {number} is yours.",
        Says.WILLING: "{host}: Thank you. Your yes to offer {number} is noted; you will hear from us.",
        Says.DECLINED: "{host}: Noted: you do not take offer {number}.",
        Says.TAKEN: "{host}: Offer {number} has been taken by others. Thank you all the same.",
        Says.LATE: "{host}: Too late: offer {number} can no longer be answered.",
        Says.ALREADY_YES: "{host}: You have already answered offer {number}: yes. That stands.",
        Says.ALREADY_NO: "{host}: You have already answered offer {number}: no. That stands.",
        Says.WHICH: "{host}: Which offer do you mean? Write its number with your answer, for instance {number} Y. "
        "Open: {open}.",
        Says.UNCLEAR: "{host}: That was not understood. Answer offer {number} with {number} Y or {number} N.",
        Says.CHOSEN: "{host}: Offer {number} is yours. Thank you.",
        Says.LOST: "{host}: Others were chosen for offer {number}. Thank you all the same.",
        Says.CANCELLED: "{host}: Offer {number} has been withdrawn.",
    },
    "de": {
        Says.WON: "{host}: Danke. Angebot {number} gehört Ihnen.",
        Says.WILLING: "{host}: Danke. Ihr Ja zu Angebot {number} ist notiert; Sie hören von uns.",
        Says.DECLINED: "{host}: Notiert: Sie nehmen Angebot {number} nicht an.",
        Says.TAKEN: "{host}: Angebot {number} ist schon vergeben. Trotzdem danke.",
        Says.LATE: "{host}: Zu spät: Auf Angebot {number} kann nicht mehr geantwortet werden.",
        Says.ALREADY_YES: "{host}: Sie haben auf Angebot {number} schon geantwortet: ja. Dabei bleibt es.",
        Says.ALREADY_NO: "{host}: Sie haben auf Angebot {number} schon geantwortet: nein. Dabei bleibt es.",
        Says.WHICH: "{host}: Welches Angebot meinen Sie? Schreiben Sie die Nummer dazu, etwa {number} J. "
        "Offen: {open}.",
        Says.UNCLEAR: "{host}: Das war nicht zu verstehen. Antworten Sie auf Angebot {number} mit {number} J oder "
        "{number} N.",
        Says.CHOSEN: "{host}: Angebot {number} gehört Ihnen. Danke.",
        Says.LOST: "{host}: Für Angebot {number} wurden andere ausgewählt. Trotzdem danke.",
        Says.CANCELLED: "{host}: Angebot {number} wurde zurückgezogen.",
    },
}


def say(says: Says, locale: str, host: str, number: int, others: str = "") -> str:
    """Return what to tell somebody; English where we lack the language."""
    template = _SAYINGS.get(locale, _SAYINGS["en"])[says]
    return template.format(host=host[:_LONGEST_HOST], number=number, open=others)


def parse_offer(texts: Mapping[str, str]) -> dict[str, Template]:
    """Return the texts of an offer by language, parsed.

    Raises:
        TemplateError: One of them names what there is not; with the place.
        InvalidInputError: There is none, or an empty one.
    """
    if not texts or not all(text.strip() for text in texts.values()):
        raise InvalidInputError("An offer needs a text.", field="text")
    return {locale: parse_template(text.strip(), names=NAMES, required=()) for locale, text in texts.items()}


def check_length(template: Template, host: str, public_url: str) -> None:
    """Check that a text stays within what one message holds, whoever it is for.

    Raises:
        InvalidInputError: It does not.
    """
    link, longest = f"{public_url}{LINK_PATH}{_SAMPLE_TOKEN}", "x" * LONGEST_VALUE
    filled = template.fill({"name": longest, "user": longest, "host": host, "number": "9" * 10, "link": link})
    if len(filled) > LONGEST_TEXT:
        raise InvalidInputError("A message has 1 to 4000 characters.", field="text")


def sample(template: Template, host: str, public_url: str) -> str:
    """Return about what somebody will read, to be measured before there is a number and a token.

    Raises:
        InvalidInputError: As `check_length`.
    """
    check_length(template, host, public_url)
    link = f"{public_url}{LINK_PATH}{_SAMPLE_TOKEN}"
    return template.fill({"name": "Erika Mustermann", "user": "erika", "host": host, "number": "123", "link": link})


class OddOffer(StrEnum):
    """What else can be odd about the text of an offer."""

    MUTE = "it does not say how to answer; write {number} Y or {number} N, or {link}"
    BARE = "its links are not protected by https"


def oddities(template: Template, public_url: str) -> Iterator[OddOffer]:
    """Yield what a reader would object to, besides what `authsms.messaging.wording.oddities` yields."""
    if not template.names & {"number", "link"}:
        yield OddOffer.MUTE
    if "link" in template.names and not public_url.startswith("https://"):
        yield OddOffer.BARE


def warnings(template: Template, host: str, public_url: str) -> Iterator[str]:
    """Yield all of it in words."""
    yield from wording.warnings(template, host)
    yield from (one.value for one in oddities(template, public_url))
