"""What somebody at a desk did to somebody else: it stands in the trail of both."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from authsms.administration.actors import Actor
from authsms.administration.rights import Right
from authsms.audit import AuditEntry, AuditTag, AuditTrail, Detail


@dataclass(frozen=True, slots=True)
class Whom:
    """The person something is done to; the login is empty when nobody knows it any more."""

    key: str
    login: str


def note_deed(session: Session, audit: AuditTrail, actor: Actor, whom: Whom, tag: AuditTag, **details: Detail) -> None:
    """Record a deed under the name of whoever did it, and in the history of whom it was done to."""
    deed = {**details, "person": whom.key, "of": whom.login}
    audit.record(
        session,
        AuditEntry(tag, person_key=actor.person_key, login=actor.login, address=actor.address, details=deed),
    )
    if whom.key != actor.person_key:
        done = {**details, "by": actor.login}
        audit.record(session, AuditEntry(tag, person_key=whom.key, login=whom.login, details=done))


def guard_administrators(actor: Actor, key: str, is_administrator: Callable[[str], bool]) -> None:
    """Let only those act on an administrator who may change who is one.

    Raises:
        ForbiddenError: He may not.
        ProofNeededError: He may, once he has proven again who he is.
    """
    if key != actor.person_key and is_administrator(key):
        actor.require(Right.ADMINISTRATORS_EDIT)
