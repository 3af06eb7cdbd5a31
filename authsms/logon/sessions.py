"""Login sessions: kept on the server, found by the keyed hash of a token that only the browser has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, post, rowcount
from authsms.foundation.sections import SessionSettings
from authsms.foundation.vault import Vault
from authsms.identity.preferences import kept_language
from authsms.logon.block_models import PERSON_BLOCK
from authsms.logon.models import LOGIN_SESSION

_TOUCH_EVERY = timedelta(seconds=30)
_KEPT = timedelta(days=1)
_ONLY_LASTS = timedelta(minutes=10)
_TOKEN_BYTES = 32
_USER_AGENT_LENGTH = 300

# Built once: putting a statement together costs several times what running it does.
_S = LOGIN_SESSION.c
_IS_ALIVE = _S.ended_at.is_(None) & (_S.expires_at > bindparam("moment")) & (_S.seen_at > bindparam("idle_since"))
_INSERT = insert(LOGIN_SESSION)
_IS_FIT = _S.only_at == bindparam("here")
_WHOLE = select(LOGIN_SESSION, kept_language(_S.person_key).label("language"))
_BY_TOKEN = _WHOLE.where(_S.token_hash == bindparam("wanted"), _IS_ALIVE, _IS_FIT)
_BY_ID = _WHOLE.where(_S.id == bindparam("wanted"), _IS_ALIVE)
_IN_USE = _BY_ID.where(_IS_FIT)
_HELD = select(_S.id).where(_S.id == bindparam("wanted"), _IS_ALIVE).with_for_update()
_OF_PERSON = _WHOLE.where(_S.person_key == bindparam("wanted"), _IS_ALIVE).order_by(
    _S.authenticated_at.desc(), _S.id.desc()
)
_OF_BLOCKED = select(_S.person_key).where(_S.person_key.in_(select(PERSON_BLOCK.c.person_key)), _IS_ALIVE).distinct()
_TOUCH = (
    update(LOGIN_SESSION)
    .where(_S.id == bindparam("wanted"), _S.seen_at < bindparam("moment"), _IS_ALIVE)
    .values(seen_at=bindparam("moment"))
)


@dataclass(frozen=True, slots=True)
class LoginSession:
    """A person who is signed in.

    Attributes:
        id: Public id, for the list of sessions.
        person_key: Immutable key of the person.
        methods: What was proven, as amr words (RFC 8176), e.g. ``("pwd", "otp", "sms", "mfa")``.
        only_at: The one path at which it may be taken up, because it completes what the endpoint there began; empty
            for a session that says by itself who somebody is.
        authenticated_at: When the chain was finished (auth_time).
        expires_at: End of the session however much it is used.
        language: The language the person keeps, as of now; empty for none.
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
    only_at: str = ""
    language: str = ""


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
    only_at: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """That sessions of one person were ended before their time.

    Attributes:
        sessions: Ids of those that were alive.
        is_signing_out: The person signed out in the browser at hand.
        is_everywhere: All were meant, also those that had run out long ago, but for the one with the id *kept*.
    """

    person_key: str
    sessions: tuple[str, ...]
    is_signing_out: bool = False
    is_everywhere: bool = False
    kept: str = ""


Follower: TypeAlias = Callable[[Session, Ending], None]
"""Does what must happen together with the end of sessions, in the same transaction."""


class LoginSessions:
    """Begins, finds and ends login sessions.

    Args:
        followers: What else ends with sessions.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        clock: Clock,
        settings: SessionSettings,
        followers: Sequence[Follower] = (),
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._settings = settings
        self._audit = AuditTrail(database, vault, clock)
        self._followers = followers

    def begin(self, session: Session, draft: SessionDraft) -> str:
        """Store a new session within the caller's transaction and return its token, which is kept nowhere else."""
        token = self._vault.new_token(_TOKEN_BYTES)
        now = self._clock.now()
        post(
            session,
            _INSERT,
            {
                "id": self._vault.new_id(),
                "token_hash": self._hash(token),
                "person_key": draft.person_key,
                "login": draft.login,
                "display_name": draft.display_name,
                "mail": draft.mail,
                "repository": draft.repository,
                "groups": sorted(draft.groups),
                "methods": list(draft.methods),
                "chain": draft.chain,
                "event": draft.event,
                "only_at": draft.only_at,
                "address": draft.address,
                "user_agent": draft.user_agent[:_USER_AGENT_LENGTH],
                "authenticated_at": now,
                "seen_at": now,
                "expires_at": now
                + (min(self._settings.absolute, _ONLY_LASTS) if draft.only_at else self._settings.absolute),
                "ended_at": None,
            },
        )
        return token

    def find(self, token: str, *, here: str = "") -> LoginSession | None:
        """Return the live session of *token* and note its use; None when it is unknown, idle for too long or over.

        One that is only good at one path is found by that path *here*, and nowhere else.
        """
        now, wanted = self._clock.now(), {"wanted": self._hash(token), "here": here}
        with self._database.read() as session:
            row = session.execute(_BY_TOKEN, {**wanted, **self._alive(now)}).one_or_none()
        return self._used(row, now)

    def use(self, session_id: str) -> LoginSession | None:
        """Return a live session by its public id and note its use, for a door that has vouched for the browser."""
        now = self._clock.now()
        with self._database.read() as session:
            row = session.execute(_IN_USE, {"wanted": session_id, "here": "", **self._alive(now)}).one_or_none()
        return self._used(row, now)

    def get(self, session_id: str) -> LoginSession | None:
        """Return a live session by its public id, without noting a use: for what was issued in its name."""
        with self._database.read() as session:
            row = session.execute(_BY_ID, {"wanted": session_id, **self._alive(self._clock.now())}).one_or_none()
        return None if row is None else _view(row)

    def hold(self, session: Session, session_id: str) -> bool:
        """Return whether a session lives, and keep it from being ended until the caller's transaction is over."""
        row = session.execute(_HELD, {"wanted": session_id, **self._alive(self._clock.now())}).one_or_none()
        return row is not None

    def list(self, person_key: str) -> list[LoginSession]:
        """Return the live sessions of one person, newest first."""
        with self._database.read() as session:
            rows = session.execute(_OF_PERSON, {"wanted": person_key, **self._alive(self._clock.now())})
            return [_view(row) for row in rows]

    def end(self, session_id: str, person_key: str, *, endpoint: str = "") -> bool:
        """End one session of *person_key*; False when it is not theirs or already over.

        Args:
            session_id: Its public id.
            person_key: Whose it must be.
            endpoint: Who asked for it, for the audit trail.
        """
        which = (_S.id == session_id, _S.person_key == person_key)
        return self._end(which, Ending(person_key, (), is_signing_out=bool(endpoint)), endpoint) > 0

    def end_token(self, token: str) -> bool:
        """End the session of *token* (log-out); False when there is none."""
        return self._end((_S.token_hash == self._hash(token),), Ending("", (), is_signing_out=True)) > 0

    def end_others(self, person_key: str, *, keep: str) -> int:
        """End every session of one person but the one with the id *keep*; return how many there were."""
        with self._database.write() as session:
            return self.end_others_within(session, person_key, keep=keep)

    def end_others_within(self, session: Session, person_key: str, *, keep: str) -> int:
        """Do the same within the caller's transaction."""
        ending = Ending(person_key, (), is_everywhere=True, kept=keep)
        return self._end_within(session, (_S.person_key == person_key, _S.id != keep), ending)

    def end_all(self, person_key: str) -> int:
        """End every session of one person; return how many there were."""
        return self.end_others(person_key, keep="")

    def end_blocked(self) -> int:
        """End sessions that began while not every process had heard of a block yet; return how many."""
        with self._database.read() as session:
            keys = session.scalars(_OF_BLOCKED, self._alive(self._clock.now())).all()
        return sum(self.end_all(key) for key in keys)

    def purge(self) -> int:
        """Delete sessions that ended or expired more than a day ago; return how many."""
        past = self._clock.now() - _KEPT
        with self._database.write() as session:
            ended = _S.ended_at < past
            return rowcount(session.execute(delete(LOGIN_SESSION).where(ended | (_S.expires_at < past))))

    def _end(self, which: Sequence[ColumnElement[bool]], ending: Ending, endpoint: str = "") -> int:
        with self._database.write() as session:
            return self._end_within(session, which, ending, endpoint)

    def _end_within(
        self, session: Session, which: Sequence[ColumnElement[bool]], ending: Ending, endpoint: str = ""
    ) -> int:
        statement = update(LOGIN_SESSION).where(*which, _IS_ALIVE).values(ended_at=bindparam("moment"))
        ended = session.execute(statement.returning(LOGIN_SESSION), self._alive(self._clock.now())).all()
        for row in ended:
            about = {"person_key": row.person_key, "login": row.login, "event": row.event, "endpoint": endpoint}
            self._audit.record(session, AuditEntry(AuditTag.SESSION_ENDED, **about, details={"session": row.id}))
        self._follow(session, replace(ending, sessions=tuple(row.id for row in ended)), ended)
        return len(ended)

    def _used(self, row: Any, now: datetime) -> LoginSession | None:
        found = None if row is None else _view(row)
        if found is not None and now - found.seen_at >= _TOUCH_EVERY:
            with self._database.jot() as connection:
                connection.execute(_TOUCH, {"wanted": found.id, **self._alive(now)})
        return found

    def _follow(self, session: Session, ending: Ending, ended: Sequence[Any]) -> None:
        if ended and not ending.person_key:
            ending = replace(ending, person_key=ended[0].person_key)
        if ended or ending.is_everywhere:
            for follow in self._followers:
                follow(session, ending)

    def _alive(self, now: datetime) -> dict[str, datetime]:
        return {"moment": now, "idle_since": now - self._settings.idle}

    def _hash(self, token: str) -> str:
        return self._vault.keyed_hash("login-session", token)


def _view(row: Any) -> LoginSession:
    return LoginSession(
        *(row.id, row.person_key, row.login, row.display_name, row.mail, row.repository),
        frozenset(row.groups),
        tuple(row.methods),
        *(row.chain, row.event, row.address, row.user_agent, row.authenticated_at, row.seen_at, row.expires_at),
        row.only_at,
        row.language or "",
    )
