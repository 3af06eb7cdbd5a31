"""The way of a text: which services may carry it, in which order, and from which sender.

The rules, as an administrator meets them:

1. A service is passed over when it is off, or meant for other purposes, destinations, groups or labels. A condition
   that is left empty is none. Destinations are prefixes and countries together: one of them has to fit.
2. The order of the list counts. The first service that is not passed over is asked; the next ones step in when it
   fails.
3. Of services that share a place, the one that names the number more exactly goes first: by the longest prefix, then by
   its country, then those for all numbers. Equally exact ones share the load by weight.

Shares and senders are drawn by hashes, not by chance: the message's id decides between services, so that a repeat
finds the same order; the number decides between senders, so that a person is always texted from the same one. Both
draws give every candidate a lot of its own (rendezvous hashing), so that one that comes or goes moves nobody else.
This module holds the rules and nothing else.
"""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from authsms.foundation.phone import PhoneNumber, country_of
from authsms.senders.policy import ServiceRule
from authsms.senders.submission import Purpose

ELSEWHERE: Final = "*"
"""Stands for all countries that a table of senders does not name."""

_BY_COUNTRY: Final = 1
_HASHED_BYTES: Final = 7
_RANGE: Final = 256**_HASHED_BYTES


class Obstacle(StrEnum):
    """Why a service is passed over."""

    OFF = "off"
    PURPOSE = "purpose"
    DESTINATION = "destination"
    GROUP = "group"
    LABEL = "label"


@dataclass(frozen=True, slots=True)
class Route:
    """One way to go.

    Attributes:
        service: Name of the sender service.
        sender: The sender id or number to use, or empty for the one of the service's settings.
    """

    service: str
    sender: str


@dataclass(frozen=True, slots=True)
class Consignment:
    """What decides about the way of one text.

    Attributes:
        message_id: Decides between services that share a place.
        label: The one its event carries, or empty.
        groups: Names of the recipient's groups, as far as some rule asks for them; see `comparable`.
        through: The only way it may take, whatever the rules say: an answer goes out where the question came in.
    """

    purpose: Purpose
    recipient: PhoneNumber = field(repr=False)
    message_id: str = ""
    label: str = ""
    groups: frozenset[str] = frozenset()
    through: Route | None = None


@dataclass(frozen=True, slots=True)
class Examined:
    """What the rules say about one service and one text.

    Attributes:
        obstacles: Why it is passed over; empty when it may carry the text.
        exactness: 0 for a service for all numbers, 1 for one that names the country, more the longer the prefix.
        share: Of all such texts, how much it is asked for before those beside it: 0 to 1.
    """

    rule: ServiceRule
    obstacles: tuple[Obstacle, ...]
    exactness: int
    share: float
    sender: str


def comparable(groups: Iterable[str]) -> frozenset[str]:
    """Return names of groups as they are compared: directories do not tell upper and lower case apart."""
    return frozenset(group.casefold() for group in groups)


def routes(rules: Iterable[ServiceRule], consignment: Consignment) -> list[Route]:
    """Return the ways for a text, best first; empty when no service may carry it."""
    only = consignment.through
    if only is not None:
        return [only] if any(rule.name == only.service and rule.is_enabled for rule in rules) else []
    carriers = [one for one in examine(rules, consignment) if not one.obstacles]
    carriers.sort(key=lambda one: (*_place(one), _delay(one.rule, consignment.message_id)))
    return [Route(one.rule.name, one.sender) for one in carriers]


def examine(rules: Iterable[ServiceRule], consignment: Consignment) -> list[Examined]:
    """Return what the rules say about every service: first those that may carry the text, in order."""
    country = country_of(consignment.recipient)
    examined = [_examined(rule, consignment, country) for rule in rules]
    weights: dict[tuple[int, int], int] = {}
    for one in examined:
        if not one.obstacles:
            weights[_place(one)] = weights.get(_place(one), 0) + one.rule.weight
    shared = [
        Examined(
            one.rule,
            one.obstacles,
            one.exactness,
            0.0 if one.obstacles else one.rule.weight / weights[_place(one)],
            one.sender,
        )
        for one in examined
    ]
    return sorted(shared, key=lambda one: (bool(one.obstacles), *_place(one), one.rule.name))


def sender_for(rule: ServiceRule, recipient: PhoneNumber) -> str:
    """Return the sender a service uses for a recipient, or empty for the one of its settings."""
    return _sender(rule, recipient, country_of(recipient)) if rule.senders else ""


def _examined(rule: ServiceRule, consignment: Consignment, country: str) -> Examined:
    exactness = _exactness(rule, consignment.recipient, country)
    met = {
        Obstacle.OFF: rule.is_enabled,
        Obstacle.PURPOSE: not rule.purposes or consignment.purpose in rule.purposes,
        Obstacle.DESTINATION: exactness is not None,
        Obstacle.GROUP: not rule.groups or bool(comparable(rule.groups) & consignment.groups),
        Obstacle.LABEL: not rule.labels or consignment.label in rule.labels,
    }
    obstacles = tuple(obstacle for obstacle, is_met in met.items() if not is_met)
    return Examined(rule, obstacles, exactness or 0, 0.0, _sender(rule, consignment.recipient, country))


def _exactness(rule: ServiceRule, recipient: PhoneNumber, country: str) -> int | None:
    """Return how exactly a rule names a number; None when it names others only."""
    fitting = [len(prefix) for prefix in rule.prefixes if recipient.startswith(prefix)]
    if fitting:
        return _BY_COUNTRY + max(fitting)
    if country in rule.countries:
        return _BY_COUNTRY
    return None if rule.prefixes or rule.countries else 0


def _place(one: Examined) -> tuple[int, int]:
    return one.rule.position, -one.exactness


def _delay(rule: ServiceRule, message_id: str) -> float:
    """Return when a service would come by if each came at random, as often as its weight says; the first one goes."""
    return -math.log(_draw(message_id, rule.name)) / rule.weight


def _sender(rule: ServiceRule, recipient: PhoneNumber, country: str) -> str:
    pool: Sequence[str] = rule.senders.get(country) or rule.senders.get(ELSEWHERE) or ("",)
    return pool[0] if len(pool) == 1 else max(pool, key=lambda sender: _draw(recipient, sender))


def _draw(key: str, candidate: str) -> float:
    """Return a number between 0 and 1, both left out, that is the same whenever these two meet."""
    digest = hashlib.sha256(f"{key}\n{candidate}".encode()).digest()
    return (int.from_bytes(digest[:_HASHED_BYTES]) + 0.5) / (_RANGE + 1)
