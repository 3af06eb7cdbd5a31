"""Events and their chains, as every logon needs them: read into memory, and again a few seconds later.

They change when an administrator changes them, and are needed at every step; a change by another process is seen within
five seconds, one by this process at once.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from authsms.foundation.db import Database
from authsms.foundation.errors import InvalidInputError, NotFoundError
from authsms.foundation.vault import Vault
from authsms.logon.models import ChainGroupRow, ChainMethodRow, ChainRow, EventChainRow, EventRow
from authsms.logon.overdue import OverdueRule
from authsms.logon.selection import Selection

_CHAINS, _GROUPS, _EVENTS = (select(row.__table__) for row in (ChainRow, ChainGroupRow, EventRow))
_METHODS, _RANKS = (select(row.__table__).order_by("position") for row in (ChainMethodRow, EventChainRow))
_FRESH_SECONDS = 5.0
NO_EVENT = "There is nothing to log in to at this address."
NO_CHAIN = "There is no such way to log in."


@dataclass(frozen=True, slots=True)
class Chain:
    """Methods that must all pass, in this order.

    Attributes:
        methods: Wire names.
        groups: Whose members may use it; empty: everybody.
        is_supplement: It only completes what an endpoint has begun, which has checked the password itself; nobody else
            can ask for it.
        required: Name of a stronger chain: only who has finished that one may use this one, for a while; empty: anybody
            may, at any time.
        grace_minutes: For how many minutes.
    """

    name: str
    title: str
    methods: tuple[str, ...]
    groups: frozenset[str] = frozenset()
    is_supplement: bool = False
    required: str = ""
    grace_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """A protected application or logon type.

    Attributes:
        chains: Best first.
        endpoints: Ids of the endpoints that may use it; empty: all, and direct visits.
        label: A word by which the sender policy tells texts of one house from those of another, or empty.
        overdue: What becomes of a right password that has to be changed.
        selection: Whether people choose among the chains.
    """

    name: str
    title: str
    chains: tuple[Chain, ...]
    endpoints: frozenset[str] = frozenset()
    label: str = ""
    overdue: OverdueRule = OverdueRule.DENY
    selection: Selection = Selection.OPTIONAL

    def only(self, *, supplement: bool) -> "Event":
        """Return the event with those of its chains that complete what an endpoint has begun, or with the others."""
        return replace(self, chains=tuple(chain for chain in self.chains if chain.is_supplement is supplement))

    def chain(self, name: str) -> Chain:
        """Return one of the chains.

        Raises:
            NotFoundError: The event has none of that name.
        """
        for chain in self.chains:
            if chain.name == name:
                return chain
        raise NotFoundError(NO_CHAIN)

    def admits(self, endpoint_id: str) -> bool:
        """Return whether an endpoint, or with an empty id a direct visit, may use this event."""
        return not self.endpoints or endpoint_id in self.endpoints


@dataclass(frozen=True, slots=True)
class Wanted:
    """An event as it shall be stored: of its chains only their names, best first."""

    name: str
    title: str
    chains: tuple[str, ...]
    endpoints: tuple[str, ...] = ()
    label: str = ""
    overdue: OverdueRule = OverdueRule.DENY
    selection: Selection = Selection.OPTIONAL

    @classmethod
    def of(cls, event: Event) -> "Wanted":
        """Return *event* as it is stored now."""
        chains, endpoints = tuple(chain.name for chain in event.chains), tuple(sorted(event.endpoints))
        return cls(event.name, event.title, chains, endpoints, event.label, event.overdue, event.selection)


@dataclass(frozen=True, slots=True)
class _Events:
    """Every event by name: whole, and seen by those who may ask for one kind of its chains."""

    whole: Mapping[str, Event]
    usual: Mapping[str, Event]
    supplement: Mapping[str, Event]

    @classmethod
    def of(cls, whole: Mapping[str, Event]) -> "_Events":
        """Return what each of them sees."""
        seen = [{name: event.only(supplement=one) for name, event in whole.items()} for one in (False, True)]
        return cls(whole, *seen)


class Catalog:
    """Finds and stores events and chains; safe to share between threads."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._lock = threading.Lock()
        self._events = _Events.of({})
        self._read_at: float | None = None

    def event(self, name: str, *, supplement: bool = False) -> Event:
        """Return the event called *name* with the chains that anybody may ask for.

        Args:
            name: Of the event.
            supplement: With those chains instead that only complete what an endpoint has begun.

        Raises:
            NotFoundError: There is none, or it has no such chains.
        """
        events = self._current()
        found = (events.supplement if supplement else events.usual).get(name)
        if found is None or not found.chains:
            raise NotFoundError(NO_EVENT)
        return found

    def events(self) -> list[Event]:
        """Return all events by name, with all their chains."""
        return sorted(self._current().whole.values(), key=lambda event: event.name)

    def is_shortened(self, event: str, chain: str) -> bool:
        """Return whether a chain of an event is only there after a stronger one."""
        found = self._current().whole.get(event)
        return found is not None and any(one.name == chain and one.required for one in found.chains)

    def save_chain(self, chain: Chain) -> None:
        """Store *chain*; one of the same name is replaced.

        Raises:
            InvalidInputError: It has no name or no methods, or asks for one of them twice.
        """
        with self._database.write() as session:
            write_chain(session, self._vault, chain)
        self.forget()

    def save_event(
        self, name: str, title: str, chains: Sequence[str], endpoints: Sequence[str] = (), *, label: str = ""
    ) -> None:
        """Store an event with stored chains, best first; one of the same name is replaced.

        Raises:
            InvalidInputError: It has no name or no chains.
            NotFoundError: A chain is not stored.
        """
        with self._database.write() as session:
            write_event(session, self._vault, Wanted(name, title, tuple(chains), tuple(endpoints), label))
        self.forget()

    def save_all(self, chains: Sequence[Chain], events: Sequence[Wanted]) -> None:
        """Store chains and then events as `save_chain` and `save_event` do, all of them or nothing.

        Raises:
            InvalidInputError: As there.
            NotFoundError: As there.
        """
        with self._database.write() as session:
            _write_chains(session, self._vault, chains)
            _write_events(session, self._vault, events)
        self.forget()

    def forget(self) -> None:
        """Look again at the next call: something was changed."""
        with self._lock:
            self._read_at = None

    def _current(self) -> _Events:
        read_at = self._read_at
        if read_at is not None and time.monotonic() - read_at < _FRESH_SECONDS:
            return self._events
        with self._lock:
            if self._read_at == read_at:
                started = time.monotonic()
                with self._database.read(at_one_moment=True) as session:
                    self._events = _Events.of(read_events(session))
                self._read_at = started
            return self._events


def write_chain(session: Session, vault: Vault, chain: Chain) -> None:
    """Write *chain* in a transaction; see `Catalog.save_chain`."""
    _write_chains(session, vault, [chain])


def _write_chains(session: Session, vault: Vault, chains: Sequence[Chain]) -> None:
    """Write *chains*, all with the same few statements: the first start of a server writes more than a dozen."""
    if not all(one.name and one.methods and len(set(one.methods)) == len(one.methods) for one in chains):
        raise InvalidInputError("A chain has a name and at least one method, each of them once.", field="methods")
    wanted = {chain.name: chain for chain in chains}
    rows = {row.name: row for row in session.scalars(select(ChainRow).where(ChainRow.name.in_(wanted)))}
    if stored := [row.id for row in rows.values()]:
        session.execute(delete(ChainMethodRow).where(ChainMethodRow.chain_id.in_(stored)))
        session.execute(delete(ChainGroupRow).where(ChainGroupRow.chain_id.in_(stored)))
    rows |= {name: ChainRow(id=vault.new_id(), name=name) for name in wanted if name not in rows}
    for name, chain in wanted.items():
        rows[name].title, rows[name].is_supplement = chain.title, chain.is_supplement
        rows[name].required, rows[name].grace_minutes = chain.required, chain.grace_minutes
    session.add_all(rows.values())
    session.flush()
    for name, chain in wanted.items():
        steps = enumerate(chain.methods)
        session.add_all(ChainMethodRow(chain_id=rows[name].id, position=at, method=method) for at, method in steps)
        session.add_all(ChainGroupRow(chain_id=rows[name].id, group=group) for group in sorted(chain.groups))


def write_event(session: Session, vault: Vault, wanted: Wanted) -> None:
    """Write an event in a transaction; see `Catalog.save_event`."""
    _write_events(session, vault, [wanted])


def _write_events(session: Session, vault: Vault, events: Sequence[Wanted]) -> None:
    """Write *events*, all with the same few statements."""
    if not all(one.name and one.chains for one in events):
        raise InvalidInputError("An event has a name and at least one chain.", field="chains")
    wanted, names = {event.name: event for event in events}, [chain for event in events for chain in event.chains]
    known = select(ChainRow.name, ChainRow.id).where(ChainRow.name.in_(names))
    ids = {row.name: row.id for row in session.execute(known)}
    if missing := [name for name in names if name not in ids]:
        raise NotFoundError("There is no chain called %(missing)s.", missing=missing[0])
    rows = {row.name: row for row in session.scalars(select(EventRow).where(EventRow.name.in_(wanted)))}
    if stored := [row.id for row in rows.values()]:
        session.execute(delete(EventChainRow).where(EventChainRow.event_id.in_(stored)))
    rows |= {name: EventRow(id=vault.new_id(), name=name) for name in wanted if name not in rows}
    for name, event in wanted.items():
        rows[name].title, rows[name].endpoints, rows[name].label = event.title, list(event.endpoints), event.label
        rows[name].overdue, rows[name].selection = event.overdue.value, event.selection.value
    session.add_all(rows.values())
    session.flush()
    for name, event in wanted.items():
        links = enumerate(ids[chain] for chain in event.chains)
        session.add_all(EventChainRow(event_id=rows[name].id, position=at, chain_id=chain) for at, chain in links)


def read_chains(session: Session) -> dict[str, Chain]:
    """Return all stored chains by id, used or not; what a session still holds back is not seen."""
    methods: dict[str, list[str]] = {}
    for step in session.execute(_METHODS):
        methods.setdefault(step.chain_id, []).append(step.method)
    groups: dict[str, set[str]] = {}
    for admitted in session.execute(_GROUPS):
        groups.setdefault(admitted.chain_id, set()).add(admitted.group_name)
    return {
        row.id: Chain(
            *(row.name, row.title, tuple(methods.get(row.id, ())), frozenset(groups.get(row.id, ()))),
            is_supplement=row.is_supplement,
            required=row.required,
            grace_minutes=row.grace_minutes,
        )
        for row in session.execute(_CHAINS)
    }


def read_events(session: Session) -> dict[str, Event]:
    """Return all stored events by name; what a session still holds back is not seen."""
    chains = read_chains(session)
    ranked: dict[str, list[Chain]] = {}
    for link in session.execute(_RANKS):
        ranked.setdefault(link.event_id, []).append(chains[link.chain_id])
    return {
        row.name: Event(
            *(row.name, row.title, tuple(ranked.get(row.id, ())), frozenset(row.endpoints), row.label),
            *(OverdueRule(row.overdue), Selection(row.selection)),
        )
        for row in session.execute(_EVENTS)
    }
