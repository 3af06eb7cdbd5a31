"""The sender policy: through which services a text goes, in which order, and what it says.

A service that is off, or meant for other purposes or countries, is passed over; the others are tried in the order the
administrator gave them. This module holds the rules and nothing else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from authsms.senders.submission import Purpose
from authsms.senders.text import BUILT_IN, STANDARD

_FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class ServiceRule:
    """When a sender service is used.

    Attributes:
        position: Its place in the order; the lowest goes first.
        purposes: What it may carry; empty means everything.
        countries: ISO 3166 countries it may text to; empty means all.
    """

    name: str
    position: int = 0
    is_enabled: bool = True
    purposes: frozenset[Purpose] = frozenset()
    countries: frozenset[str] = frozenset()

    def serves(self, purpose: Purpose, country: str) -> bool:
        """Return whether it may carry a text for *purpose* to *country*."""
        is_meant = not self.purposes or purpose in self.purposes
        return self.is_enabled and is_meant and (not self.countries or country in self.countries)


def in_order(rules: Iterable[ServiceRule], purpose: Purpose, country: str) -> list[str]:
    """Return the names of the services for a text, best first."""
    usable = [rule for rule in rules if rule.serves(purpose, country)]
    return [rule.name for rule in sorted(usable, key=lambda rule: (rule.position, rule.name))]


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
