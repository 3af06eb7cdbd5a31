"""Opt-outs: whom not to text, for administrators who are asked why somebody gets no codes.

Nobody sees a whole number; whoever looks for one has to type it. Lifting an opt-out overrules what its owner has said,
so it takes a reason, which is recorded. A provider that keeps a list of its own may refuse all the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from authsms.administration.actors import PROOF_LASTS, Actor
from authsms.administration.messages_export import line
from authsms.administration.rights import Right
from authsms.audit import AuditTag, AuditTrail
from authsms.audit.vocabulary import Author
from authsms.contacts.suppression import OptOut, SuppressionList
from authsms.foundation.db import Database
from authsms.foundation.errors import InvalidInputError, ProofNeededError
from authsms.foundation.phone import parse_phone
from authsms.identity.names import visible_part
from authsms.senders.service import SenderPolicyService

PORTION: Final = 50
LONGEST_REASON: Final = 300
_MOST_ROWS: Final = 50_000
_AT_ONCE: Final = 500
_COLUMNS: Final = ("id", "since", "recipient", "service", "sender", "source", "word")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Place = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class OptOutList:
    """A portion of opt-outs, newest first; ``older`` is the place after which the next one begins, or None."""

    items: Sequence[OptOut]
    older: Place | None


class OptOutDesk:
    """Shows opt-outs to whoever may see messages, and lifts them for whoever may act on messages."""

    def __init__(
        self,
        database: Database,
        audit: AuditTrail,
        suppressions: SuppressionList,
        senders: SenderPolicyService,
        default_region: str,
    ) -> None:
        self._database = database
        self._audit = audit
        self._suppressions = suppressions
        self._senders = senders
        self._default_region = default_region

    def portion(self, actor: Actor, *, after: Place | None = None, size: int = PORTION) -> OptOutList:
        """Return up to *size* opt-outs, newest first, those after the place *after*.

        Raises:
            ForbiddenError: The actor may not see messages.
        """
        actor.require(Right.MESSAGES_SEE)
        found = self._suppressions.portion(after=after, size=size + 1)
        return OptOutList(found[:size], place_of(found[size - 1]) if len(found) > size else None)

    def of_number(self, actor: Actor, phone: str) -> list[OptOut]:
        """Return what the owner of a number, in any spelling, has opted out of.

        Raises:
            ForbiddenError: As `portion`.
            InvalidInputError: It is no phone number; `field` is ``phone``.
        """
        actor.require(Right.MESSAGES_SEE)
        return self._suppressions.of(parse_phone(phone.strip(), default_region=self._default_region))

    def silent_services(self, actor: Actor) -> list[str]:
        """Return the services from which no text has ever come: their START would not reach us.

        Raises:
            ForbiddenError: As `portion`.
        """
        actor.require(Right.MESSAGES_SEE)
        names = (one.rule.name for one in self._senders.services() if one.rule.is_enabled)
        return sorted(name for name in names if not self._suppressions.hears(name))

    def lift(self, actor: Actor, opt_out_id: str, reason: str) -> None:
        """Let a number be texted again; *reason* says why its owner wants that.

        Raises:
            ForbiddenError: The actor may not act on messages.
            InvalidInputError: There is no reason, or a very long one; `field` is ``reason``.
            NotFoundError: It has been lifted already.
        """
        actor.require(Right.MESSAGES_ACT)
        words = visible_part(reason)
        if not words or len(words) > LONGEST_REASON:
            raise InvalidInputError("Say why, in up to 300 characters.", field="reason")
        self._suppressions.lift(opt_out_id, _author(actor), words)

    def export(self, actor: Actor) -> Iterator[str]:
        """Return the opt-outs as lines of CSV, newest first; recorded before the first one.

        Raises:
            ForbiddenError: As `portion`.
            ProofNeededError: So much at once is only given to somebody who has just proven who he is.
        """
        actor.require(Right.MESSAGES_SEE)
        if actor.proof_age > PROOF_LASTS:
            raise ProofNeededError("Sign in again to export opt-outs.")
        with self._database.write() as session:
            self._audit.record(session, _author(actor).entry(AuditTag.OPT_OUTS_EXPORTED))
        return self._written()

    def _written(self) -> Iterator[str]:
        yield line(_COLUMNS)
        after: Place | None = None
        for _ in range(_MOST_ROWS // _AT_ONCE):
            found = self._suppressions.portion(after=after, size=_AT_ONCE)
            yield from map(_row, found)
            if len(found) < _AT_ONCE:
                return
            after = place_of(found[-1])


def place_of(opt_out: OptOut) -> Place:
    """Return the place of an opt-out in the list."""
    return opt_out.since, opt_out.id


def write_place(place: Place | None) -> str:
    """Return a place as it stands in an address; empty for none."""
    return "" if place is None else f"{(place[0] - _EPOCH) // timedelta(microseconds=1)}.{place[1]}"


def read_place(text: str) -> Place | None:
    """Return the place that `write_place` has written; None when *text* is none."""
    count, _, key = text.partition(".")
    if not (count.isascii() and count.isdigit() and len(count) < 18 and key.isalnum()):  # noqa: PLR2004 - microseconds
        return None
    return _EPOCH + timedelta(microseconds=int(count)), key[:64]


def _author(actor: Actor) -> Author:
    return Author(actor.login, actor.person_key, actor.address)


def _row(one: OptOut) -> str:
    since = one.since.isoformat(timespec="seconds")
    return line((one.id, since, one.masked, one.service, one.sender, one.source.value, one.word))
