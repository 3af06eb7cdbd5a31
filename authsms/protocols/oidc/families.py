"""What comes from one authorization: access tokens, and perhaps a line of refresh tokens.

Everything here happens within the caller's transaction. Whoever gives or takes a refresh token changes the row of the
line first. A revocation therefore waits for a token that is being given and then sees it, and a token is given to no
line that is being revoked.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.foundation.clock import Clock
from authsms.foundation.db import rowcount
from authsms.foundation.vault import Vault
from authsms.logon.sessions import Ending
from authsms.protocols.oidc.models import AccessTokenRow, RefreshTokenRow, TokenFamilyRow

UNUSED_LIFETIME = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Authorization:
    """What an endpoint may learn, about whom, and in whose login session.

    Attributes:
        session_id: Empty when the tokens do not depend on one.
        person_key: Empty when the endpoint acts for itself.
    """

    client_id: str
    session_id: str
    person_key: str
    scope: str


@dataclass(frozen=True, slots=True)
class Issue:
    """The tokens of one answer.

    Attributes:
        ends_at: When the access token expires.
        refresh: Empty when there is none.
    """

    access: str = field(repr=False)
    ends_at: datetime
    refresh: str = field(default="", repr=False)


class Families:
    """Gives and revokes tokens; safe to share between threads."""

    def __init__(self, vault: Vault, clock: Clock, audit: AuditTrail, offline: timedelta) -> None:
        self._vault = vault
        self._clock = clock
        self._audit = audit
        self._offline = offline

    def access_hash(self, token: str) -> str:
        """Return what is kept of an access token."""
        return self._vault.keyed_hash("oidc.access-token", token)

    def refresh_hash(self, token: str) -> str:
        """Return what is kept of a refresh token."""
        return self._vault.keyed_hash("oidc.refresh-token", token)

    def give(self, session: Session, family_id: str, authorization: Authorization, issue: Issue) -> None:
        """Keep a new access token."""
        session.execute(
            insert(AccessTokenRow).values(
                hash=self.access_hash(issue.access),
                family_id=family_id,
                client_id=authorization.client_id,
                session_id=authorization.session_id,
                person_key=authorization.person_key,
                scope=authorization.scope,
                expires_at=issue.ends_at,
                revoked_at=None,
            )
        )
        self.note(session, AuditTag.TOKEN_ISSUED, family_id, authorization)

    def begin_line(self, session: Session, family_id: str, authorization: Authorization, token: str) -> None:
        """Keep the first refresh token of a line."""
        now = self._clock.now()
        expires_at = now + self._offline
        session.execute(
            insert(TokenFamilyRow).values(
                id=family_id,
                client_id=authorization.client_id,
                session_id=authorization.session_id,
                person_key=authorization.person_key,
                scope=authorization.scope,
                renewed_at=now,
                expires_at=expires_at,
                revoked_at=None,
            )
        )
        self._add_refresh(session, family_id, token, expires_at)

    def renew_line(self, session: Session, family_id: str, used: str, token: str) -> bool | None:
        """Put *token* in the place of the refresh token with the hash *used*.

        Returns:
            False when that one was used before, None when the line has ended.
        """
        now = self._clock.now()
        line = (
            update(TokenFamilyRow)
            .where(TokenFamilyRow.id == family_id, TokenFamilyRow.revoked_at.is_(None), TokenFamilyRow.expires_at > now)
            .values(renewed_at=now)
            .returning(TokenFamilyRow.expires_at)
        )
        ends_at = session.execute(line).scalar_one_or_none()
        if ends_at is None:
            return None
        claim = update(RefreshTokenRow).where(RefreshTokenRow.hash == used, RefreshTokenRow.used_at.is_(None))
        if rowcount(session.execute(claim.values(used_at=now))) != 1:
            return False
        self._add_refresh(session, family_id, token, ends_at)
        return True

    def revoke(self, session: Session, family_id: str, authorization: Authorization, *, reason: str) -> None:
        """Make every token of a family worthless."""
        now = self._clock.now()
        line = update(TokenFamilyRow).where(TokenFamilyRow.id == family_id, TokenFamilyRow.revoked_at.is_(None))
        session.execute(line.values(revoked_at=now))
        tokens = update(AccessTokenRow).where(
            AccessTokenRow.family_id == family_id, AccessTokenRow.revoked_at.is_(None)
        )
        session.execute(tokens.values(revoked_at=now))
        self.note(session, AuditTag.TOKEN_REVOKED, family_id, authorization, reason=reason)

    def end_own(self, session: Session, client_id: str) -> None:
        """Make the tokens worthless with which an endpoint acts for itself: its secret was renewed."""
        own = (AccessTokenRow.client_id == client_id, AccessTokenRow.person_key == "")
        statement = update(AccessTokenRow).where(*own, AccessTokenRow.revoked_at.is_(None))
        session.execute(statement.values(revoked_at=self._clock.now()))

    def follow(self, session: Session, ending: Ending) -> None:
        """Revoke the lines that began in sessions which were ended from elsewhere.

        Signing out in the browser leaves ``offline_access`` alone (OpenID Connect Back-Channel Logout 1.0 section 2.7).
        """
        if ending.is_signing_out:
            return
        row = TokenFamilyRow
        began = row.session_id != ending.kept if ending.is_everywhere else row.session_id.in_(ending.sessions)
        lines = (
            update(row)
            .where(row.person_key == ending.person_key, row.revoked_at.is_(None), began)
            .values(revoked_at=self._clock.now())
            .returning(row.id, row.client_id, row.session_id, row.person_key, row.scope)
        )
        for family_id, *rest in session.execute(lines).all():
            self.revoke(session, family_id, Authorization(*rest), reason="session ended")

    def note(
        self, session: Session, tag: AuditTag, family_id: str, authorization: Authorization, **details: str
    ) -> None:
        """Write what happened to a family into the audit trail."""
        entry = AuditEntry(
            tag,
            person_key=authorization.person_key,
            endpoint=authorization.client_id,
            details={"family": family_id, **details},
        )
        self._audit.record(session, entry)

    def _add_refresh(self, session: Session, family_id: str, token: str, ends_at: datetime) -> None:
        unused = self._clock.now() + UNUSED_LIFETIME
        values = {"hash": self.refresh_hash(token), "family_id": family_id, "used_at": None}
        session.execute(insert(RefreshTokenRow).values(expires_at=min(unused, ends_at), **values))
