"""Repositories: where people come from, changed and tried by administrators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from threading import BoundedSemaphore
from typing import Any, Final

from authsms.administration.actors import Actor
from authsms.administration.administrators import Administrators
from authsms.administration.rights import Right, Role
from authsms.audit import AuditEntry, AuditTag, AuditTrail, Author
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import ConfigurationError, InvalidInputError, NotFoundError, OverloadedError
from authsms.foundation.limits import Limits, Rate
from authsms.identity.definitions import RepositoryDefinition, RepositoryView
from authsms.identity.ldap.findings import ServerReport
from authsms.identity.ldap.probe import probe
from authsms.identity.ldap.settings import LdapSettings
from authsms.identity.local import LOCAL
from authsms.identity.names import comparable
from authsms.identity.repository import PersonKey, split_key
from authsms.identity.service import PeopleService

TESTS: Final = Rate(20, timedelta(minutes=5))
TESTS_AT_ONCE: Final = 4
_TO_LDAP: Final = "ldap"


@dataclass(frozen=True, slots=True)
class RepositoryDraft:
    """A directory as an administrator typed it.

    Attributes:
        settings: As `LdapSettings` names them.
        secret: Password of the service account; None keeps the stored one as long as it still goes to the same place.
        expected_version: The version he saw; 0 for a new one.
    """

    name: str
    settings: Mapping[str, Any]
    secret: str | None = field(default=None, repr=False)
    is_default: bool = False
    expected_version: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """What a test of a connection found out.

    Attributes:
        is_typed: It was about what is typed, not about what is stored.
    """

    is_typed: bool
    servers: Sequence[ServerReport]

    @property
    def is_usable(self) -> bool:
        """Whether people could log in by at least one server."""
        return any(server.is_usable for server in self.servers)


@dataclass(frozen=True, slots=True)
class RepositoryTools:
    """What the desk works with; ``slots`` bounds how many tests run at once in a process."""

    database: Database
    people: PeopleService
    administrators: Administrators
    audit: AuditTrail
    limits: Limits
    clock: Clock
    slots: BoundedSemaphore
    default_region: str = ""


class RepositoryDesk:
    """Lists, changes and tries repositories; safe to share between threads.

    Every method raises `ForbiddenError` or `ProofNeededError` as `Actor.require` does.
    """

    def __init__(self, tools: RepositoryTools) -> None:
        self._tools = tools

    def list(self, actor: Actor) -> Sequence[RepositoryView]:
        """Return all repositories by name, the built-in one among them."""
        actor.require(Right.REPOSITORIES_SEE)
        return sorted(self._tools.people.repositories(), key=lambda view: comparable(view.name))

    def get(self, actor: Actor, name: str) -> RepositoryView:
        """Return one repository.

        Raises:
            NotFoundError: There is none of this name.
        """
        for view in self.list(actor):
            if comparable(view.name) == comparable(name):
                return view
        raise NotFoundError("There is no such repository.")

    def save(self, actor: Actor, draft: RepositoryDraft) -> RepositoryView:
        """Make or change a directory.

        A change of a server, of its port, of how it is protected or of whom to trust forgets the stored password,
        unless a new one is given: it would go to somebody it was not meant for.

        Raises:
            InvalidInputError: Something cannot be used; the text says what.
            ConflictError: Somebody else was faster, or the name is taken.
        """
        actor.require(Right.REPOSITORIES_EDIT)
        if comparable(draft.name) == comparable(LOCAL):
            raise InvalidInputError("The built-in repository has this name; choose another one.", field="name")
        if not draft.settings.get("base"):
            raise InvalidInputError("Say where people are: the base is missing.", field="base")
        definition = RepositoryDefinition(
            draft.name, _TO_LDAP, draft.settings, draft.secret, draft.is_default, draft.expected_version
        )
        return self._save(actor, definition)

    def make_default(self, actor: Actor, name: str, expected_version: int) -> RepositoryView:
        """Look names without a prefix up in this repository from now on.

        Raises:
            NotFoundError: There is none of this name.
            ConflictError: Somebody else changed it in the meantime.
        """
        actor.require(Right.REPOSITORIES_EDIT)
        view = self.get(actor, name)
        return self._save(
            actor,
            RepositoryDefinition(
                view.name, view.kind, view.settings, is_default=True, expected_version=expected_version
            ),
        )

    def remove(self, actor: Actor, name: str, expected_version: int) -> None:
        """Remove a directory; its people cannot sign in any more.

        Raises:
            NotFoundError: There is none of this name.
            InvalidInputError: It is built in, the default, the actor's own, or that of the last full administrator.
            ConflictError: Somebody else changed it in the meantime.
        """
        actor.require(Right.REPOSITORIES_EDIT)
        view = self.get(actor, name)
        if view.kind != _TO_LDAP:
            raise InvalidInputError("The built-in repository cannot be removed.")
        if view.is_default:
            raise InvalidInputError("This is the default repository. Make another one the default first.")
        self._keep_administrators(actor, view.name)
        self._tools.people.remove_repository(view.name, author_of(actor), expected_version=expected_version)

    def test_saved(self, actor: Actor, name: str, login: str = "") -> Trial:
        """Try a directory as it is stored, with the stored password.

        Raises:
            NotFoundError: There is none of this name.
            InvalidInputError: It is built in, or its settings cannot be used any more.
            SealBrokenError: The stored password cannot be opened; it must be given anew.
            TooManyRequestsError, OverloadedError: Too many tests; wait.
        """
        actor.require(Right.REPOSITORIES_EDIT)
        view = self.get(actor, name)
        if view.kind != _TO_LDAP:
            raise InvalidInputError("The built-in repository needs no test.")
        secret = self._tools.people.stored_secret(view.name)
        return self._try(actor, view.name, view.settings, secret, login, is_typed=False)

    def test_typed(self, actor: Actor, draft: RepositoryDraft, login: str = "") -> Trial:
        """Try a directory as it is typed, with the password that is typed; the stored one never goes there.

        Raises:
            InvalidInputError: The settings cannot be used, or the password of the service account is missing.
            TooManyRequestsError, OverloadedError: Too many tests; wait.
        """
        actor.require(Right.REPOSITORIES_EDIT)
        if draft.settings.get("bind_dn") and not draft.secret:
            raise InvalidInputError(
                "To test what is typed, type the password of the service account too; or save and test then.",
                field="secret",
            )
        return self._try(actor, draft.name, draft.settings, draft.secret or "", login, is_typed=True)

    def _save(self, actor: Actor, definition: RepositoryDefinition) -> RepositoryView:
        try:
            return self._tools.people.save_repository(definition, author_of(actor))
        except ConfigurationError as error:
            raise InvalidInputError(str(error)) from error

    def _try(
        self, actor: Actor, name: str, settings: Mapping[str, Any], secret: str, login: str, *, is_typed: bool
    ) -> Trial:
        tools = self._tools
        try:
            read = LdapSettings.read(settings)
            tools.limits.take(f"repository-test:{actor.person_key}"[:160], TESTS)
            if not tools.slots.acquire(blocking=False):
                raise OverloadedError("Other tests are running; try again in a moment.")
            try:
                servers = probe(read, secret, tools.clock, login=login, default_region=tools.default_region)
            finally:
                tools.slots.release()
        except ConfigurationError as error:
            raise InvalidInputError(str(error)) from error
        trial = Trial(is_typed, servers)
        with tools.database.write() as session:
            tools.audit.record(session, _tested(actor, name, read, trial))
        return trial

    def _keep_administrators(self, actor: Actor, name: str) -> None:
        if comparable(_repository_of(actor.person_key)) == comparable(name):
            raise InvalidInputError("You are in this repository yourself; removing it would lock you out.")
        full = [one for one in self._tools.administrators.all() if Role.ADMINISTRATOR in one.roles]
        if all(comparable(_repository_of(one.person_key)) == comparable(name) for one in full):
            raise InvalidInputError("All full administrators are in this repository; make another one first.")


def author_of(actor: Actor) -> Author:
    """Return how the audit trail names *actor*."""
    return Author(actor.login, actor.person_key, actor.address)


def _repository_of(person_key: str) -> str:
    return split_key(PersonKey(person_key))[0]


def _tested(actor: Actor, name: str, settings: LdapSettings, trial: Trial) -> AuditEntry:
    results = (f"{one.server}: {one.steps[-1].finding.value}" for one in trial.servers if one.steps)
    return author_of(actor).entry(
        AuditTag.REPOSITORY_TESTED,
        details={
            "repository": name[:32],
            "typed": trial.is_typed,
            "results": "; ".join(results)[:500],
            "servers": len(settings.servers),
        },
    )
