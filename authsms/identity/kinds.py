"""The kinds of repositories there are, and what each needs to be built."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import ConfigurationError
from authsms.foundation.vault import Vault
from authsms.identity.ldap import LdapRepository, LdapSettings
from authsms.identity.local import LocalRepository
from authsms.identity.repository import Repository

RepositorySettings = Mapping[str, Any]
"""Settings as an administrator wrote them; each kind reads its own."""


class RepositoryKind(ABC):
    """Builds repositories of one kind."""

    @abstractmethod
    def check(self, settings: RepositorySettings) -> None:
        """Return when *settings* can be used.

        Raises:
            ConfigurationError: They cannot; the text says why.
        """

    @abstractmethod
    def trust(self, settings: RepositorySettings) -> tuple[object, ...]:
        """Return what decides to whom the secret is shown; when it changes, the stored secret is forgotten."""

    @abstractmethod
    def build(self, name: str, settings: RepositorySettings, secret: str) -> Repository:
        """Return the repository; nothing is connected yet.

        Raises:
            ConfigurationError: The settings cannot be used (any more).
        """


class LdapKind(RepositoryKind):
    """Directories.

    Args:
        default_region: Country of numbers without a country code, unless a directory's settings name one.
    """

    def __init__(self, clock: Clock, *, default_region: str) -> None:
        self._clock = clock
        self._region = default_region

    @override
    def check(self, settings: RepositorySettings) -> None:
        self.build("check", settings, "").close()

    @override
    def trust(self, settings: RepositorySettings) -> tuple[object, ...]:
        return LdapSettings.read(settings).trust()

    @override
    def build(self, name: str, settings: RepositorySettings, secret: str) -> Repository:
        return LdapRepository(
            name, LdapSettings.read(settings), password=secret, clock=self._clock, default_region=self._region
        )


class LocalKind(RepositoryKind):
    """Built-in repositories; they have no settings and no secret."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    @override
    def check(self, settings: RepositorySettings) -> None:
        if settings:
            raise ConfigurationError("A built-in repository has no settings.")

    @override
    def trust(self, settings: RepositorySettings) -> tuple[object, ...]:
        return ()

    @override
    def build(self, name: str, settings: RepositorySettings, secret: str) -> Repository:
        return LocalRepository(name, self._database, self._vault)


def builtin_kinds(database: Database, vault: Vault, clock: Clock, *, default_region: str) -> dict[str, RepositoryKind]:
    """Return the kinds this package brings, by the name used in definitions."""
    return {"local": LocalKind(database, vault), "ldap": LdapKind(clock, default_region=default_region)}
