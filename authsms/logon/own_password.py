"""A password of one's own: changed by whoever is signed in, where its repository lets people do that here.

It takes a fresh sign-in with two factors and the old password besides, so neither a stolen session nor an overheard
password is enough.
"""

from authsms.foundation.errors import NotFoundError
from authsms.identity.repository import PasswordChange, PasswordVerdict, PersonKey, split_key
from authsms.logon.holder import Holder
from authsms.logon.machine import MessageKey
from authsms.logon.password_changes import TOLD, PasswordChanges, Wish
from authsms.logon.subject import People


class OwnPassword:
    """Does for people what they may do with their own password; safe to share between threads."""

    def __init__(self, people: People, changes: PasswordChanges) -> None:
        self._people = people
        self._changes = changes

    def is_changeable(self, holder: Holder) -> bool:
        """Return whether somebody's repository lets people change their passwords here."""
        repository, _ = split_key(PersonKey(holder.person_key))
        return self._people.can_change_password(repository, PasswordVerdict.RIGHT)

    def change(self, holder: Holder, wish: Wish) -> MessageKey | None:
        """Change somebody's password and end his other sessions; return why not, or None once that is done.

        Raises:
            ProofNeededError: He must prove again who he is.
            NotFoundError: He is gone, or his repository lets nobody do that.
            TooManyRequestsError: A limit is reached; nothing was checked.
            UnavailableError: The repository does not answer; it may have changed the password all the same.
        """
        holder.require_proof()
        if slip := wish.slip():
            return slip
        person = self._people.get(PersonKey(holder.person_key)) if self.is_changeable(holder) else None
        if person is None:
            raise NotFoundError("There is no password that could be changed here.")
        outcome = self._changes.change(person, wish, holder)
        return None if outcome is PasswordChange.CHANGED else TOLD[outcome]
