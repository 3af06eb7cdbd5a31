"""The words in which keywords are answered, in the language of the word; each fits one text in the GSM alphabet."""

from collections.abc import Mapping
from typing import Final

from authsms.contacts.consent import Keyword

_ANSWERS: Final[Mapping[str, Mapping[Keyword, str]]] = {
    "en": {
        Keyword.STOP: "{host}: You will get no more texts from this number, login codes included. "
        "Text START to get them again.",
        Keyword.START: "{host}: You will get texts from this number again. Text HELP for help, STOP to end them.",
        Keyword.HELP: "{host}: This number sends login codes and messages. Text STOP to end them, START to get them "
        "again. Your help desk knows more.",
    },
    "de": {
        Keyword.STOP: "{host}: Sie erhalten von dieser Nummer keine SMS mehr, auch keine Anmeldecodes. "
        "Mit START erhalten Sie sie wieder.",
        Keyword.START: "{host}: Sie erhalten wieder SMS von dieser Nummer. HILFE hilft, STOP beendet sie.",
        Keyword.HELP: "{host}: Diese Nummer sendet Anmeldecodes und Mitteilungen. STOP beendet sie, START holt sie "
        "wieder. Mehr weiß Ihr Helpdesk.",
    },
}
_LONGEST_HOST: Final = 40


def answer(keyword: Keyword, locale: str, host: str) -> str:
    """Return what to answer to a keyword; English where we lack the language."""
    return _ANSWERS.get(locale, _ANSWERS["en"])[keyword].format(host=host[:_LONGEST_HOST])
