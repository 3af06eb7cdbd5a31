"""The contract of a repository: where people, groups and phones come from, and who judges a password."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NewType

from authsms.foundation.phone import PhoneNumber

PersonKey = NewType("PersonKey", str)
"""``repository:immutable id``: what counters, sessions and enrollments are kept under, never the typed name."""


def person_key(repository: str, person_id: str) -> PersonKey:
    """Return the key of the person with *person_id* in *repository*."""
    return PersonKey(f"{repository}:{person_id}")


def split_key(key: PersonKey) -> tuple[str, str]:
    """Return the repository's name and the immutable id in it; the id is empty when *key* is malformed."""
    repository, _, person_id = key.partition(":")
    return repository, person_id


def full_name(key: PersonKey, login: str) -> str:
    r"""Return how a person is called among all repositories, ``repository\user``."""
    return f"{split_key(key)[0]}\\{login}"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone in a repository, as of now.

    Attributes:
        repository: Name of the repository.
        id: What never changes there, also when the person is renamed (entryUUID, objectGUID).
        login: Login name in the repository's own spelling, not as typed.
        display_name: For greeting; bounded and free of control characters, but otherwise whatever somebody wrote.
        phones: Usable numbers, the preferred one first.
        groups: Names of all groups, nested ones included; compare with `belongs_to`.
        mail: Address, or empty.
        enabled: False when the repository says that the account is switched off or has ended. A right password says
            so too, but a chain without a password must look here.
        handle: The repository's own note of where it found the person; nobody else reads it.
    """

    repository: str
    id: str
    login: str
    display_name: str
    phones: tuple[PhoneNumber, ...] = ()
    groups: frozenset[str] = frozenset()
    mail: str = ""
    enabled: bool = True
    handle: str = field(default="", repr=False, compare=False)

    @property
    def key(self) -> PersonKey:
        """Return the key under which everything about this person is kept."""
        return person_key(self.repository, self.id)

    @property
    def phone(self) -> PhoneNumber | None:
        """Return the preferred number, if there is one."""
        return self.phones[0] if self.phones else None

    def belongs_to(self, group: str) -> bool:
        """Return whether the person is in *group*; case does not matter, as in directories."""
        wanted = group.casefold()
        return any(name.casefold() == wanted for name in self.groups)


class PasswordVerdict(StrEnum):
    """What a repository says about a password.

    `RIGHT` lets people in; what becomes of `OVERDUE` ones, an event decides. The others are for the log and the
    administrator; the person sees one and the same sentence for all of them.
    """

    RIGHT = "right"
    WRONG = "wrong"
    LOCKED = "locked"
    DISABLED = "disabled"
    ACCOUNT_EXPIRED = "account-expired"
    PASSWORD_EXPIRED = "password-expired"  # noqa: S105 - a word of the vocabulary, not a password
    MUST_CHANGE = "must-change"
    OUTSIDE_HOURS = "outside-hours"
    WRONG_WORKSTATION = "wrong-workstation"
    BLOCKED = "blocked"


OVERDUE: Final = frozenset({PasswordVerdict.PASSWORD_EXPIRED, PasswordVerdict.MUST_CHANGE})
"""Verdicts on passwords that are right, but have to be changed; no repository gives them for a wrong one."""


class PasswordChange(StrEnum):
    """What became of the wish for another password.

    `TOO_SHORT` to `REFUSED` are about the new one, so that another may be tried.
    """

    CHANGED = "changed"
    WRONG = "wrong"
    TOO_SHORT = "too-short"
    USED_BEFORE = "used-before"
    TOO_SOON = "too-soon"
    REFUSED = "refused"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search found.

    Attributes:
        people: Without their groups, by login.
        is_cut: There are more.
    """

    people: tuple[Person, ...] = ()
    is_cut: bool = False


class Repository(ABC):
    r"""A source of people; safe to share between threads.

    Every method raises `DirectoryUnavailableError` (or `DatabaseUnavailableError`) when the source does not answer.
    That is never the same as "there is no such person": the caller shows "temporarily unavailable" and decides nothing.

    Args:
        name: Its name, the part before the backslash in ``repository\user``.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def find(self, login: str) -> Person | None:
        """Return the one person with this login name.

        None when nobody has it, when it cannot be a name, and when more than one person matches: never "the first one".
        """

    @abstractmethod
    def get(self, person_id: str) -> Person | None:
        """Return the person with this immutable id as of now, or None when he is gone."""

    @abstractmethod
    def search(self, text: str, limit: int) -> Hits:
        """Return at most *limit* people whose login, name, mail address or phone number holds *text*; for a help desk.

        Never for a login: what looks like *text* is not that person.
        """

    @abstractmethod
    def check_password(self, person: Person | None, password: str) -> PasswordVerdict:
        """Return what the repository says about *password*.

        For None the same work is done and the answer is `PasswordVerdict.WRONG`, so that time does not tell who
        exists. An empty, blank or oversized password is refused before anybody is asked (RFC 4513 section 5.1.2: an
        empty one would succeed as an anonymous bind).
        """

    def can_change_password(self, verdict: PasswordVerdict) -> bool:  # noqa: ARG002 - by default nobody can
        """Return whether somebody can give himself another password here whose own is judged so."""
        return False

    def change_password(self, person: Person, old: str, new: str) -> PasswordChange:  # noqa: ARG002 - as above
        """Give *person* the password *new*, if *old* is right; by the repository's own rules for passwords.

        When the source does not answer, it may have changed the password all the same.
        """
        return PasswordChange.IMPOSSIBLE

    @abstractmethod
    def ping(self) -> None:
        """Return when the source answers."""

    def close(self) -> None:  # noqa: B027 - most repositories hold nothing
        """Give back what is held; calls that are under way finish."""
