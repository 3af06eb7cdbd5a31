"""Mails that are to go out: one row each, written in the transaction of what the mail tells.

Taking a mail moves its next try on first, so that a process that dies in between costs nothing but time, and of two
processes one tries. A process that dies after the server took the mail makes it come twice, with the same Message-ID.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.delivery.mail_models import MAIL
from authsms.delivery.models import fit
from authsms.foundation import metrics
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.vault import Vault

PATIENCE: Final = timedelta(days=1)
"""What could not be handed over by then is given up."""
WAITS: Final = (
    *(timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=30)),
    *(timedelta(hours=1), timedelta(hours=2), timedelta(hours=4), timedelta(hours=8)),
)
"""Pauses between tries; the first is longer than one try may take, see `MailSettings.timeout_seconds`."""
REMEMBERED: Final = timedelta(days=1)
"""How long `MailQueue.given_up` tells of a mail."""
_AT_ONCE: Final = 50
_M = MAIL.c


@dataclass(frozen=True, slots=True)
class Mail:
    """What one person is written.

    Attributes:
        id: From `Vault.new_id`; the Message-ID is made of it.
        address: From `read_address`.
        written_at: When.
    """

    id: str
    address: str = field(repr=False)
    subject: str
    body: str = field(repr=False)
    locale: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class MailDraft:
    """A mail that is to go out, and whom and what it is about."""

    mail: Mail
    kind: str
    person_key: str
    login: str


@dataclass(frozen=True, slots=True)
class DueMail:
    """A mail that is to be tried now; what it says is still sealed."""

    id: str
    person_key: str
    login: str
    kind: str
    tries: int
    created_at: datetime
    content: bytes = field(repr=False)


class MailQueue:
    """Writes down, hands out and settles mails."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, audit: AuditTrail) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._audit = audit

    def enqueue(self, session: Session, draft: MailDraft) -> None:
        """Write a mail within the caller's transaction."""
        mail = draft.mail
        content = json.dumps([mail.address, mail.subject, mail.body, mail.locale]).encode()
        row = {
            "id": mail.id,
            "person_key": draft.person_key,
            "login": draft.login,
            "kind": draft.kind,
            "content": self._vault.seal(content, context=_place(mail.id)),
            "tries": 0,
            "due_at": mail.written_at,
            "failure": "",
            "created_at": mail.written_at,
        }
        session.execute(insert(MAIL), [row])

    def due(self) -> Sequence[DueMail]:
        """Return some mails that are due, oldest first."""
        columns = (_M.id, _M.person_key, _M.login, _M.kind, _M.tries, _M.created_at, _M.content)
        query = select(*columns).where(_M.due_at <= self._clock.now()).order_by(_M.due_at, _M.id).limit(_AT_ONCE)
        with self._database.read() as session:
            return [DueMail(*row) for row in session.execute(query)]

    def take(self, due: DueMail) -> bool:
        """Count a try that begins now; False when another process has begun it, or the mail is gone."""
        mine = update(MAIL).where(_M.id == due.id, _M.tries == due.tries, _M.due_at.is_not(None))
        with self._database.write() as session:
            taken = session.execute(mine.values(tries=due.tries + 1, due_at=self._clock.now() + _pause(due)))
            return rowcount(taken) == 1

    def opened(self, due: DueMail) -> Mail:
        """Return what a mail says.

        Raises:
            SealBrokenError: It cannot be opened; nobody ever can.
        """
        words = json.loads(self._vault.unseal(due.content, context=_place(due.id)))
        address, subject, body, locale = map(str, words)
        return Mail(due.id, address, subject, body, locale, due.created_at)

    def settle(self, due: DueMail, failure: str = "", *, is_final: bool = False) -> None:
        """Write what became of a try: nothing went wrong, or *failure*, after which a further try may be in vain."""
        is_over = is_final or self._clock.now() + _pause(due) > due.created_at + PATIENCE
        if failure and not is_over:
            with self._database.write() as session:
                session.execute(update(MAIL).where(_M.id == due.id).values(failure=fit(failure, 100)))
        else:
            self._finish(due, failure)
        outcome = "sent" if not failure else "given-up" if is_over else "postponed"
        metrics.MAILS.labels(outcome).inc()

    def give_up_old(self, failure: str) -> None:
        """Give up what is due and too old, for nothing can be handed over because of *failure*."""
        now = self._clock.now()
        for due in self.due():
            if due.created_at + PATIENCE < now and self.take(due):
                self.settle(due, failure, is_final=True)

    def given_up(self) -> int:
        """Return how many mails have been given up of late."""
        of_late = _M.finished_at >= self._clock.now() - REMEMBERED
        query = select(func.count()).select_from(MAIL).where(_M.due_at.is_(None), _M.failure != "", of_late)
        with self._database.read() as session:
            return session.execute(query).scalar_one()

    def purge(self, kept: timedelta) -> int:
        """Delete what was written longer ago than *kept*, whatever became of it; return how many."""
        with self._database.write() as session:
            return rowcount(session.execute(delete(MAIL).where(_M.created_at < self._clock.now() - kept)))

    def _finish(self, due: DueMail, failure: str) -> None:
        done = {"content": None, "due_at": None, "finished_at": self._clock.now(), "failure": fit(failure, 100)}
        with self._database.write() as session:
            session.execute(update(MAIL).where(_M.id == due.id).values(**done))
            if failure:
                details = {"mail": due.id, "about": due.kind, "reason": failure}
                entry = AuditEntry(AuditTag.MAIL_GIVEN_UP, person_key=due.person_key, login=due.login, details=details)
                self._audit.record(session, entry)


def _pause(due: DueMail) -> timedelta:
    return WAITS[min(due.tries, len(WAITS) - 1)]


def _place(mail_id: str) -> str:
    return f"mail.content:{mail_id}"
