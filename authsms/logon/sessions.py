"""Login sessions: kept on the server, found by the keyed hash of a token that only the browser has."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.orm import Session

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.settings import SessionSettings
from authsms.foundation.vault import Vault
from authsms.logon.models import LoginSessionRow

_TOUCH_EVERY = timedelta(seconds=30)
_KEPT = timedelta(days=1)
_TOKEN_BYTES = 32
_USER_AGENT_LENGTH = 300


@dataclass(frozen=True, slots=True)
class LoginSession:
    """A person who is signed in.

    Attributes:
        id: Public id, for the list of sessions.
        person_key: Immutable key of the person.
        methods: What was proven, as amr words (RFC 8176), e.g. ``("pwd", "otp", "sms", "mfa")``.
        authenticated_at: When the chain was finished (auth_time).
        expires_at: End of the session however much it is used.
    """

    id: str
    person_key: str
    login: str
    display_name: str
    mail: str
    repository: str
    groups: frozenset[str]
    methods: tuple[str, ...]
    chain: str
    event: str
    address: str
    user_agent: str
    authenticated_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SessionDraft:
    """What is known of a session before it begins."""

    person_key: str
    login: str
    display_name: str
    mail: str
    repository: str
    groups: frozenset[str]
    methods: tuple[str, ...]
    chain: str
    event: str
    address: str
    user_agent: str


class LoginSessions:
    """Begins, finds and ends login sessions."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, settings: SessionSettings) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._settings = settings

    def begin(self, session: Session, draft: SessionDraft) -> str:
        """Store a new session within the caller's transaction and return its token, which is kept nowhere else."""
        token = self._vault.new_token(_TOKEN_BYTES)
        now = self._clock.now()
        session.execute(
            insert(LoginSessionRow).values(
                id=self._vault.new_id(),
                token_hash=self._hash(token),
                person_key=draft.person_key,
                login=draft.login,
                display_name=draft.display_name,
                mail=draft.mail,
                repository=draft.repository,
                groups=sorted(draft.groups),
                methods=list(draft.methods),
                chain=draft.chain,
                event=draft.event,
                address=draft.address,
                user_agent=draft.user_agent[:_USER_AGENT_LENGTH],
                authenticated_at=now,
                seen_at=now,
                expires_at=now + self._settings.absolute,
                ended_at=None,
            )
        )
        return token

    def find(self, token: str) -> LoginSession | None:
        """Return the live session of *token* and note its use; None when it is unknown, idle for too long or over."""
        now = self._clock.now()
        query = select(LoginSessionRow).where(LoginSessionRow.token_hash == self._hash(token), *self._alive(now))
        with self._database.read() as session:
            row = session.scalar(query)
            found = None if row is None else _view(row)
        if found is not None and now - found.seen_at >= _TOUCH_EVERY:
            self._touch(found.id, now)
        return found

    def get(self, session_id: str) -> LoginSession | None:
        """Return a live session by its public id, without noting a use: for what was issued in its name."""
        query = select(LoginSessionRow).where(LoginSessionRow.id == session_id, *self._alive(self._clock.now()))
        with self._database.read() as session:
            row = session.scalar(query)
            return None if row is None else _view(row)

    def list(self, person_key: str) -> list[LoginSession]:
        """Return the live sessions of one person, newest first."""
        query = (
            select(LoginSessionRow)
            .where(LoginSessionRow.person_key == person_key, *self._alive(self._clock.now()))
            .order_by(LoginSessionRow.authenticated_at.desc(), LoginSessionRow.id.desc())
        )
        with self._database.read() as session:
            return [_view(row) for row in session.scalars(query)]

    def end(self, session_id: str, person_key: str) -> bool:
        """End one session of *person_key*; False when it is not theirs or already over."""
        return self._end(LoginSessionRow.id == session_id, LoginSessionRow.person_key == person_key) > 0

    def end_token(self, token: str) -> bool:
        """End the session of *token* (log-out); False when there is none."""
        return self._end(LoginSessionRow.token_hash == self._hash(token)) > 0

    def end_others(self, person_key: str, *, keep: str) -> int:
        """End every session of one person but the one with the id *keep*; return how many there were."""
        return self._end(LoginSessionRow.person_key == person_key, LoginSessionRow.id != keep)

    def end_all(self, person_key: str) -> int:
        """End every session of one person; return how many there were."""
        return self._end(LoginSessionRow.person_key == person_key)

    def purge(self) -> int:
        """Delete sessions that ended or expired more than a day ago; return how many."""
        past = self._clock.now() - _KEPT
        with self._database.write() as session:
            ended = LoginSessionRow.ended_at < past
            return rowcount(session.execute(delete(LoginSessionRow).where(ended | (LoginSessionRow.expires_at < past))))

    def _end(self, *which: ColumnElement[bool]) -> int:
        now = self._clock.now()
        with self._database.write() as session:
            statement = update(LoginSessionRow).where(*which, *self._alive(now)).values(ended_at=now)
            return rowcount(session.execute(statement))

    def _touch(self, session_id: str, now: datetime) -> None:
        with self._database.write() as session:
            session.execute(
                update(LoginSessionRow)
                .where(LoginSessionRow.id == session_id, LoginSessionRow.seen_at < now, *self._alive(now))
                .values(seen_at=now)
            )

    def _alive(self, now: datetime) -> tuple[ColumnElement[bool], ...]:
        return (
            LoginSessionRow.ended_at.is_(None),
            LoginSessionRow.expires_at > now,
            LoginSessionRow.seen_at > now - self._settings.idle,
        )

    def _hash(self, token: str) -> str:
        return self._vault.keyed_hash("login-session", token)


def _view(row: LoginSessionRow) -> LoginSession:
    return LoginSession(
        id=row.id,
        person_key=row.person_key,
        login=row.login,
        display_name=row.display_name,
        mail=row.mail,
        repository=row.repository,
        groups=frozenset(row.groups),
        methods=tuple(row.methods),
        chain=row.chain,
        event=row.event,
        address=row.address,
        user_agent=row.user_agent,
        authenticated_at=row.authenticated_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
    )
