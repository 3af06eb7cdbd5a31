"""Methods that people set up for themselves, on a seed that they and we share.

A seed is drawn here, shown once and kept sealed. It counts only when its owner has typed a code made from it: before
that nobody can be locked out, or let in, by an application that was never set up. The last time step that was accepted
is kept with it and grows by one conditional statement, so that of many right answers at once one is taken. Of a token
that counts, it is the counter of the last code that was accepted.

Seeds of tokens that were bought come by a file instead, and count at once.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import bindparam, delete, exists, or_, select, union_all, update
from sqlalchemy.orm import Session

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, after_commit, rowcount
from authsms.foundation.errors import ConflictError, gettext_noop
from authsms.foundation.glance import Glance
from authsms.foundation.vault import Vault
from authsms.logon import emergency, passkeys, recovery
from authsms.logon.models import ENROLLMENT
from authsms.otp.engine import (
    COMMON,
    Algorithm,
    Recipe,
    accept_hotp,
    accept_hotp_pair,
    accept_totp,
    encode_seed,
)

HOTP: Final = "HOTP:1"
PENDING_LIFETIME: Final = timedelta(minutes=15)
_NEVER: Final = -1


class EnrollmentState(StrEnum):
    """Whether a method may be used."""

    PENDING = "pending"
    ACTIVE = "active"


# Built once: putting a statement together costs several times what running it does.
_E = ENROLLMENT.c
_OF = (_E.person_key == bindparam("of_person")) & (_E.method == bindparam("of_method"))
_THIS = _E.id == bindparam("wanted")
_FIND = select(ENROLLMENT).where(_OF)
_DIGITS = select(_E.digits).where(_OF, _E.state == EnrollmentState.ACTIVE)
_READY = union_all(
    select(_E.method).where(_E.person_key == bindparam("of_person"), _E.state == EnrollmentState.ACTIVE),
    emergency.METHOD_OF,
    recovery.METHOD_OF,
    passkeys.METHOD_OF,
)
_IS_ANY = exists(select(_E.id).where(_E.state == EnrollmentState.ACTIVE))
_ANY = select(or_(_IS_ANY, emergency.ANY, recovery.IS_ANY, passkeys.IS_ANY))
_DROP_PENDING = delete(ENROLLMENT).where(_OF, _E.state == EnrollmentState.PENDING)
_SERIAL = select(exists(select(_E.id).where(_E.label == bindparam("serial"), _E.method == bindparam("of_method"))))
_REMOVE = delete(ENROLLMENT).where(_OF)
_CONFIRM = (
    update(ENROLLMENT)
    .where(_THIS, _E.state == EnrollmentState.PENDING)
    .values(state=EnrollmentState.ACTIVE, last_step=bindparam("step"), confirmed_at=bindparam("moment"))
)
_USE = (
    update(ENROLLMENT)
    .where(_THIS, _E.state == EnrollmentState.ACTIVE, _E.last_step < bindparam("step"))
    .values(last_step=bindparam("step"))
)


@dataclass(frozen=True, slots=True)
class Enrollment:
    """A method set up for a person, or about to be.

    Attributes:
        id: Changes with every seed.
        seed: Base32.
        last_step: Time step or counter of the last accepted code, -1 when there is none.
        label: What the application shows it as; of a token, its serial number.
        recipe: How its codes are made.
        is_given: It came by a file; its owner has not set it up, and cannot do so again.
    """

    id: str
    person_key: str
    method: str
    state: EnrollmentState
    seed: str = field(repr=False)
    last_step: int
    label: str
    created_at: datetime
    confirmed_at: datetime | None
    recipe: Recipe = COMMON
    is_given: bool = False

    @property
    def is_active(self) -> bool:
        """Whether it may be used."""
        return self.state is EnrollmentState.ACTIVE


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was bought.

    Attributes:
        serial: What it shows itself as.
        seed: What its codes are made from.
        counter: Counter of the next code that is accepted, where it has one; earlier codes are used up.
        recipe: How its codes are made.
    """

    serial: str
    seed: bytes = field(repr=False)
    counter: int = 0
    recipe: Recipe = COMMON


class Enrollments:
    """Keeps seeds; safe to share between threads.

    Args:
        database: Where they are.
        vault: Draws and seals them.
        clock: What time it is.
        recipe: How the codes of applications that are set up from now on are made.
    """

    def __init__(self, database: Database, vault: Vault, clock: Clock, recipe: Recipe = COMMON) -> None:
        self.recipe = recipe
        self._database = database
        self._vault = vault
        self._clock = clock
        self._any = Glance(self._look)
        fresh = database.insert(ENROLLMENT)
        columns = {name: fresh.excluded[name] for name in ("id", "seed", "label", "digits", "algorithm", "created_at")}
        self._assign = fresh.on_conflict_do_nothing().returning(_E.id)
        self._draw = fresh.on_conflict_do_update(
            index_elements=[_E.person_key, _E.method], set_=columns, where=_E.state == EnrollmentState.PENDING
        ).returning(_E.id)

    def ready(self, person_key: str) -> frozenset[str]:
        """Return what a person can use: what he has set up and confirmed, and what is left of codes and passwords."""
        wanted = {"of_person": person_key, "moment": self._clock.now()}
        with self._database.read() as session:
            return frozenset(session.execute(_READY, wanted).scalars())

    def are_used(self) -> bool:
        """Return whether anybody at all has set up a method, or has an emergency password, as of a second ago at most.

        As long as nobody has, a login need not look what its person has set up.
        """
        return self._any.get()

    def look_again(self, session: Session) -> None:
        """Let `are_used` look again once the caller's transaction, in which something was set up, is committed."""
        after_commit(session, self._any.look_again)

    def find(self, person_key: str, method: str) -> Enrollment | None:
        """Return what a person has of a method; one that was not confirmed in time is none.

        Raises:
            SealBrokenError: The key of its seed is gone; the method is to be set up again.
        """
        with self._database.read() as session:
            row = session.execute(_FIND, {"of_person": person_key, "of_method": method}).one_or_none()
        if row is None:
            return None
        is_stale = row.state == EnrollmentState.PENDING and row.created_at <= self._clock.now() - PENDING_LIFETIME
        return None if is_stale else self._view(row)

    def digits(self, person_key: str, method: str) -> int:
        """Return how long the codes of a method are that a person has set up; 0 when he has not."""
        with self._database.read() as session:
            found = session.execute(_DIGITS, {"of_person": person_key, "of_method": method}).scalar_one_or_none()
        return found or 0

    def draw(self, session: Session, person_key: str, method: str, label: str) -> None:
        """Draw a seed that waits for its first code; an earlier one that still waits is replaced.

        Applications that count make their codes with SHA-1 whatever is set: RFC 4226 knows nothing else.

        Raises:
            ConflictError: The method is set up already; remove it first.
        """
        recipe = replace(self.recipe, algorithm=Algorithm.SHA1) if method == HOTP else self.recipe
        values = self._fresh(person_key, method, label, self._vault.draw_seed(recipe.algorithm.seed_bytes), recipe)
        if session.execute(self._draw, values).one_or_none() is None:
            raise ConflictError(gettext_noop("An authenticator app is set up already. Remove it first."))

    def assign(self, session: Session, person_key: str, method: str, token: Token) -> bool:
        """Give a person a token, which counts at once; False when he has one of its kind, or an app, already."""
        session.execute(_DROP_PENDING, {"of_person": person_key, "of_method": method})
        active = {"state": EnrollmentState.ACTIVE, "confirmed_at": self._clock.now(), "last_step": token.counter - 1}
        values = self._fresh(person_key, method, token.serial, token.seed, token.recipe) | active | {"is_given": True}
        self.look_again(session)
        return session.execute(self._assign, values).one_or_none() is not None

    def is_assigned(self, session: Session, method: str, serial: str) -> bool:
        """Return whether somebody has the token with this serial number."""
        return bool(session.execute(_SERIAL, {"of_method": method, "serial": serial}).scalar_one())

    def step_of(self, enrollment: Enrollment, code: str) -> int | None:
        """Return the time step or counter of *code* (canonical), or None when it is wrong, or not newer than the last.

        Codes of a token that counts are looked for a little ahead: its button was pressed for nothing.
        """
        recipe, last = enrollment.recipe, enrollment.last_step
        if len(code) != recipe.digits:
            return None
        if enrollment.method == HOTP:
            following = accept_hotp(enrollment.seed, code, counter=last + 1, algorithm=recipe.algorithm)
            return None if following is None else following - 1
        now = self._clock.now()
        return accept_totp(enrollment.seed, code, now=now, last_step=last, algorithm=recipe.algorithm)

    @staticmethod
    def counter_of(enrollment: Enrollment, first: str, second: str) -> int | None:
        """Return the counter of the *second* of two codes in a row (canonical), searched for far ahead, or None."""
        recipe = enrollment.recipe
        if not len(first) == len(second) == recipe.digits:
            return None
        counter = enrollment.last_step + 1
        return accept_hotp_pair(enrollment.seed, first, second, counter=counter, algorithm=recipe.algorithm)

    def confirm(self, session: Session, enrollment: Enrollment, step: int) -> bool:
        """Let a method count from now on; False when that seed was replaced, removed or confirmed meanwhile."""
        confirmed = {"wanted": enrollment.id, "step": step, "moment": self._clock.now()}
        self.look_again(session)
        return rowcount(session.execute(_CONFIRM, confirmed)) > 0

    def use(self, session: Session, enrollment: Enrollment, step: int) -> bool:
        """Use the code of a time step, within the caller's transaction; of several callers one gets True."""
        return rowcount(session.execute(_USE, {"wanted": enrollment.id, "step": step})) > 0

    def remove(self, session: Session, person_key: str, method: str) -> bool:
        """Forget a method of a person and its seed; False when there was none."""
        return rowcount(session.execute(_REMOVE, {"of_person": person_key, "of_method": method})) > 0

    def purge(self) -> int:
        """Delete seeds that nobody has confirmed in time; return how many."""
        old = (_E.state == EnrollmentState.PENDING) & (_E.created_at <= self._clock.now() - PENDING_LIFETIME)
        with self._database.write() as session:
            return rowcount(session.execute(delete(ENROLLMENT).where(old)))

    def _look(self) -> bool:
        with self._database.read() as session:
            return bool(session.execute(_ANY, {"moment": self._clock.now()}).scalar_one())

    def _fresh(self, person_key: str, method: str, label: str, seed: bytes, recipe: Recipe) -> dict[str, Any]:
        identifier = self._vault.new_id()
        return {
            "id": identifier,
            "person_key": person_key,
            "method": method,
            "state": EnrollmentState.PENDING,
            "seed": self._vault.seal(seed, context=_place(identifier)),
            "last_step": _NEVER,
            "label": label,
            "digits": recipe.digits,
            "algorithm": recipe.algorithm.value,
            "is_given": False,
            "created_at": self._clock.now(),
            "confirmed_at": None,
        }

    def _view(self, row: Any) -> Enrollment:
        return Enrollment(
            row.id,
            row.person_key,
            row.method,
            EnrollmentState(row.state),
            encode_seed(self._vault.unseal(row.seed, context=_place(row.id))),
            row.last_step,
            row.label,
            row.created_at,
            row.confirmed_at,
            Recipe(row.digits, Algorithm(row.algorithm)),
            row.is_given,
        )


def _place(identifier: str) -> str:
    return f"enrollment.seed:{identifier}"
