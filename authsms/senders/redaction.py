"""What of a provider's words may be shown to an administrator.

A provider's answer is hostile input, and it may repeat our request. What is shown is bounded, free of control
characters, and holds neither the service's secrets, nor the message text or the code in it, nor the whole number.
"""

import base64
import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from urllib.parse import quote, quote_plus

from authsms.foundation.phone import PhoneNumber, mask

HIDDEN = "[hidden]"
_TEXT = "[message text]"
_LONGEST_READ = 4000
_SHORTEST_SECRET = 3
_SHORTEST_ECHO = 12
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_DIGIT_RUN = re.compile(r"\d{4,}")


class Redactor:
    """Cleans texts of one submission.

    Args:
        secrets: Credentials of the service, in clear.
        recipient: The whole number; its mask takes its place.
        text: The message; also long parts of it and numbers in it are taken out.
    """

    def __init__(self, secrets: Iterable[str], recipient: PhoneNumber | None = None, text: str = "") -> None:
        self._secrets = {secret for secret in secrets if len(secret) >= _SHORTEST_SECRET}
        self._recipient = recipient
        self._text = text

    def clean(self, text: str, limit: int = 300) -> str:
        """Return *text* fit to be shown, at most *limit* characters and an ellipsis."""
        is_cut = len(text) > _LONGEST_READ
        text = text[:_LONGEST_READ]
        for pattern, instead in self._patterns:
            text = pattern.sub(instead, text)
        # What was cut off may have begun with half a secret.
        text = self._without_echo(text[: -self._longest - 1] if is_cut else text)
        text = " ".join(
            "".join(" " if unicodedata.category(mark) in _HIDDEN_CATEGORIES else mark for mark in text).split()
        )
        return text if len(text) <= limit else text[:limit] + "…"

    @cached_property
    def _patterns(self) -> Sequence[tuple[re.Pattern[str], str]]:
        """What is looked for, and what takes its place; made when there are words to clean, which is seldom."""
        return [
            *self._found(self._secrets, HIDDEN),
            *self._found({self._text}, _TEXT),
            *self._found_number(),
            *self._found(set(_DIGIT_RUN.findall(self._text)), HIDDEN),
        ]

    @cached_property
    def _pieces(self) -> frozenset[str]:
        text = self._text
        return frozenset(text[start : start + _SHORTEST_ECHO] for start in range(len(text) - _SHORTEST_ECHO + 1))

    @cached_property
    def _longest(self) -> int:
        words = {*self._secrets, self._text, *_DIGIT_RUN.findall(self._text)}
        return max((len(form) for word in words if word for form in _spellings(word)), default=0)

    def _found_number(self) -> Iterator[tuple[re.Pattern[str], str]]:
        if self._recipient is not None:
            digits = r"(?:%20|[\s().+/-])*".join(self._recipient.lstrip("+"))
            yield re.compile(rf"(?:\+|%2B)?{digits}", re.IGNORECASE), mask(self._recipient)

    @staticmethod
    def _found(words: Iterable[str], instead: str) -> Iterator[tuple[re.Pattern[str], str]]:
        spellings = sorted({form for word in words if word for form in _spellings(word)}, key=len, reverse=True)
        if spellings:
            yield re.compile("|".join(re.escape(form) for form in spellings), re.IGNORECASE), instead

    def _without_echo(self, text: str) -> str:
        """Take out long parts of the message, as a provider repeats them when it cuts texts."""
        shown: list[str] = []
        position = end = 0
        while position < len(text):
            if text[position : position + _SHORTEST_ECHO] in self._pieces:
                shown += [_TEXT] if position >= end else []
                end = position + _SHORTEST_ECHO
            elif position >= end:
                shown.append(text[position])
            position += 1
        return "".join(shown)


def basic_credentials(user: str, password: str) -> str:
    """Return what HTTP Basic authentication sends for *user* and *password*."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def _spellings(word: str) -> Iterator[str]:
    """Yield the forms in which a request or an answer can hold *word*."""
    safe = word.encode("utf-8", "replace").decode("utf-8")
    yield word
    yield quote(safe, safe="")
    yield quote(safe)
    yield quote_plus(safe)
    yield json.dumps(safe)[1:-1]
    yield json.dumps(safe, ensure_ascii=False)[1:-1]
    yield html.escape(safe)
    yield html.escape(safe, quote=False)
    yield base64.b64encode(safe.encode()).decode().rstrip("=")
