"""Failures in a row of one person with one method, and what they cost: a wait that grows, in the end the method itself.

The count belongs to the account (NIST SP 800-63B-4, 3.1.3.2): a new code, another session, another door or a restart
leaves it as it is. Only a success ends the row, or an administrator who binds the method again.

The same row knows the number that codes last came back from, and another one that was seen since: so a login that reads
and writes the failures needs no further statement to notice that a number was changed. Nor does it need one to know in
which language to write: that is read along.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, case, delete, literal, select, update
from sqlalchemy.orm import Session

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, post, rowcount
from authsms.foundation.sections import OtpSettings
from authsms.identity.preferences import kept_language
from authsms.otp.engine import HoldLadder
from authsms.otp.models import METHOD_FAILURE

_FORGOTTEN_AFTER = timedelta(days=400)
_F = METHOD_FAILURE.c
_THIS = (_F.person_key == bindparam("of_person")) & (_F.method == bindparam("of_method"))
_SET = update(METHOD_FAILURE).where(_THIS)
_ALWAYS = select(literal(1).label("always")).subquery()
_STANDING = select(
    *(_F.failures, _F.held_until, _F.disabled, _F.number_hash, _F.number, _F.new_number_hash, _F.new_number_from),
    kept_language(bindparam("of_person", type_=_F.person_key.type)).label("language"),
).select_from(_ALWAYS.outerjoin(METHOD_FAILURE, _THIS))
_FORGET = update(METHOD_FAILURE).where(_THIS, _F.failures > 0).values(failures=0, held_until=None, disabled=False)
_SUCCEED = _SET.values(failures=0, held_until=None, disabled=False, new_number_hash="", new_number_from=None)
_TAKE_BACK = _SET.where(_F.failures >= bindparam("counted")).values(
    failures=_F.failures - 1,
    held_until=case((_F.held_until == bindparam("hold", type_=_F.held_until.type), None), else_=_F.held_until),
    disabled=_F.disabled & ~bindparam("was_last", type_=_F.disabled.type),
)
_BIND = _SUCCEED.values(number_hash=bindparam("fingerprint"), number=bindparam("sealed", type_=_F.number.type))
_AWAIT = _SET.values(
    new_number_hash=bindparam("fingerprint"), new_number_from=bindparam("moment", type_=_F.new_number_from.type)
)


@dataclass(frozen=True, slots=True)
class Binding:
    """A phone number as it is kept of a person.

    Attributes:
        fingerprint: Keyed hash of the number and its owner.
        sealed: The number, or None when it is not kept.
    """

    fingerprint: str = ""
    sealed: bytes | None = field(default=None, repr=False)


UNBOUND: Final = Binding()
"""No number."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands with a method.

    Attributes:
        failures: Failures in a row.
        held_until: No attempt is checked before this; None when it may be tried at once.
        disabled: The method must be bound again.
        bound: The number that codes last came back from.
        waiting: Fingerprint of another one that was seen since, or empty.
        waits_until: From when on that one may be used.
        language: The language the person keeps, or empty.
    """

    failures: int = 0
    held_until: datetime | None = None
    disabled: bool = False
    bound: Binding = UNBOUND
    waiting: str = ""
    waits_until: datetime | None = None
    language: str = ""


class HeldError(Exception):
    """No attempt may be made now; whatever was written for it is to be undone."""


class FailureCounter:
    """Counts failures in a row."""

    def __init__(self, database: Database, clock: Clock, settings: OtpSettings) -> None:
        self._clock = clock
        self._ladder = HoldLadder(settings.hold_after, settings.failure_cap)
        may_try = _F.held_until.is_(None) | (_F.held_until <= bindparam("moment", type_=_F.held_until.type))
        self._add = (
            database.insert(METHOD_FAILURE)
            .on_conflict_do_update(
                index_elements=[_F.person_key, _F.method],
                set_={"failures": _F.failures + 1, "failed_at": bindparam("moment", type_=_F.failed_at.type)},
                where=~_F.disabled & may_try,
            )
            .returning(_F.failures)
        )
        fresh = database.insert(METHOD_FAILURE)
        number = {name: fresh.excluded[name] for name in ("number_hash", "number")}
        self._replace = fresh.on_conflict_do_update(
            index_elements=[_F.person_key, _F.method], set_={**number, "new_number_hash": "", "new_number_from": None}
        )

    def add(self, session: Session, person_key: str, method: str) -> Standing:
        """Count an attempt as failed before it is checked; return what holds if it really fails.

        Raises:
            HeldError: The person is on hold or the method is disabled; nothing was counted.
        """
        now = self._clock.now()
        first = {"failures": 1, "held_until": None, "disabled": False, "failed_at": now, "moment": now}
        failures = session.execute(
            self._add, {"person_key": person_key, "method": method, **first}
        ).scalar_one_or_none()
        if failures is None:
            raise HeldError
        hold = self._ladder.hold(failures)
        standing = Standing(failures, now + hold if hold else None, self._ladder.disables(failures))
        if standing.held_until or standing.disabled:
            values = {"held_until": standing.held_until, "disabled": standing.disabled}
            session.execute(_SET, {"of_person": person_key, "of_method": method, **values})
        return standing

    def take_back(self, session: Session, person_key: str, method: str, standing: Standing) -> None:
        """Undo one attempt that `add` returned *standing* for, because nothing was compared.

        Nothing is forgiven that others were charged with: of several at once, one or the other may stay charged.
        """
        mine = {"counted": standing.failures, "hold": standing.held_until, "was_last": standing.disabled}
        session.execute(_TAKE_BACK, {"of_person": person_key, "of_method": method, **mine})

    def standing(self, session: Session, person_key: str, method: str) -> Standing:
        """Return how a person stands; a hold that is over is not reported."""
        row = session.execute(_STANDING, {"of_person": person_key, "of_method": method}).one()
        language = row.language or ""
        if row.failures is None:
            return Standing(language=language)
        held = row.held_until if row.held_until is not None and row.held_until > self._clock.now() else None
        bound = Binding(row.number_hash, row.number)
        return Standing(row.failures, held, row.disabled, bound, row.new_number_hash, row.new_number_from, language)

    def forget(self, session: Session, person_key: str, method: str) -> bool:
        """End the row of failures, after a success or when the method is bound again; False when there was none."""
        return rowcount(session.execute(_FORGET, {"of_person": person_key, "of_method": method})) > 0

    def succeed(self, session: Session, person_key: str, method: str, binding: Binding) -> None:
        """End the row of failures after a right code, and bind the number it came back from unless it is empty.

        Another number that was waiting meanwhile waits anew should it ever come back.
        """
        this = {"of_person": person_key, "of_method": method}
        if binding.fingerprint:
            post(session, _BIND, {**this, "fingerprint": binding.fingerprint, "sealed": binding.sealed})
        else:
            post(session, _SUCCEED, this)

    def bind(self, session: Session, person_key: str, method: str, binding: Binding) -> None:
        """Let a number be the one that codes come back from; the failures stay."""
        first = {"failures": 0, "held_until": None, "disabled": False, "failed_at": self._clock.now()}
        bound = {"number_hash": binding.fingerprint, "number": binding.sealed}
        none = {"new_number_hash": "", "new_number_from": None}
        session.execute(self._replace, {"person_key": person_key, "method": method, **first, **bound, **none})

    def await_number(self, session: Session, person_key: str, method: str, fingerprint: str, moment: datetime) -> None:
        """Let another number than the bound one be used from *moment* on."""
        this = {"of_person": person_key, "of_method": method}
        session.execute(_AWAIT, {**this, "fingerprint": fingerprint, "moment": moment})

    def purge(self, session: Session) -> int:
        """Forget counts of nought and those nobody has added to for over a year; return how many.

        A number that is bound stays, or a changed one would pass for the first; of its row only the count is forgotten.
        """
        old = (_F.failed_at < self._clock.now() - _FORGOTTEN_AFTER) & ~_F.disabled
        is_bound, counts = _F.number_hash != "", _F.failures > 0
        gone = delete(METHOD_FAILURE).where(~is_bound, old | ~counts)
        reset = update(METHOD_FAILURE).where(is_bound, old, counts).values(failures=0, held_until=None)
        return rowcount(session.execute(gone)) + rowcount(session.execute(reset))
