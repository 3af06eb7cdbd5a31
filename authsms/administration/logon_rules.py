"""What must never be stored about events and chains, and what is merely odd about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from authsms.foundation.errors import InvalidInputError
from authsms.logon.arrangement import Arranged
from authsms.logon.catalog import Chain, Event
from authsms.logon.graces import LONGEST_MINUTES
from authsms.logon.methods.base import Method
from authsms.logon.seed import ADMIN_EVENT, SETUP_EVENT
from authsms.logon.selection import Selection

KNOWLEDGE: Final = "pwd"
_TWO: Final = 2


class Oddity(StrEnum):
    """What can be odd."""

    ONE_FACTOR = "one-factor"
    SMS_ONLY = "sms-only"
    NO_CHAIN = "no-chain"
    GROUPS_ONLY = "groups-only"
    HIDDEN = "hidden"
    UNUSED = "unused"
    UNKNOWN_METHOD = "unknown-method"
    SHORTENED = "shortened"
    NEVER_UNLOCKED = "never-unlocked"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something an administrator should look at.

    Attributes:
        subject: What it is about in particular, such as the title of a chain.
    """

    oddity: Oddity
    subject: str = ""


@dataclass(frozen=True, slots=True)
class PortalRule:
    """Keeps the portal's events safe and open to administrators.

    Attributes:
        repositories: Where full administrators are.
    """

    methods: Mapping[str, Method]
    repositories: frozenset[str]

    def __call__(self, before: Arranged, after: Arranged) -> None:
        """Check what would be stored.

        Raises:
            InvalidInputError: The portal would become unsafe, or administrators could not come in any more; or a chain
                would be unlocked by one that is not stronger.
        """
        check_unlocking(after, self.methods)
        if before.events.get(SETUP_EVENT) != after.events.get(SETUP_EVENT):
            raise InvalidInputError("The first set-up of administrators uses this; it stays as it is.")
        changed = after.events.get(ADMIN_EVENT)
        if changed is not None and before.events.get(ADMIN_EVENT) != changed:
            self._check_portal(changed)

    def _check_portal(self, changed: Event) -> None:
        if changed.endpoints or changed.only(supplement=True).chains:
            raise InvalidInputError("Administrators sign in directly; their event and its chains are for nobody else.")
        if changed.selection is Selection.OFF:
            raise InvalidInputError(
                "Administrators keep every way to sign in: what they could not choose would lock them out.",
                field="selection",
            )
        if any(chain.required for chain in changed.chains):
            raise InvalidInputError("Administrators always sign in with a whole chain; none of theirs can be unlocked.")
        for chain in changed.chains:
            if factors(chain, self.methods) < _TWO:
                raise InvalidInputError(
                    "Administrators sign in by %(title)s; there it would ask for one factor only. Two are needed.",
                    title=chain.title,
                )
        for repository in self.repositories:
            if not any(self._is_open_to(chain, repository) for chain in changed.chains):
                raise InvalidInputError(
                    "Administrators of %(repository)s could not sign in any more: no chain is for everybody there.",
                    repository=repository,
                )

    def _is_open_to(self, chain: Chain, repository: str) -> bool:
        known = [self.methods[name] for name in chain.methods if name in self.methods]
        return (
            not chain.groups
            and len(known) == len(chain.methods)
            and all(method.suits(repository) and not method.needs_enrollment for method in known)
        )


def factors(chain: Chain, methods: Mapping[str, Method]) -> int:
    """Return how many kinds of factors a chain asks for: something one knows, something one has."""
    kinds = {KNOWLEDGE in methods[name].amr for name in chain.methods if name in methods}
    return len(kinds)


def check_unlocking(arranged: Arranged, methods: Mapping[str, Method]) -> None:
    """Check what chains require: a stronger chain that itself requires none, for a time that can be seen to the end of.

    Raises:
        InvalidInputError: One of them does not.
    """
    for chain in arranged.chains.values():
        if not chain.required:
            continue
        if not 1 <= chain.grace_minutes <= LONGEST_MINUTES:
            raise InvalidInputError("Give it between 1 and 720 minutes.", field="grace_minutes")
        stronger = arranged.chains.get(chain.required)
        if stronger is None or stronger.name == chain.name:
            raise InvalidInputError("Choose another chain that is there.", field="required")
        if chain.is_supplement or stronger.is_supplement:
            raise InvalidInputError(
                "A chain that completes what an application began neither unlocks others nor is unlocked.",
                field="required",
            )
        if stronger.required or factors(stronger, methods) < _TWO:
            raise InvalidInputError(
                "%(title)s cannot unlock another chain: it must ask for two factors each time.",
                title=stronger.title,
                field="required",
            )


def warnings_of(
    arranged: Arranged, methods: Mapping[str, Method]
) -> tuple[Mapping[str, Sequence[Notice]], Mapping[str, Sequence[Notice]]]:
    """Return what is odd about each event and about each chain, by name."""
    events = {name: _event_warnings(event, methods) for name, event in arranged.events.items()}
    chains = {name: _chain_warnings(chain, arranged, methods) for name, chain in arranged.chains.items()}
    return events, chains


def _event_warnings(event: Event, methods: Mapping[str, Method]) -> Sequence[Notice]:
    found: list[Notice] = []
    event = event.only(supplement=False)
    usual = [chain for chain in event.chains if not chain.required]
    if not usual:
        return [Notice(Oddity.NO_CHAIN)]
    if all(chain.groups for chain in usual):
        found.append(Notice(Oddity.GROUPS_ONLY))
    if event.name != SETUP_EVENT:
        weak = [chain for chain in event.chains if factors(chain, methods) < _TWO]
        found.extend(Notice(Oddity.ONE_FACTOR, chain.title) for chain in weak)
    for place, chain in enumerate(usual):
        if any(set(chain.methods) == set(one.methods) and not one.groups for one in usual[:place]):
            found.append(Notice(Oddity.HIDDEN, chain.title))
    names = {chain.name for chain in usual}
    lonely = [chain for chain in event.chains if chain.required and chain.required not in names]
    found.extend(Notice(Oddity.NEVER_UNLOCKED, chain.title) for chain in lonely)
    return found


def _chain_warnings(chain: Chain, arranged: Arranged, methods: Mapping[str, Method]) -> Sequence[Notice]:
    found: list[Notice] = []
    users = arranged.events_with(chain.name)
    if not users:
        found.append(Notice(Oddity.UNUSED))
    found.extend(Notice(Oddity.UNKNOWN_METHOD, name) for name in chain.methods if name not in methods)
    if chain.required:
        stronger = arranged.chains.get(chain.required)
        return [*found, Notice(Oddity.SHORTENED, stronger.title if stronger else chain.required)]
    is_for_setup = bool(users) and all(event.name == SETUP_EVENT for event in users)
    if factors(chain, methods) < _TWO and not is_for_setup and not chain.is_supplement:
        is_sms = all("sms" in methods[name].amr for name in chain.methods if name in methods)
        found.append(Notice(Oddity.SMS_ONLY if is_sms else Oddity.ONE_FACTOR))
    return found
