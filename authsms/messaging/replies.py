"""What somebody means who answers an offer by text: yes, no, or neither, and which offer; the rules, and nothing else.

Only a text that says nothing but yes, or nothing but no, is an answer. A word that is not known here may be a condition
("yes, but not before ten"), and nobody shall be held to what he did not say: such a text is asked back. Letters in any
case, punctuation, spaces and pictures around them do not matter; words of politeness do not either.

A text that is nothing but STOP, START or HELP never gets here, except a YES of somebody who has blocked nothing; see
`authsms.contacts.consent`.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Answer(StrEnum):
    """What somebody says to an offer."""

    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Reply:
    """How a text is understood.

    Attributes:
        answer: What it says, or None when that is not clear.
        number: The offer it names, or None when it names none, or several.
        locale: The language of its words, or empty where they are of several.
    """

    answer: Answer | None
    number: int | None = None
    locale: str = ""


_YES: Final = {
    "": "y yes ok okay okey k accept accepted",
    "en": "yep yeah yea yup sure agreed gladly absolutely definitely",
    "de": "j ja jo jou jep jepp jawohl jawoll klar gern gerne einverstanden zusage zugesagt annehmen angenommen passt "
    "sicher natürlich",
    "fr": "oui",
    "es": "sí si",
    "nl": "graag",
}
_NO: Final = {
    "": "n no",
    "en": "nope nah cannot cant decline declined reject",
    "de": "nein nee nö ne absage abgesagt ablehnen abgelehnt",
    "fr": "non",
}
_YES_PHRASES: Final = {
    "en": (
        "i accept",
        "i can",
        "i can do it",
        "i will",
        "i ll do it",
        "i ll take it",
        "i take it",
        "i do",
        "works for me",
    ),
    "de": (
        *("ich kann", "ich komme", "ich mache es", "ich machs", "mach ich", "mache ich", "nehme ich", "nehm ich"),
        *("ich nehme an", "ich sage zu", "geht klar", "alles klar", "bin dabei", "ich bin dabei", "auf jeden fall"),
    ),
}
_NO_PHRASES: Final = {
    "en": (
        *("i can t", "i can not", "i cannot", "can t", "can not", "not available", "i m not available", "not possible"),
        *("i won t", "i decline", "no way", "no thank you"),
    ),
    "de": (
        *("ich kann nicht", "kann nicht", "geht nicht", "passt nicht", "geht leider nicht", "leider nicht"),
        *("ich kann leider nicht", "kann leider nicht", "passt leider nicht", "auf keinen fall", "keine zeit"),
        *("ich habe keine zeit", "hab keine zeit", "ich lehne ab", "ich sage ab", "heute nicht"),
    ),
}
_POLITE: Final = (
    "please bitte danke dank vielen merci thanks thank you thx sorry leider unfortunately hi hello hallo servus moin "
    "lg mfg hey sehr very much"
)
_NAMING: Final = "offer offers number nr nummer angebot zu to for für zum zur shift schicht roster dienst"
_IDLE: Final = frozenset(f"{_POLITE} {_NAMING}".split())
"""Words that neither say yes nor no."""
_PICTURES: Final = {
    **dict.fromkeys("👍👌✅✔☑🆗", " yes "),
    **dict.fromkeys("👎❌✖🚫❎⛔", " no "),
}
_TOKEN: Final = re.compile(r"[^\W\d_]+|\d+")
_STRETCHED: Final = re.compile(r"([^\W\d_])\1{2,}")
_SIGNATURE: Final = re.compile(
    r"\n\s*(?:--|sent from|get outlook|gesendet (?:von|mit)|von meinem|diese nachricht wurde).*\Z",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST: Final = 160
_LONGEST_NUMBER: Final = 9


def read_reply(text: str) -> Reply:
    """Return what *text* says to an offer."""
    if len(text) > _LONGEST:
        return Reply(None)
    tokens = _tokens(text)
    numbers = {int(token) for token in tokens if token.isdecimal() and len(token) <= _LONGEST_NUMBER}
    if sum(token.isdecimal() for token in tokens) > 1 and len(numbers) != 1:
        return Reply(None)
    number = next(iter(numbers), None)
    if number is None and any(token.isdecimal() for token in tokens):
        return Reply(None)
    answer, locale = _said(tuple(token for token in tokens if not token.isdecimal()))
    return Reply(answer, number, locale)


def _tokens(text: str) -> list[str]:
    pictured = "".join(_PICTURES.get(mark, mark) for mark in _SIGNATURE.sub("", text.strip()))
    plain = unicodedata.normalize("NFKC", pictured).casefold()
    return _TOKEN.findall(_STRETCHED.sub(r"\1", plain))


def _said(words: tuple[str, ...]) -> tuple[Answer | None, str]:
    """Return what words say, taken together, and in which language."""
    if found := _PHRASES.get(words):
        return found
    kept = tuple(word for word in words if word not in _IDLE)
    if found := _PHRASES.get(kept):
        return found
    meanings = [_WORDS.get(word) for word in kept]
    answers = {meaning[0] if meaning else None for meaning in meanings}
    answer = answers.pop() if len(answers) == 1 else None
    locales = {meaning[1] for meaning in meanings if meaning and meaning[1]}
    return answer, locales.pop() if answer and len(locales) == 1 else ""


def _table() -> dict[str, tuple[Answer, str]]:
    return {
        word: (answer, locale)
        for answer, lists in ((Answer.YES, _YES), (Answer.NO, _NO))
        for locale, words in lists.items()
        for word in words.split()
    }


def _phrases() -> dict[tuple[str, ...], tuple[Answer, str]]:
    return {
        tuple(phrase.split()): (answer, locale)
        for answer, lists in ((Answer.YES, _YES_PHRASES), (Answer.NO, _NO_PHRASES))
        for locale, phrases in lists.items()
        for phrase in phrases
    }


_WORDS: Final = _table()
_PHRASES: Final = _phrases()
