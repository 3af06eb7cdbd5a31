"""What administrators do for people who ask what is known of them, or want to be forgotten."""

from collections.abc import Callable

from authsms.administration.actors import Actor
from authsms.administration.personal_records import Erased, PersonalRecords
from authsms.administration.repositories import author_of
from authsms.administration.rights import Right
from authsms.foundation.errors import ConflictError


class PrivacyDesk:
    """Hands out and erases what is known of people; every method raises as `Actor.require` does.

    Args:
        is_administrator: Tells whether somebody administers this server.
    """

    def __init__(self, records: PersonalRecords, is_administrator: Callable[[str], bool]) -> None:
        self._records = records
        self._is_administrator = is_administrator

    def export(self, actor: Actor, key: str) -> str:
        """Return what `PersonalRecords.export` does, for handing it to the person."""
        actor.require(Right.PEOPLE_EXPORT)
        return self._records.export(author_of(actor), key)

    def erase(self, actor: Actor, key: str, reason: str) -> Erased:
        """Do what `PersonalRecords.erase` does.

        Raises:
            ConflictError: The actor means himself, or an administrator: roles are to be taken away first.
        """
        actor.require(Right.PEOPLE_ERASE)
        if key == actor.person_key or self._is_administrator(key):
            raise ConflictError("An administrator is not erased; take the roles away first.")
        return self._records.erase(author_of(actor), key, reason)
