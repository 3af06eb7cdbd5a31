"""Whom a logon process is about: looked up when first needed, at most once a call, known without the directory later.

Somebody who does not exist is a *phantom*: a subject with a key of its own, so that counters and limits treat it like
anybody.
"""

from dataclasses import dataclass
from typing import Protocol

from authsms.foundation.vault import Vault
from authsms.identity.names import canonical_name, comparable
from authsms.identity.repository import PasswordChange, PasswordVerdict, Person, PersonKey

_PHANTOM = "?:"


class People(Protocol):
    """What a logon asks of `authsms.identity.service.PeopleService`."""

    def split(self, typed: str) -> tuple[str, str]:
        """Return the name of the repository and the login that were typed."""

    def find(self, typed: str) -> Person | None:
        """Return the person of that name."""

    def get(self, key: PersonKey) -> Person | None:
        """Return the person with that key, as of now."""

    def check_password(self, typed: str, person: Person | None, password: str) -> PasswordVerdict:
        """Return what the repository says about the password."""

    def can_change_password(self, repository: str, verdict: PasswordVerdict) -> bool:
        """Return whether a password that is judged so can be changed by its owner."""

    def change_password(self, person: Person, old: str, new: str) -> PasswordChange:
        """Give the person another password, if the old one is right."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a process keeps of the person it is about; no phone number."""

    key: str
    login: str
    display_name: str
    mail: str
    repository: str
    groups: frozenset[str]

    @classmethod
    def of(cls, person: Person) -> "Known":
        """Return what is kept of *person*."""
        return cls(person.key, person.login, person.display_name, person.mail, person.repository, person.groups)


class Subject:
    """The person behind a typed name, or the phantom.

    Args:
        people: Where to look.
        vault: Makes the phantom's key.
        typed: What was typed.
        known: What an earlier call found out.
        phantom: An earlier call found out that there is nobody.
    """

    def __init__(
        self, people: People, vault: Vault, typed: str, *, known: Known | None = None, phantom: bool = False
    ) -> None:
        self._people = people
        self._vault = vault
        self._phantom = phantom
        self._looked = False
        self._person: Person | None = None
        self._namesakes: list[Person | None] = []  # one, once it was looked for
        self.typed = typed
        self.known = known
        self.repository, login = people.split(typed)
        self.login = canonical_name(login)

    @property
    def person(self) -> Person | None:
        """The person as of now; None for a phantom, who costs the same look-up.

        Raises:
            DirectoryUnavailableError: The repository does not answer; nothing is decided.
        """
        if not self._looked:
            if self.known is not None:
                self._person = self._people.get(PersonKey(self.known.key))
            else:
                found = self.namesake
                self._person = None if self._phantom else found
                self._phantom = self._person is None
                self.known = None if self._person is None else Known.of(self._person)
            self._looked = True
        return self._person

    @property
    def is_identified(self) -> bool:
        """Whether it is known who this is, or that it is nobody."""
        return self.known is not None or self._phantom

    @property
    def is_phantom(self) -> bool:
        """Whether there is nobody of that name; looked up if need be."""
        if not self.is_identified:
            _ = self.person
        return self._phantom

    @property
    def key(self) -> str:
        """The key under which failures and limits are kept: the person's, or the phantom's; looked up if need be."""
        if self.is_phantom or self.known is None:
            return _PHANTOM + self.invent("key")
        return self.known.key

    @property
    def namesake(self) -> Person | None:
        """Whoever has the name, even if he is treated as nobody here: he must look alike on every chain."""
        # A cached property of Python 3.11 is one lock for all its objects: all logins would wait for one directory.
        if not self._namesakes:
            self._namesakes.append(self._people.find(self.typed))
        return self._namesakes[0]

    @property
    def limit_key(self) -> str:
        """The key of limits that strangers can feel: that of whoever has the name, even if he is treated as nobody.

        Otherwise somebody had two of each where a chain is not for him, and one elsewhere, like nobody and no member.
        """
        if self.known is None and self.namesake is not None:
            return self.namesake.key
        return self.key

    @property
    def audit_key(self) -> str:
        """The person's key as far as it is known, else nothing."""
        return "" if self.known is None else self.known.key

    def anew(self) -> "Subject":
        """Return the same name, as if nobody had looked yet."""
        return Subject(self._people, self._vault, self.typed)

    def disown(self) -> None:
        """Treat the person like somebody who does not exist: he may not log in here at all."""
        self._looked, self._phantom, self._person, self.known = True, True, None, None

    def invent(self, what: str) -> str:
        """Return 64 hexadecimal digits, always the same for this name and *what*, that nobody can foretell."""
        return self._vault.keyed_hash(f"phantom.{what}", comparable(self.repository), comparable(self.login))
