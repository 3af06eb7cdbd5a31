"""The form of an offer: what can be typed, and what is meant by it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from flask import request

from authsms.foundation.errors import InvalidInputError
from authsms.identity.preferences import LANGUAGES
from authsms.messaging.audience import Audience
from authsms.messaging.offers import OfferDraft
from authsms.messaging.offers_rules import OfferKind, OfferMode, OfferTerms
from authsms.messaging.offers_wording import parse_offer

_LONGEST_TEXT: Final = 2000
_LONGEST_LIST: Final = 30_000
_LONGEST: Final = 300
_MOST_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class TypedOffer:
    """An offer as it is typed."""

    name: str = ""
    kind: str = OfferKind.SHIFT.value
    mode: str = OfferMode.FIRST.value
    places: str = "1"
    whom: str = "repository"
    logins: str = ""
    repository: str = ""
    group: str = ""
    hours: str = "24"
    attempts: str = "1"
    spread: str = "60"
    sign_in: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)

    def draft(self) -> OfferDraft:
        """Return what is to be offered.

        Raises:
            InvalidInputError: It cannot be; `field` says what is wrong.
        """
        texts = {language: text for language, text in self.texts.items() if text}
        return OfferDraft(self.name, parse_offer(texts), self._terms())

    def audience(self) -> Audience:
        """Return whom it is for."""
        if self.whom == "people":
            lines = (line.strip() for line in self.logins.splitlines())
            return Audience(logins=tuple(dict.fromkeys(line for line in lines if line)))
        return Audience(self.repository, self.group)

    def fields(self) -> dict[str, str]:
        """Return everything by the names of the fields, for a page that shows it and sends it on."""
        named = {name: getattr(self, name) for name in _NAMES}
        return {**named, **{f"text-{language}": text for language, text in self.texts.items()}}

    def _terms(self) -> OfferTerms:
        return OfferTerms(
            kind=OfferKind(self.kind) if self.kind in set(OfferKind) else OfferKind.SHIFT,
            mode=OfferMode(self.mode) if self.mode in set(OfferMode) else OfferMode.FIRST,
            places=_number(self.places, "places"),
            attempts=_number(self.attempts, "attempts"),
            spread=timedelta(minutes=_number(self.spread, "spread")),
            life=timedelta(hours=_number(self.hours, "life")),
            is_enforced=bool(self.sign_in),
        )


_NAMES: Final = tuple(name for name in TypedOffer.__dataclass_fields__ if name != "texts")


def typed_offer() -> TypedOffer:
    """Return what the form holds that was sent, bounded."""

    def text(name: str) -> str:
        most = _LONGEST_TEXT if name.startswith("text-") else _LONGEST_LIST if name == "logins" else _LONGEST
        return request.form.get(name, "").replace("\r\n", "\n").strip()[:most]

    return TypedOffer(**{name: text(name) for name in _NAMES}, texts={one: text(f"text-{one}") for one in LANGUAGES})


def _number(typed: str, name: str) -> int:
    if not (typed.isascii() and typed.isdigit() and len(typed) <= _MOST_DIGITS):
        raise InvalidInputError("Write a whole number.", field=name)
    return int(typed)
