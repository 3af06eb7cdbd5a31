"""People of all repositories under one roof.

Definitions live in the database, so that an administrator's change reaches every process within seconds. A repository
is built once and kept until its definition changes; what is under way on the old one finishes there.
"""

import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from authsms.audit import Author
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import (
    ConfigurationError,
    DirectoryUnavailableError,
    InvalidInputError,
    NotFoundError,
    SealBrokenError,
    UnavailableError,
)
from authsms.foundation.logs import get_logger, register_secret
from authsms.foundation.vault import Vault
from authsms.identity.definitions import Definitions, RepositoryDefinition, RepositoryView, Versions
from authsms.identity.kinds import RepositoryKind
from authsms.identity.names import canonical_name, comparable
from authsms.identity.own_numbers import OwnNumbers
from authsms.identity.repository import Hits, PasswordChange, PasswordVerdict, Person, PersonKey, Repository, split_key

FRESHNESS = timedelta(seconds=2)
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A definition and the repository built from it; None when it cannot be built."""

    view: RepositoryView
    repository: Repository | None


@dataclass(frozen=True, slots=True)
class _State:
    """Every repository by its comparable name, as of the versions read."""

    loaded: Mapping[str, _Loaded]
    versions: Versions
    default: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What one repository found, or that it does not answer."""

    repository: str
    hits: Hits
    is_reachable: bool = True


class PeopleService:
    """Finds people and has their passwords checked; safe to share between threads.

    Args:
        factories: Kinds of repositories by name, from `authsms.identity.kinds.builtin_kinds`.
        own_numbers: The numbers that people have given themselves; none count when left out.
        freshness: How old what is known about definitions may be; look-ups in between cost no query.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        clock: Clock,
        factories: Mapping[str, RepositoryKind],
        *,
        freshness: timedelta = FRESHNESS,
        own_numbers: OwnNumbers | None = None,
    ) -> None:
        self.own_numbers = own_numbers or OwnNumbers(database, vault, clock, is_allowed=False)
        self._definitions = Definitions(database, vault, clock, factories)
        self._factories = factories
        self._freshness = freshness.total_seconds()
        self._lock = threading.Lock()
        self._state: _State | None = None
        self._fresh_until = 0.0

    def split(self, typed: str) -> tuple[str, str]:
        r"""Return the repository's name and the login in ``repository\user``.

        Without a prefix it is the default repository. An unknown prefix is returned as typed: nobody is there. What can
        be no name at all is returned whole.
        """
        state = self._current()
        try:
            name = canonical_name(typed)
        except InvalidInputError:
            return state.default, typed
        prefix, backslash, login = name.partition("\\")
        if not backslash:
            return state.default, name
        known = state.loaded.get(comparable(prefix.strip()))
        return known.view.name if known else prefix.strip(), login.strip()

    def find(self, typed: str) -> Person | None:
        r"""Return the person of that name, written ``user`` or ``repository\user``.

        Raises:
            DirectoryUnavailableError: The repository does not answer; nothing is known about the person.
        """
        name, login = self.split(typed)
        known = self._current().loaded.get(comparable(name))
        return self.own_numbers.applied(self._ready(known).find(login) if known else None)

    def get(self, key: PersonKey) -> Person | None:
        """Return the person with this key as of now, or None when he or his repository is gone.

        Raises:
            DirectoryUnavailableError: The repository does not answer.
        """
        return self.own_numbers.applied(self.listed(key))

    def listed(self, key: PersonKey) -> Person | None:
        """Return the same with the numbers of the repository, also for whoever has given himself one.

        Raises:
            DirectoryUnavailableError: The repository does not answer.
        """
        name, person_id = split_key(key)
        known = self._current().loaded.get(comparable(name))
        return self._ready(known).get(person_id) if known and person_id else None

    def search(self, text: str, *, limit: int) -> list[Findings]:
        """Return who has *text* in login, name, mail address or number, by repository; one that is away says so.

        For a help desk, never for a login. Repositories are asked at the same time.
        """
        known = list(self._current().loaded.values())
        with ThreadPoolExecutor(max_workers=max(len(known), 1)) as threads:
            return list(threads.map(lambda one: self._searched(one, text, limit), known))

    def check_password(self, typed: str, person: Person | None, password: str) -> PasswordVerdict:
        """Return what the repository says about *password*.

        Args:
            typed: What was typed; decides who does the work when there is nobody.
            person: From `find` or `get`, or None.
            password: As typed.

        Raises:
            DirectoryUnavailableError: The repository does not answer.
        """
        state = self._current()
        name = person.repository if person else self.split(typed)[0]
        known = state.loaded.get(comparable(name)) or state.loaded[comparable(state.default)]
        if person is not None and known.view.name != person.repository:
            return PasswordVerdict.WRONG
        return self._ready(known).check_password(person, password)

    def can_change_password(self, repository: str, verdict: PasswordVerdict) -> bool:
        """Return whether people of a repository can give themselves another password; see `Repository`."""
        known = self._current().loaded.get(comparable(repository))
        return known is not None and self._ready(known).can_change_password(verdict)

    def change_password(self, person: Person, old: str, new: str) -> PasswordChange:
        """Give somebody another password, if *old* is right; see `Repository.change_password`.

        Raises:
            DirectoryUnavailableError: The repository does not answer; it may have changed the password all the same.
        """
        known = self._current().loaded.get(comparable(person.repository))
        return self._ready(known).change_password(person, old, new) if known else PasswordChange.WRONG

    def repositories(self) -> list[RepositoryView]:
        """Return all repositories as they are stored now."""
        return self._definitions.all()

    def save_repository(self, definition: RepositoryDefinition, author: Author | None = None) -> RepositoryView:
        """Make or change a repository; see `Definitions.save`."""
        view = self._definitions.save(definition, author or Author())
        self._fresh_until = 0.0
        return view

    def remove_repository(
        self, name: str, author: Author | None = None, *, expected_version: int | None = None
    ) -> None:
        """Remove a repository; see `Definitions.remove`."""
        self._definitions.remove(name, author or Author(), expected_version=expected_version)
        self._fresh_until = 0.0

    def stored_secret(self, name: str) -> str:
        """Return the secret of a repository for a test of its connection, or an empty text; never to be shown.

        Raises:
            SealBrokenError: It cannot be opened; it must be given anew.
        """
        return self._definitions.secret(name)

    def ping(self, name: str) -> None:
        """Return when a repository answers.

        Raises:
            NotFoundError: There is no such repository.
            UnavailableError: It does not answer.
        """
        known = self._current().loaded.get(comparable(name))
        if known is None:
            raise NotFoundError("There is no such repository.")
        self._ready(known).ping()

    def health(self) -> dict[str, bool]:
        """Return which repositories answer now, by name."""
        answers = {}
        for known in self._current().loaded.values():
            try:
                self._ready(known).ping()
                answers[known.view.name] = True
            except UnavailableError:
                answers[known.view.name] = False
        return answers

    def close(self) -> None:
        """Give back every connection."""
        for known in self._state.loaded.values() if self._state else ():
            if known.repository:
                known.repository.close()

    def _current(self) -> _State:
        state = self._state
        if state is not None and time.monotonic() < self._fresh_until:
            return state
        # One thread looks; the others go on with what they have, unless there is nothing yet.
        if state is None:
            self._lock.acquire()
        elif not self._lock.acquire(blocking=False):
            return state
        try:
            return self._refreshed()
        finally:
            self._lock.release()

    def _refreshed(self) -> _State:
        state = self._state
        if state is not None and time.monotonic() < self._fresh_until:
            return state
        until = time.monotonic() + self._freshness
        versions = self._definitions.versions()
        if state is None or versions != state.versions:
            old, state = state, self._load(versions)
            self._state = state
            kept = {id(known.repository) for known in state.loaded.values()}
            for known in old.loaded.values() if old else ():
                if known.repository and id(known.repository) not in kept:
                    known.repository.close()
        self._fresh_until = until
        return state

    def _load(self, versions: Versions) -> _State:
        old = self._state.loaded if self._state else {}
        loaded = {}
        default = ""
        for view in self._definitions.all():
            known = old.get(comparable(view.name))
            if known is None or known.view != view or known.repository is None:
                known = _Loaded(view, self._build(view))
            loaded[comparable(view.name)] = known
            default = view.name if view.is_default else default
        return _State(loaded, versions, default)

    def _build(self, view: RepositoryView) -> Repository | None:
        """Return the repository, or None: one that cannot be built must not keep the others from working."""
        try:
            secret = self._definitions.secret(view.name)
            register_secret(secret)
            return self._factories[view.kind].build(view.name, view.settings, secret)
        except (ConfigurationError, SealBrokenError, KeyError) as error:
            _log.error("repository.unusable", repository=view.name, reason=str(error))
            return None

    def _searched(self, known: _Loaded, text: str, limit: int) -> Findings:
        try:
            hits = self._ready(known).search(text, limit)
        except UnavailableError as error:
            _log.warning("repository.search_failed", repository=known.view.name, reason=str(error))
            return Findings(known.view.name, Hits(), is_reachable=False)
        return Findings(known.view.name, hits)

    @staticmethod
    def _ready(known: _Loaded) -> Repository:
        if known.repository is None:
            raise DirectoryUnavailableError(
                "The repository %(name)s cannot be used; see the log.", name=known.view.name
            )
        return known.repository
