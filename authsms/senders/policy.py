"""The sender policy: when a service is used, and what texts say; `authsms.senders.routes` finds the way of a text.

This module holds the rules and nothing else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from authsms.foundation.errors import InvalidInputError
from authsms.senders.submission import Purpose
from authsms.senders.text import BUILT_IN, STANDARD, parse_template

_FALLBACK = "en"
_LOCALE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")


@dataclass(frozen=True, slots=True)
class ServiceRule:
    """When a sender service is used, and from which senders it texts.

    Attributes:
        position: Its place in the order; the lowest goes first. Services may share one.
        purposes: What it may carry; empty means everything.
        countries: ISO 3166 countries it may text to; empty, with no prefixes either, means all.
        prefixes: Beginnings of E.164 numbers it may text to, with ``+``.
        groups: Names of groups; the recipient has to be in one of them. Empty means everybody.
        labels: Labels of events whose texts it may carry; empty means all.
        weight: Its part of the load among services that share its place, 1 to 100.
        senders: Sender ids or numbers by country, ``*`` for all others; where there is none, the one of its settings.
    """

    name: str
    position: int = 0
    is_enabled: bool = True
    purposes: frozenset[Purpose] = frozenset()
    countries: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    weight: int = 1
    senders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """Settings of sending that concern no single service.

    Attributes:
        masks_recipients: Numbers are shown masked.
        wording: Name of the built-in template that is used where no own one is written.
        templates: Own templates, by language.
        segment_price: What one segment costs, or None when nobody has said; for estimates only.
        currency: ISO 4217 code of that price.
        version: Grows with every change of the policy or of a service.
    """

    masks_recipients: bool = True
    wording: str = STANDARD
    templates: Mapping[str, str] = field(default_factory=dict)
    segment_price: Decimal | None = None
    currency: str = "EUR"
    version: int = 0

    def source(self, locale: str) -> str:
        """Return the template for *locale* (``de``, ``de_AT``), or for the nearest language there is."""
        language = locale.replace("-", "_").partition("_")[0].lower()
        built_in = BUILT_IN[self.wording]
        for wanted in (locale, language):
            if wanted in self.templates:
                return self.templates[wanted]
        if language in built_in:
            return built_in[language]
        return self.templates.get(_FALLBACK, built_in[_FALLBACK])


def check_policy(policy: Policy) -> None:
    """Check what *policy* says.

    Raises:
        InvalidInputError: A template cannot be used; `field` names the setting.
    """
    if policy.wording not in BUILT_IN:
        raise InvalidInputError("There is no built-in template of that name.", field="wording")
    for locale, source in policy.templates.items():
        if not _LOCALE.fullmatch(locale):
            raise InvalidInputError("Write the language as two letters, e.g. de or de_AT.", field="templates")
        parse_template(source)
