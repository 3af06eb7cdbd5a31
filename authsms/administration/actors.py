"""Who asks for a task, and whether he may."""

from dataclasses import dataclass
from datetime import timedelta

from authsms.administration.rights import GUARDED, Right, Role, rights_of
from authsms.foundation.errors import ForbiddenError, ProofNeededError

PROOF_LASTS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Actor:
    """An administrator with an open session.

    Attributes:
        person_key: Immutable key of the person.
        login: Name in records of what was done.
        proof_age: How long ago he last went through a whole chain.
    """

    person_key: str
    login: str
    display_name: str
    roles: frozenset[Role]
    session_id: str
    proof_age: timedelta
    address: str = ""

    def may(self, right: Right) -> bool:
        """Return whether a role brings *right*; the pages show only what leads somewhere."""
        return right in rights_of(self.roles)

    def require(self, right: Right) -> None:
        """Check *right*; every task begins with this.

        Raises:
            ForbiddenError: No role of this person brings it.
            ProofNeededError: It asks for a fresh proof of who he is; lead him through the chain again.
        """
        if not self.may(right):
            raise ForbiddenError("This needs the right %(right)s.", right=right.value)
        if right in GUARDED and self.proof_age > PROOF_LASTS:
            raise ProofNeededError("Sign in again to go on with this.")
