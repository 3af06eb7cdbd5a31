"""Authorization codes and access tokens: issued, redeemed once, revoked as a family.

A code and everything that comes from it form a family, named by the code's id. Redeeming is one conditional UPDATE in
the same transaction as the new token: of many requests with one code exactly one gets a token, and a later one (which
waits for that transaction) revokes what the first one got, because one of the two was not the endpoint (RFC 6749,
section 4.1.2).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from authsms.audit import AuditTag
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.vault import Vault
from authsms.logon.sessions import LoginSessions
from authsms.protocols.oidc.families import Authorization, Families, Issue
from authsms.protocols.oidc.models import AccessTokenRow, AuthorizationCodeRow

CODE_LIFETIME = timedelta(seconds=60)
TOKEN_LIFETIME = timedelta(hours=1)
_KEPT_AFTER_EXPIRY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CodeTerms:
    """What the endpoint must show again when it redeems the code, and what goes into the ID token."""

    redirect_uri: str
    challenge: str
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code as it is kept; the code itself is not among it."""

    id: str
    authorization: Authorization
    terms: CodeTerms
    is_used: bool
    is_expired: bool

    # What Authlib asks a code for.
    def get_redirect_uri(self) -> str:
        """Return the return address of the authorization request."""
        return self.terms.redirect_uri

    def get_scope(self) -> str:
        """Return the scopes that were granted."""
        return self.authorization.scope


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token that is neither expired nor revoked; whether its session still stands is the caller's to ask."""

    authorization: Authorization
    expires_at: datetime
    family_id: str
    hash: str = field(repr=False)


class TokenStore:
    """Keeps codes and tokens, as keyed hashes."""

    def __init__(
        self, database: Database, vault: Vault, clock: Clock, families: Families, sessions: LoginSessions
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._families = families
        self._sessions = sessions

    def new_secret(self) -> str:
        """Return a new code or token; it means nothing until it is kept."""
        return self._vault.new_token()

    def keep_code(self, code: str, authorization: Authorization, terms: CodeTerms) -> None:
        """Make *code* good for one redemption within `CODE_LIFETIME`."""
        row = AuthorizationCodeRow(
            id=self._vault.new_id(),
            hash=self._code_hash(code),
            client_id=authorization.client_id,
            session_id=authorization.session_id,
            person_key=authorization.person_key,
            scope=authorization.scope,
            redirect_uri=terms.redirect_uri,
            challenge=terms.challenge,
            nonce=terms.nonce,
            expires_at=self._clock.now() + CODE_LIFETIME,
            used_at=None,
        )
        with self._database.write() as session:
            session.add(row)

    def find_code(self, code: str, client_id: str) -> Code | None:
        """Return a code that was issued to this endpoint: open, used or expired."""
        query = select(AuthorizationCodeRow).where(
            AuthorizationCodeRow.hash == self._code_hash(code), AuthorizationCodeRow.client_id == client_id
        )
        with self._database.read() as session:
            row = session.scalars(query).one_or_none()
        return None if row is None else self._code(row)

    def redeem(self, code: Code, issue: Issue) -> bool:
        """Use up *code* and keep the tokens of *issue* in its place.

        Returns:
            False when the code was used before, which revokes the family, or when a refresh token was wanted and the
            login session has ended meanwhile.
        """
        authorization = code.authorization
        with self._database.write() as session:
            claim = update(AuthorizationCodeRow).where(
                AuthorizationCodeRow.id == code.id, AuthorizationCodeRow.used_at.is_(None)
            )
            if rowcount(session.execute(claim.values(used_at=self._clock.now()))) != 1:
                self._families.revoke(session, code.id, authorization, reason="code used twice")
                return False
            if issue.refresh:
                # Whoever ends the session now waits, and then finds the line that begins here.
                if not self._sessions.hold(session, authorization.session_id):
                    return False
                self._families.begin_line(session, code.id, authorization, issue.refresh)
            self._families.give(session, code.id, authorization, issue)
        return True

    def keep_own(self, client_id: str, issue: Issue, scope: str) -> None:
        """Keep an access token with which an endpoint acts for itself."""
        with self._database.write() as session:
            self._families.give(session, self._vault.new_id(), Authorization(client_id, "", "", scope), issue)

    def revoke_token(self, token: AccessToken) -> None:
        """Make one access token worthless, because its endpoint wishes it."""
        with self._database.write() as session:
            statement = update(AccessTokenRow).where(AccessTokenRow.hash == token.hash)
            session.execute(statement.values(revoked_at=self._clock.now()))
            self._families.note(
                session, AuditTag.TOKEN_REVOKED, token.family_id, token.authorization, reason="endpoint"
            )

    def revoke_family(self, code: Code) -> None:
        """Make every token that came from *code* worthless, because the code was shown again."""
        with self._database.write() as session:
            self._families.revoke(session, code.id, code.authorization, reason="code used twice")

    def find_token(self, token: str) -> AccessToken | None:
        """Return what *token* stands for, while it is neither expired nor revoked."""
        query = select(AccessTokenRow).where(
            AccessTokenRow.hash == self._families.access_hash(token),
            AccessTokenRow.revoked_at.is_(None),
            AccessTokenRow.expires_at > self._clock.now(),
        )
        with self._database.read() as session:
            row = session.scalars(query).one_or_none()
        if row is None:
            return None
        authorization = Authorization(row.client_id, row.session_id, row.person_key, row.scope)
        return AccessToken(authorization, row.expires_at, row.family_id, row.hash)

    def purge(self) -> int:
        """Delete codes and tokens that have long expired; return how many. Any process may call it, at any time."""
        before = self._clock.now() - _KEPT_AFTER_EXPIRY
        with self._database.write() as session:
            codes = session.execute(delete(AuthorizationCodeRow).where(AuthorizationCodeRow.expires_at < before))
            tokens = session.execute(delete(AccessTokenRow).where(AccessTokenRow.expires_at < before))
            return rowcount(codes) + rowcount(tokens)

    def _code(self, row: AuthorizationCodeRow) -> Code:
        return Code(
            row.id,
            Authorization(row.client_id, row.session_id, row.person_key, row.scope),
            CodeTerms(row.redirect_uri, row.challenge, row.nonce),
            is_used=row.used_at is not None,
            is_expired=row.expires_at <= self._clock.now(),
        )

    def _code_hash(self, code: str) -> str:
        return self._vault.keyed_hash("oidc.code", code)
