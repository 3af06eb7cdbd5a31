"""Keeps logon processes: their secret as a keyed hash, their progress guarded against two answers at once."""

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Update, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, post, rowcount
from authsms.foundation.errors import NotFoundError
from authsms.foundation.vault import Vault
from authsms.logon.catalog import Chain
from authsms.logon.continuations import Continuation
from authsms.logon.machine import Asks, MessageKey, Progress, Prompt, Status
from authsms.logon.models import LOGON_PROCESS
from authsms.logon.steps import Client, Ticket
from authsms.logon.subject import Known, Subject

LIFETIME = timedelta(minutes=10)
_KEPT = timedelta(days=1)
OVER = "This login is over. Please start again."
_MOMENTS = ("expires_at", "resend_at", "hold_until")
_ASKED = tuple(field.name for field in fields(Asks))
_KNOWN = tuple(field.name for field in fields(Known))
# Built once: putting a statement together costs several times what running it does.
_P = LOGON_PROCESS.c
_IS_OPEN = (_P.status == Status.MORE_DATA.value) & (_P.expires_at > bindparam("moment"))
_FIND = select(LOGON_PROCESS).where(_P.id == bindparam("wanted"), _P.secret_hash == bindparam("proof"), _IS_OPEN)
_WATCH = select(LOGON_PROCESS).where(_P.id == bindparam("wanted"), _IS_OPEN)
_CHANGE = update(LOGON_PROCESS).where(_P.id == bindparam("wanted"), _P.serial == bindparam("seen"), _IS_OPEN)
_NOTE = _CHANGE.values(failures=_P.failures + bindparam("counted"))
_INSERT = insert(LOGON_PROCESS)


@dataclass(frozen=True, slots=True)
class Process:
    """One walk of one person through one chain.

    Attributes:
        secret_hash: Keyed hash of the secret that the browser holds now.
        serial: Grows whenever the open question changes; an answer counts only for the serial it was given to.
        known: Who was found, once somebody looked.
        phantom: Somebody looked and there is nobody.
        endpoint: Name of the calling endpoint, for people; empty for a direct visit.
        return_to: Local path to go to in the end.
        is_supplement: It only completes what the endpoint has begun.
        is_strict: No chain that a stronger sign-in has unlocked will do.
        is_chosen: The chain was asked for, or chosen; nobody is asked about it again.
        is_stored: It has a row already; a new one is stored once it is known what its first answer has come to.
    """

    id: str
    secret_hash: str
    serial: int
    event: str
    chain: str
    progress: Progress
    typed: str
    login: str
    known: Known | None
    phantom: bool
    endpoint: str
    return_to: str | None
    expires_at: datetime
    is_supplement: bool = False
    is_strict: bool = False
    is_chosen: bool = False
    is_stored: bool = True

    def about(self, subject: Subject) -> "Process":
        """Return the process with what is known of *subject* by now."""
        return replace(self, known=subject.known, phantom=subject.is_identified and subject.known is None)


class Processes:
    """Stores and finds logon processes."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    def open(
        self, event: str, chain: Chain, subject: Subject, client: Client, waiting: Continuation | None
    ) -> tuple[Process, str]:
        """Return a process that is not stored yet, at the beginning of a chain, and its secret."""
        process_id = self._vault.new_id()
        secret, secret_hash = self.new_secret(process_id)
        process = Process(
            id=process_id,
            secret_hash=secret_hash,
            serial=0,
            event=event,
            chain=chain.name,
            progress=Progress(chain.methods),
            typed=subject.typed,
            login=subject.login,
            known=None,
            phantom=False,
            endpoint=waiting.endpoint if waiting else client.endpoint,
            return_to=waiting.path if waiting else None,
            expires_at=self._clock.now() + LIFETIME,
            is_supplement=waiting is not None and waiting.is_vouched,
            is_strict=client.is_strict or (waiting is not None and waiting.is_strict),
            is_stored=False,
        )
        return process, secret

    def new_secret(self, process_id: str) -> tuple[str, str]:
        """Draw a secret for a process and return it with the hash to store."""
        secret = self._vault.new_token()
        return secret, self._hash(process_id, secret)

    def load(self, ticket: Ticket) -> Process:
        """Return the open process of *ticket*.

        Raises:
            NotFoundError: It is unknown, finished, failed, cancelled or expired, or the secret is another browser's;
                the words are the same for all of these.
        """
        wanted = {
            "wanted": ticket.process_id,
            "proof": self._hash(ticket.process_id, ticket.secret),
            "moment": self._clock.now(),
        }
        with self._database.read() as session:
            row = session.execute(_FIND, wanted).mappings().one_or_none()
        if row is None:
            raise NotFoundError(OVER)
        return _process(row)

    def watch(self, process_id: str) -> Process | None:
        """Return an open process without asking for its secret; for the server's own work, never for a browser."""
        with self._database.read() as session:
            row = session.execute(_WATCH, {"wanted": process_id, "moment": self._clock.now()}).mappings().one_or_none()
        return None if row is None else _process(row)

    def insert(self, session: Session, process: Process) -> None:
        """Store a new process."""
        times = {"started_at": self._clock.now(), "expires_at": process.expires_at}
        post(session, _INSERT, {"id": process.id, **_values(process), **times})

    def update(self, session: Session, process: Process) -> None:
        """Store a changed question, chain or end; of several callers who read the same serial one gets through.

        A process that has no row yet gets one.

        Raises:
            NotFoundError: Somebody else was faster; the caller's transaction is to be undone.
        """
        if process.is_stored:
            self._change(session, _CHANGE, process, _values(process) | {"serial": process.serial + 1})
        else:
            self.insert(session, replace(process, serial=process.serial + 1))

    def note_failure(self, session: Session, process: Process, *, counted: bool) -> None:
        """Store a refused answer; several at once all count, unless not *counted*, and the question stays the same.

        A process that has no row yet gets one.

        Raises:
            NotFoundError: The process has gone on or ended meanwhile.
        """
        if not process.is_stored:
            self.insert(session, process)
            return
        progress = process.progress
        values = {"asks": _pack(progress.asks), "status": _stored_status(progress.status), "counted": int(counted)}
        self._change(session, _NOTE, process, values)

    def cancel(self, session: Session, process: Process) -> None:
        """End a process on the person's wish.

        Raises:
            NotFoundError: It has gone on or ended meanwhile.
        """
        self._change(session, _CHANGE, process, {"status": Status.FAILED.value, "asks": None})

    def purge(self) -> int:
        """Delete processes that expired more than a day ago; return how many."""
        with self._database.write() as session:
            old = _P.expires_at < self._clock.now() - _KEPT
            return rowcount(session.execute(delete(LOGON_PROCESS).where(old)))

    def _change(self, session: Session, statement: Update, process: Process, values: dict[str, Any]) -> None:
        unchanged = {"wanted": process.id, "seen": process.serial, "moment": self._clock.now()}
        if rowcount(session.execute(statement, unchanged | values)) != 1:
            raise NotFoundError(OVER)

    def _hash(self, process_id: str, secret: str) -> str:
        return self._vault.keyed_hash("logon-secret", process_id, secret)


def _stored_status(status: Status) -> str:
    """Return the status as it is kept: NEXT is only ever told, what is kept waits for data."""
    return Status.MORE_DATA.value if status is Status.NEXT else status.value


def _values(process: Process) -> dict[str, Any]:
    progress = process.progress
    known = process.known and {name: getattr(process.known, name) for name in _KNOWN}
    if known:
        known["groups"] = sorted(known["groups"])
    return {
        "secret_hash": process.secret_hash,
        "serial": process.serial,
        "status": _stored_status(progress.status),
        "event": process.event,
        "chain": process.chain,
        "methods": list(progress.methods),
        "completed": list(progress.completed),
        "failures": progress.failures,
        "proofs": list(progress.proofs),
        "is_overdue": progress.is_overdue,
        "asks": _pack(progress.asks),
        "typed": process.typed,
        "login": process.login,
        "person": known,
        "phantom": process.phantom,
        "endpoint": process.endpoint,
        "return_to": process.return_to,
        "is_supplement": process.is_supplement,
        "is_strict": process.is_strict,
        "is_chosen": process.is_chosen,
    }


def _process(row: Any) -> Process:
    person = row["person"]
    progress = Progress(
        methods=tuple(row["methods"]),
        completed=tuple(row["completed"]),
        failures=row["failures"],
        status=Status(row["status"]),
        asks=_unpack(row["asks"]),
        proofs=tuple(row["proofs"]),
        is_overdue=row["is_overdue"],
    )
    return Process(
        id=row["id"],
        secret_hash=row["secret_hash"],
        serial=row["serial"],
        event=row["event"],
        chain=row["chain"],
        progress=progress,
        typed=row["typed"],
        login=row["login"],
        known=None if person is None else Known(**{**person, "groups": frozenset(person["groups"])}),
        phantom=row["phantom"],
        endpoint=row["endpoint"],
        return_to=row["return_to"],
        expires_at=row["expires_at"],
        is_supplement=row["is_supplement"],
        is_strict=row["is_strict"],
        is_chosen=row["is_chosen"],
    )


def _pack(asks: Asks | None) -> dict[str, Any] | None:
    if asks is None:
        return None
    packed = {name: getattr(asks, name) for name in _ASKED}
    for name in _MOMENTS:
        packed[name] = None if packed[name] is None else packed[name].isoformat()
    return packed


def _unpack(packed: dict[str, Any] | None) -> Asks | None:
    if packed is None:
        return None
    moments = {name: None if packed[name] is None else datetime.fromisoformat(packed[name]) for name in _MOMENTS}
    words = {"prompt": Prompt(packed["prompt"]), "message_key": MessageKey(packed["message_key"])}
    return Asks(**{**packed, **moments, **words})
