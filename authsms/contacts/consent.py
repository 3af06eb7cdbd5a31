"""What a text that somebody sends us asks for, and whom a block concerns; the rules, and nothing else.

A text is a keyword when it consists of nothing but the word: letters in any case, with whatever punctuation, spaces and
pictures around or within it. A text that merely contains the word ("stop calling me Bob") is none. The words that
carriers demand everywhere come first; some languages add theirs.

A block is for one sender. It covers every service that texts from that sender, and the texts of its own service whose
sender nobody knows beforehand: a pool of numbers, say. A block without a sender covers the whole service.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Keyword(StrEnum):
    """What a text asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a text is understood.

    Attributes:
        word: The keyword as it stands in the list, or empty.
        locale: The language of the word; an answer is written in it.
        is_common: It is one of the words that providers and carriers obey everywhere.
    """

    keyword: Keyword
    word: str = ""
    locale: str = "en"
    is_common: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """How a text goes out: through which service, and from which sender; empty when nobody knows beforehand."""

    service: str
    sender: str


@dataclass(frozen=True, slots=True)
class Block:
    """What a recipient does not want.

    Attributes:
        sender: In the form of `comparable_sender`; empty for every sender of the service.
    """

    service: str
    sender: str


_COMMON: Final = {
    Keyword.STOP: "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT",
    Keyword.START: "START YES UNSTOP",
    Keyword.HELP: "HELP INFO",
}
_FURTHER: Final = {
    "de": {
        Keyword.STOP: "STOPP ABMELDEN ABBESTELLEN AUSTRAGEN",
        Keyword.START: "ANMELDEN STARTEN",
        Keyword.HELP: "HILFE",
    },
    "fr": {Keyword.STOP: "ARRET DESABONNER", Keyword.START: "REABONNER", Keyword.HELP: "AIDE"},
    "es": {Keyword.STOP: "BAJA PARAR", Keyword.START: "ALTA", Keyword.HELP: "AYUDA"},
    "it": {Keyword.STOP: "DISISCRIVI", Keyword.HELP: "AIUTO"},
    "nl": {Keyword.STOP: "AFMELDEN", Keyword.START: "AANMELDEN"},
}
_LONGEST: Final = 64
"""Longer texts are letters, not keywords; nobody shall make us look at thousands of characters."""
_TOLD: Final = {one.value.upper(): one for one in (Keyword.STOP, Keyword.START, Keyword.HELP)}
_NUMBER: Final = re.compile(r"\d{3,15}")


def _words() -> Mapping[str, Reading]:
    found = {
        word: Reading(keyword, word, locale)
        for locale, lists in _FURTHER.items()
        for keyword, words in lists.items()
        for word in words.split()
    }
    found |= {
        word: Reading(keyword, word, is_common=True) for keyword, words in _COMMON.items() for word in words.split()
    }
    return MappingProxyType(found)


WORDS: Final = _words()
"""Every word with what it means."""


def read(text: str, told: str = "") -> Reading:
    """Return what *text* asks for.

    Args:
        text: What somebody wrote.
        told: What the provider has understood, ``STOP``, ``START`` or ``HELP``; it goes before our own reading,
            because the provider has acted on it already.
    """
    own = _read(text)
    keyword = _TOLD.get(told.strip().upper())
    if keyword is None or keyword is own.keyword:
        return own
    return Reading(keyword, told.strip().upper(), own.locale, is_common=True)


def comparable_sender(sender: str) -> str:
    """Return a sender as it is compared: a number as its digits, a name or an id in lower case without spaces."""
    plain = "".join(mark for mark in sender if mark.isalnum()).casefold()
    return plain[:40]


def is_number(sender: str) -> bool:
    """Return whether a comparable sender is a number, to which a person can reply."""
    return _NUMBER.fullmatch(sender) is not None and sender.isascii()


def covers(block: Block, way: Way) -> bool:
    """Return whether *block* forbids to text on this *way*."""
    sender = comparable_sender(way.sender)
    if block.sender and block.sender == sender:
        return True
    return block.service == way.service and (not block.sender or not is_number(sender))


def lifts(block: Block, way: Way) -> bool:
    """Return whether a START that came on this *way* lifts *block*; a way without a sender lifts all of its service."""
    sender = comparable_sender(way.sender)
    if block.sender and block.sender == sender:
        return True
    return block.service == way.service and (not block.sender or not sender)


def _read(text: str) -> Reading:
    if len(text) > _LONGEST:
        return Reading(Keyword.OTHER)
    decomposed = unicodedata.normalize("NFKD", text).upper()
    letters = "".join(mark for mark in decomposed if mark.isalnum())
    return WORDS.get(letters, Reading(Keyword.OTHER))
