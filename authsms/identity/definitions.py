"""Which repositories there are: rows of the database with sealed, write-only secrets."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from authsms.audit import AuditTag, AuditTrail, Author, Detail
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import ConfigurationError, ConflictError, InvalidInputError, NotFoundError, gettext_noop
from authsms.foundation.vault import Vault
from authsms.identity.kinds import RepositoryKind, RepositorySettings
from authsms.identity.local import LOCAL
from authsms.identity.models import RepositoryRow
from authsms.identity.names import comparable

Versions: TypeAlias = frozenset[tuple[str, int, datetime]]
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,31}")


@dataclass(frozen=True, slots=True)
class RepositoryDefinition:
    """A repository as an administrator wants it.

    Attributes:
        name: What people write before the backslash; letters, digits, ``.``, ``_`` and ``-``. It is a part of the key
            of everybody in the repository, so a renamed repository is another one.
        kind: ``ldap`` or ``local``.
        settings: Of this kind; `LdapSettings` describes those of ``ldap``.
        secret: Password of the service account; None keeps the stored one, as long as it still goes to the same place.
        is_default: Names without a prefix are looked up here.
        expected_version: The version that was changed, 0 for a new one; None stores whatever somebody else did.
    """

    name: str
    kind: str
    settings: RepositorySettings = field(default_factory=dict)
    secret: str | None = field(default=None, repr=False)
    is_default: bool = False
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class RepositoryView:
    """A repository as it is shown: of the secret only whether, since when and by whom there is one."""

    name: str
    kind: str
    settings: RepositorySettings
    is_default: bool
    secret_set_at: datetime | None = None
    version: int = 0
    changed_at: datetime | None = None
    secret_set_by: str = ""


_NOBODY = Author()
_CHANGED = gettext_noop("Somebody else changed this repository in the meantime; look at it again.")


class Definitions:
    """Keeps the definitions; `PeopleService` uses them."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, kinds: Mapping[str, RepositoryKind]) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._kinds = kinds
        self._audit = AuditTrail(database, vault, clock)

    def all(self) -> list[RepositoryView]:
        """Return every repository by name; exactly one of them is the default.

        The built-in one needs no row, so that an administrator can sign in whatever was configured.
        """
        with self._database.read() as session:
            views = [_view(row) for row in session.scalars(select(RepositoryRow).order_by(RepositoryRow.name))]
        if not any(view.name == LOCAL for view in views):
            is_default = not any(view.is_default for view in views)
            views.append(RepositoryView(LOCAL, "local", {}, is_default=is_default))
        return views

    def versions(self) -> Versions:
        """Return what changes whenever a definition does."""
        with self._database.read() as session:
            return frozenset(
                (name, version, changed_at)
                for name, version, changed_at in session.execute(
                    select(RepositoryRow.name, RepositoryRow.version, RepositoryRow.changed_at)
                )
            )

    def secret(self, name: str) -> str:
        """Return the secret of a repository, or an empty text.

        Raises:
            SealBrokenError: It cannot be opened; it must be given anew.
        """
        with self._database.read() as session:
            sealed = session.scalar(select(RepositoryRow.secret).where(RepositoryRow.name == name))
        return self._vault.unseal(sealed, context=_context(name)).decode() if sealed else ""

    def save(self, definition: RepositoryDefinition, author: Author = _NOBODY) -> RepositoryView:
        """Make or change a repository.

        Raises:
            InvalidInputError: The name is unusable.
            ConfigurationError: The kind is unknown or the settings are unusable.
            ConflictError: Somebody else made or changed it in the meantime, or it is of another kind.
        """
        kind = self._check(definition)
        try:
            with self._database.write() as session:
                row = session.scalars(
                    select(RepositoryRow).where(RepositoryRow.name_key == comparable(definition.name)).with_for_update()
                ).one_or_none()
                if definition.expected_version not in {None, row.version if row else 0}:
                    raise ConflictError(_CHANGED)
                if row is None:
                    row = self._new_row(definition)
                    session.add(row)
                fate = self._write(row, definition, kind, author)
                if definition.is_default:
                    session.execute(
                        update(RepositoryRow)
                        .where(RepositoryRow.name != row.name, RepositoryRow.is_default.is_(True))
                        .values(is_default=False, version=RepositoryRow.version + 1)
                    )
                session.flush()
                self._report(session, row, fate, author)
                return _view(row)
        except IntegrityError as error:
            raise ConflictError("Somebody else made this repository just now; look at it again.") from error

    def remove(self, name: str, author: Author = _NOBODY, *, expected_version: int | None = None) -> None:
        """Remove a repository; its people cannot sign in any more.

        Raises:
            NotFoundError: There is none of this name.
            ConflictError: Somebody else changed it in the meantime.
        """
        with self._database.write() as session:
            row = session.get(RepositoryRow, name, with_for_update=True)
            if row is None:
                raise NotFoundError("There is no such repository.")
            if expected_version not in {None, row.version}:
                raise ConflictError(_CHANGED)
            session.execute(delete(RepositoryRow).where(RepositoryRow.name == name))
            self._report(session, row, "removed", author)

    def _check(self, definition: RepositoryDefinition) -> RepositoryKind:
        if not _NAME.fullmatch(definition.name):
            raise InvalidInputError("A repository's name is up to 32 letters, digits, dots and dashes.", field="name")
        if (comparable(definition.name) == comparable(LOCAL)) is not (definition.kind == "local"):
            raise ConfigurationError(f"The built-in repository is named {LOCAL}, and no other is.")
        kind = self._kinds.get(definition.kind)
        if kind is None:
            raise ConfigurationError(f"There are repositories of the kinds {', '.join(self._kinds)}.")
        kind.check(definition.settings)
        return kind

    def _new_row(self, definition: RepositoryDefinition) -> RepositoryRow:
        return RepositoryRow(
            name=definition.name,
            name_key=comparable(definition.name),
            kind=definition.kind,
            settings=_plain(definition.settings),
            secret=None,
            secret_set_at=None,
            secret_set_by="",
            is_default=False,
            version=0,
            changed_at=self._clock.now(),
        )

    def _write(self, row: RepositoryRow, definition: RepositoryDefinition, kind: RepositoryKind, author: Author) -> str:
        """Write *definition* into *row* and return what became of the secret."""
        if row.kind != definition.kind:
            raise ConflictError("This repository is of the kind %(kind)s; make another one.", kind=row.kind)
        fate = "kept"
        if definition.secret is not None:
            fate = "set" if definition.secret else "cleared"
            row.secret = None
            if definition.secret:
                row.secret = self._vault.seal(definition.secret.encode(), context=_context(row.name))
        elif row.secret is not None and not self._same_trust(kind, row, definition):
            fate, row.secret = "cleared", None
        if fate != "kept":
            row.secret_set_at = self._clock.now() if row.secret else None
            row.secret_set_by = author.login if row.secret else ""
        row.settings = _plain(definition.settings)
        row.is_default = definition.is_default
        row.version += 1
        row.changed_at = self._clock.now()
        return fate

    @staticmethod
    def _same_trust(kind: RepositoryKind, row: RepositoryRow, definition: RepositoryDefinition) -> bool:
        try:
            return kind.trust(row.settings) == kind.trust(definition.settings)
        except ConfigurationError:
            return False

    def _report(self, session: Session, row: RepositoryRow, fate: str, author: Author) -> None:
        details: dict[str, Detail] = {
            "repository": row.name,
            "kind": row.kind,
            "secret": fate,
            "default": row.is_default,
        }
        entry = author.entry(AuditTag.REPOSITORY_SAVED, details=details)
        self._audit.record(session, entry)


def _view(row: RepositoryRow) -> RepositoryView:
    return RepositoryView(
        row.name,
        row.kind,
        row.settings,
        row.is_default,
        row.secret_set_at,
        row.version,
        row.changed_at,
        row.secret_set_by,
    )


def _plain(settings: RepositorySettings) -> dict[str, object]:
    """Return *settings* as JSON keeps them."""
    plain: dict[str, object] = json.loads(json.dumps(dict(settings), default=str))
    return plain


def _context(name: str) -> str:
    return f"repository.secret:{name}"
