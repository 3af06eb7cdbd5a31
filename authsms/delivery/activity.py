"""The messages as they are looked through: filtered, newest first, a portion at a time; nothing is changed here.

Portions follow one another by the place of their last message, not by a number: what arrives meanwhile shifts nothing,
and the thousandth portion costs what the first one does. Texts and whole numbers are not read at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Select, Table, and_, or_, select, union
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from authsms.delivery.models import TROUBLE, Attempt, Message, ReceiptRecord
from authsms.delivery.repeats import AttemptEnd
from authsms.delivery.states import LIVE, MessageState
from authsms.foundation.db import Database
from authsms.foundation.errors import NotFoundError
from authsms.foundation.phone import PhoneNumber
from authsms.foundation.vault import Vault
from authsms.senders.submission import Purpose
from authsms.senders.webhook import ReceiptState

MOST: Final = 500
"""Messages in one portion at most."""

_message = cast("Table", Message.__table__).c
_attempt = cast("Table", Attempt.__table__).c
_receipt = cast("Table", ReceiptRecord.__table__).c
_TROUBLED: Final = frozenset({MessageState.FAILED, MessageState.UNKNOWN, MessageState.STALE, MessageState.WITHHELD})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands among all of them."""

    created_at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class LoggedMessage:
    """A message without its text and without its recipient's number.

    Attributes:
        due_at: When it is tried next; None when it is under way or has ended.
        failure: A `Failure` or `Withheld` word, or empty.
        code: The provider's own code, or empty.
        detail: The provider's own words, bounded and printable, yet foreign: escape them.
    """

    id: str
    state: MessageState
    purpose: Purpose
    masked: str
    reference: str
    person_key: str
    login: str
    process_id: str
    service: str
    provider_id: str
    failure: str
    code: str
    detail: str
    attempts: int
    segments: int | None
    in_flight: bool
    created_at: datetime
    due_at: datetime | None
    expires_at: datetime
    accepted_at: datetime | None
    finished_at: datetime | None

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.created_at, self.id)

    @property
    def is_live(self) -> bool:
        """Whether its text may still be handed to a provider."""
        return self.state in LIVE


@dataclass(frozen=True, slots=True)
class LoggedAttempt:
    """One try to hand a message over; ``end`` is None while it is under way."""

    number: int
    service: str
    started_at: datetime
    finished_at: datetime | None
    end: AttemptEnd | None
    code: str
    detail: str
    provider_id: str
    not_before: datetime | None


@dataclass(frozen=True, slots=True)
class LoggedReceipt:
    """What a provider reported."""

    state: ReceiptState
    word: str
    code: str
    opted_out: bool
    occurred_at: datetime | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything that is known of one message; attempts and receipts oldest first."""

    message: LoggedMessage
    tries: Sequence[LoggedAttempt]
    receipts: Sequence[LoggedReceipt]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which messages; what is left empty does not matter.

    Attributes:
        since: The first moment that counts.
        until: The first moment that does not count any more.
        person_keys: People by their immutable keys.
        stranger: A user name that nobody has, as it was typed; with *person_keys* either will do.
        number: Keyed hash of the recipient's number, from `Activity.number_of`.
        provider_id: A provider's id of a message, or ours.
        reference: What they belong to, e.g. ``notice:<name>``.
    """

    states: frozenset[MessageState] = frozenset()
    service: str = ""
    purpose: Purpose | None = None
    since: datetime | None = None
    until: datetime | None = None
    person_keys: Sequence[str] = ()
    stranger: str = ""
    number: str = ""
    provider_id: str = ""
    reference: str = ""


_COLUMNS: Final = tuple(_message[field.name] for field in fields(LoggedMessage))


class Activity:
    """Looks messages up."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def portion(
        self, wanted: Wanted, *, services: Sequence[str], after: Place | None, size: int
    ) -> list[LoggedMessage]:
        """Return up to *size* messages, newest first.

        Args:
            wanted: Which ones.
            services: Names of the sender services there are; a provider's id is looked up among their attempts.
            after: Only what is older than that.
            size: At most `MOST`.
        """
        with self._database.read() as session:
            conditions = [*self._conditions(wanted), *_older(after)]
            if wanted.provider_id:
                conditions.append(_message.id.in_(_bearers(session, wanted.provider_id, services)))
            query = (
                select(*_COLUMNS)
                .where(*conditions)
                .order_by(_message.created_at.desc(), _message.id.desc())
                .limit(min(size, MOST))
            )
            return [_logged(row) for row in session.execute(query)]

    def dossier(self, message_id: str) -> Dossier:
        """Return all there is about one message.

        Raises:
            NotFoundError: There is none of that id, or it has been purged.
        """
        with self._database.read() as session:
            row = session.execute(select(*_COLUMNS).where(_message.id == message_id)).one_or_none()
            if row is None:
                raise NotFoundError("There is no such message; old ones are deleted.")
            tries = session.execute(_OF_ATTEMPT.where(_attempt.message_id == message_id)).all()
            receipts = session.execute(_OF_RECEIPT.where(_receipt.message_id == message_id)).all()
        return Dossier(_logged(row), [_try(one) for one in tries], [_reported(one) for one in receipts])

    def newest_of(self, reference: str) -> LoggedMessage | None:
        """Return the newest message of *reference*, e.g. ``challenge:<id>``."""
        query = select(*_COLUMNS).where(_message.reference == reference)
        with self._database.read() as session:
            row = session.execute(query.order_by(_message.created_at.desc(), _message.id.desc()).limit(1)).one_or_none()
        return None if row is None else _logged(row)

    def number_of(self, phone: PhoneNumber) -> str:
        """Return the keyed hash under which messages to *phone* are kept; it may stand in an address."""
        return self._vault.keyed_hash("recipient", phone)

    @staticmethod
    def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
        conditions = list(_in_state(wanted.states))
        exact = ((_message.service, wanted.service), (_message.reference, wanted.reference))
        for column, word in (*exact, (_message.recipient_hash, wanted.number)):
            if word:
                conditions.append(column == word)
        if wanted.purpose is not None:
            conditions.append(_message.purpose == wanted.purpose.value)
        if wanted.since is not None:
            conditions.append(_message.created_at >= wanted.since)
        if wanted.until is not None:
            conditions.append(_message.created_at < wanted.until)
        if wanted.person_keys or wanted.stranger:
            conditions.append(_of_person(wanted.person_keys, wanted.stranger))
        return conditions


_LIVING: Final = union(
    select(_message.id).where(_message.due_at.is_not(None)), select(_message.id).where(_message.owner.is_not(None))
)
_OF_ATTEMPT: Final[Select[Any]] = select(
    _attempt.number,
    _attempt.service,
    _attempt.started_at,
    _attempt.finished_at,
    _attempt.end,
    _attempt.code,
    _attempt.detail,
    _attempt.provider_id,
    _attempt.not_before,
).order_by(_attempt.number)
_OF_RECEIPT: Final[Select[Any]] = select(
    _receipt.state, _receipt.word, _receipt.code, _receipt.opted_out, _receipt.occurred_at, _receipt.received_at
).order_by(_receipt.received_at, _receipt.key)


def _in_state(states: frozenset[MessageState]) -> list[ColumnElement[bool]]:
    """Return conditions for *states*, worded so that rare ones are found through the small indexes."""
    if not states:
        return []
    conditions: list[ColumnElement[bool]] = [_message.state.in_(sorted(state.value for state in states))]
    if states <= _TROUBLED:
        conditions.append(cast("ColumnElement[bool]", sql(TROUBLE)))
    elif states <= frozenset(LIVE):
        conditions.append(_message.id.in_(_LIVING))
    return conditions


def _older(place: Place | None) -> list[ColumnElement[bool]]:
    if place is None:
        return []
    same_moment = and_(_message.created_at == place.created_at, _message.id < place.id)
    return [_message.created_at <= place.created_at, or_(_message.created_at < place.created_at, same_moment)]


def _of_person(keys: Sequence[str], stranger: str) -> ColumnElement[bool]:
    known = _message.person_key.in_([key for key in keys if key])
    return or_(known, and_(_message.person_key == "", _message.login == stranger)) if stranger else known


def _bearers(session: Session, provider_id: str, services: Sequence[str]) -> set[str]:
    """Return the ids of the messages that a provider, or we, call *provider_id*."""
    attempts = select(_attempt.message_id).where(
        _attempt.service.in_(services), _attempt.provider_id == provider_id, _attempt.provider_id.is_not(None)
    )
    receipts = select(_receipt.message_id).where(_receipt.provider_id == provider_id, _receipt.message_id.is_not(None))
    found = {*session.execute(attempts).scalars(), *session.execute(receipts).scalars()}
    return {*found, provider_id}


def _logged(row: Any) -> LoggedMessage:
    message_id, state, purpose, *further = row
    return LoggedMessage(message_id, MessageState(state), Purpose(purpose), *further)


def _try(row: Any) -> LoggedAttempt:
    end = AttemptEnd(row.end) if row.finished_at is not None and row.end else None
    return LoggedAttempt(
        row.number,
        row.service,
        row.started_at,
        row.finished_at,
        end,
        row.code,
        row.detail,
        row.provider_id or "",
        row.not_before,
    )


def _reported(row: Any) -> LoggedReceipt:
    return LoggedReceipt(ReceiptState(row.state), *row[1:])
