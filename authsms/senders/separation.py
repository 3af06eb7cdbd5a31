"""Senders that ought to be apart: whoever answers an offer with STOP is blocked for that sender, codes and all.

Providers and carriers block a pair of sender and recipient; what the text was about, they do not know. This module
holds the rule and nothing else.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from authsms.senders.policy import ServiceRule
from authsms.senders.routes import ELSEWHERE
from authsms.senders.submission import CODES, Purpose

_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")


@dataclass(frozen=True, slots=True)
class SharedSender:
    """A sender from which codes go as well as notices or offers.

    Attributes:
        sender: The number or id; empty for the one a service has by itself, which is not known here.
        codes: Names of the services that send codes from it.
        others: Names of those that send notices or offers.
    """

    sender: str
    codes: tuple[str, ...]
    others: tuple[str, ...]


def shared_senders(services: Iterable[tuple[ServiceRule, str]]) -> list[SharedSender]:
    """Return the senders that codes share with notices or offers, in the order of the services.

    A name cannot be answered, so nobody can send STOP to it.

    Args:
        services: Rules, each with the sender of the service's settings, empty when that is not known.
    """
    codes: dict[tuple[str, str], list[str]] = {}
    others: dict[tuple[str, str], list[str]] = {}
    for rule, own in services:
        purposes = (rule.purposes or frozenset(Purpose)) if rule.is_enabled else frozenset()
        for sender in _senders(rule, own):
            whose = sender, "" if sender else rule.name
            for found, is_used in ((codes, purposes & CODES), (others, purposes - CODES)):
                found.setdefault(whose, []).extend([rule.name] if is_used else [])
    return [
        SharedSender(whose[0], tuple(names), tuple(others[whose]))
        for whose, names in codes.items()
        if names and others[whose] and not _NAME.fullmatch(whose[0])
    ]


def _senders(rule: ServiceRule, own: str) -> Iterable[str]:
    pools = [sender for pool in rule.senders.values() for sender in pool]
    return dict.fromkeys(pools if ELSEWHERE in rule.senders else [*pools, own])
