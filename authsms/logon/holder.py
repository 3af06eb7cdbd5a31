"""Whoever changes his own ways to sign in, and what he must have proven for that.

A stolen session, or a password alone, must not be enough to bind a factor or to take one away (NIST SP 800-63B-4,
4.1.2.1): such changes ask for a sign-in with two factors that happened just now.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from authsms.audit import AuditEntry, AuditTag, Detail
from authsms.foundation.errors import ProofNeededError
from authsms.logon.factors import has_two_factors
from authsms.logon.sessions import LoginSession
from authsms.logon.steps import Client

PROOF_LASTS: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Holder:
    """A person with an open session.

    Attributes:
        proof_age: How long ago he last went through a whole chain.
        is_two_factors: That chain proved two kinds of factors.
        locale: Language of the texts he is sent.
        session_id: Public id of that session.
    """

    person_key: str
    login: str
    event: str
    address: str
    proof_age: timedelta
    is_two_factors: bool
    locale: str = "en"
    session_id: str = ""

    @classmethod
    def of(cls, session: LoginSession, client: Client, now: datetime) -> "Holder":
        """Return whoever *session* belongs to, who calls from *client*."""
        return cls(
            session.person_key,
            session.login,
            session.event,
            client.address,
            now - session.authenticated_at,
            has_two_factors(session.methods),
            client.locale,
            session.id,
        )

    @property
    def has_one_factor_only(self) -> bool:
        """Whether he signed in just now, but not with two factors; another whole sign-in there would not help."""
        return not self.is_two_factors and self.proof_age <= PROOF_LASTS

    def has_proof(self, within: timedelta = PROOF_LASTS) -> bool:
        """Return whether he has proven two factors no longer ago than *within*."""
        return self.is_two_factors and self.proof_age <= within

    def require_proof(self, within: timedelta = PROOF_LASTS) -> None:
        """Check that he has proven two factors just now; every change of a factor begins with this.

        Raises:
            ProofNeededError: He has not; lead him through a chain with two factors.
        """
        if not self.has_proof(within):
            raise ProofNeededError("Sign in again to go on with this.")

    def limit_key(self, what: str) -> str:
        """Return the key under which it is counted how often he does something; of bounded length."""
        return f"own:{what}:{sha256(self.person_key.encode()).hexdigest()}"

    def entry(self, tag: AuditTag, **details: Detail) -> AuditEntry:
        """Return a record of what he did."""
        return AuditEntry(
            tag,
            person_key=self.person_key,
            login=self.login,
            event=self.event,
            address=self.address,
            details=details,
        )
