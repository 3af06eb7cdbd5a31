"""Refresh tokens: each is good once, and a second use ends everything that came from the same sign-in (RFC 9700 4.14).

There is no grace for a client that lost the answer: nobody could tell it from a thief. What a line outlives and what it
does not is said in `authsms.protocols.oidc.families`.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.protocols.oidc.clients import Client
from authsms.protocols.oidc.families import Authorization, Families, Issue
from authsms.protocols.oidc.models import RefreshTokenRow, TokenFamilyRow

_KEPT_AFTER_EXPIRY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token whose line has neither ended nor been revoked.

    Attributes:
        expires_at: End of the whole line.
    """

    authorization: Authorization
    family_id: str
    expires_at: datetime
    is_used: bool
    is_expired: bool
    hash: str = field(repr=False)

    @property
    def is_good(self) -> bool:
        """Whether it can be used."""
        return not self.is_used and not self.is_expired

    # What Authlib asks a refresh token for.
    def check_client(self, client: Client) -> bool:
        """Return whether it was issued to *client*."""
        return self.authorization.client_id == client.client_id

    def get_scope(self) -> str:
        """Return the scopes that were granted."""
        return self.authorization.scope


class RefreshTokens:
    """Finds, renews and revokes refresh tokens."""

    def __init__(self, database: Database, clock: Clock, families: Families) -> None:
        self._database = database
        self._clock = clock
        self._families = families

    def find(self, token: str, client_id: str) -> RefreshToken | None:
        """Return a refresh token of this endpoint, used or not, while its line stands."""
        now = self._clock.now()
        query = (
            select(TokenFamilyRow, RefreshTokenRow)
            .join(RefreshTokenRow, RefreshTokenRow.family_id == TokenFamilyRow.id)
            .where(
                RefreshTokenRow.hash == self._families.refresh_hash(token),
                TokenFamilyRow.client_id == client_id,
                TokenFamilyRow.revoked_at.is_(None),
                TokenFamilyRow.expires_at > now,
            )
        )
        with self._database.read() as session:
            found = session.execute(query).one_or_none()
        if found is None:
            return None
        line, row = found
        authorization = Authorization(line.client_id, line.session_id, line.person_key, line.scope)
        is_used = row.used_at is not None
        return RefreshToken(authorization, line.id, line.expires_at, is_used, row.expires_at <= now, row.hash)

    def renew(self, used: RefreshToken, issue: Issue, scope: str) -> bool:
        """Exchange *used* for the tokens of *issue*; False when somebody was faster, which ends the line.

        The access token does not depend on the login session any more, only on the line.
        """
        authorization = replace(used.authorization, session_id="", scope=scope)
        with self._database.write() as session:
            outcome = self._families.renew_line(session, used.family_id, used.hash, issue.refresh)
            if outcome is False:
                self._families.revoke(session, used.family_id, authorization, reason="refresh token used twice")
            if outcome:
                self._families.give(session, used.family_id, authorization, issue)
        return bool(outcome)

    def revoke(self, token: RefreshToken, *, reason: str) -> None:
        """End the line of *token*, and every access token that came from it."""
        with self._database.write() as session:
            self._families.revoke(session, token.family_id, token.authorization, reason=reason)

    def purge(self) -> int:
        """Delete lines that have long expired; return how many tokens that were. Any process may call it."""
        ended = TokenFamilyRow.expires_at < self._clock.now() - _KEPT_AFTER_EXPIRY
        of_them = RefreshTokenRow.family_id.in_(select(TokenFamilyRow.id).where(ended))
        with self._database.write() as session:
            count = rowcount(session.execute(delete(RefreshTokenRow).where(of_them)))
            session.execute(delete(TokenFamilyRow).where(ended))
        return count
