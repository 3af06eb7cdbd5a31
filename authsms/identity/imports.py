"""Takes people from a file into a built-in repository: all of them or none."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from authsms.audit import AuditEntry, AuditTag, AuditTrail, Detail
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError, InvalidInputError
from authsms.foundation.vault import Vault
from authsms.identity.import_files import ImportedPerson, ImportFormat, read_people
from authsms.identity.ldif import Problem
from authsms.identity.local import LOCAL
from authsms.identity.local_store import LocalStore, Saved
from authsms.identity.names import comparable

Progress = Callable[[int, int], None]
"""Told how many people are done, and of how many."""

LARGEST_FILE = 64 * 1024 * 1024


class ImportRefusedError(InvalidInputError):
    """The file has problems; nothing was written.

    Attributes:
        problems: All of them, by line.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(f"line {problem.line}: {problem.message}" for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How many people were made, changed, or found as the file wants them."""

    created: int
    updated: int
    unchanged: int


class PeopleImport:
    """Imports files; existing people are recognised by login and brought up to date.

    Args:
        default_region: Country of numbers without a country code.
    """

    def __init__(
        self, database: Database, vault: Vault, clock: Clock, *, default_region: str, repository: str = LOCAL
    ) -> None:
        self._database = database
        self._vault = vault
        self._store = LocalStore(vault, clock, repository)
        self._repository = repository
        self._audit = AuditTrail(database, vault, clock)
        self._region = default_region

    def run(
        self, content: bytes, form: ImportFormat, *, progress: Progress = lambda _done, _total: None
    ) -> ImportReport:
        """Import *content* in one transaction.

        Nearly all time goes into hashing passwords, which *progress* tells about; it happens before the transaction.

        Raises:
            ImportRefusedError: Something in the file is wrong; everything that is wrong is listed.
            ConflictError: Somebody else wrote the same people at the same time; run it again.
        """
        if len(content) > LARGEST_FILE:
            raise ImportRefusedError([Problem(1, "the file is too large")])
        reading = read_people(content, form, default_region=self._region)
        if reading.problems:
            raise ImportRefusedError(reading.problems)
        digests = self._hash(reading.people, progress)
        try:
            return self._write(reading.people, digests)
        except IntegrityError as error:
            raise ConflictError("Somebody else changed the same people meanwhile; import again.") from error

    def _hash(self, people: Sequence[ImportedPerson], progress: Progress) -> list[str | None]:
        """Return the digest of each person's new password; None for those who keep theirs."""
        digests: list[str | None] = []
        with self._database.read() as session:
            rows = self._store.rows(session, (person.draft.login for person in people))
            known = {key: row.password_digest for key, row in rows.items()}
        for done, person in enumerate(people, start=1):
            password = person.draft.password
            old = known.get(comparable(person.draft.login))
            keeps = password is None or (old is not None and self._vault.verify_password(old, password))
            digests.append(None if keeps or password is None else self._vault.hash_password(password))
            progress(done, len(people))
        return digests

    def _write(self, people: Sequence[ImportedPerson], digests: Sequence[str | None]) -> ImportReport:
        changes = [(person.draft, digest) for person, digest in zip(people, digests, strict=True)]
        with self._database.write() as session:
            counts = Counter(self._store.write(session, changes))
            report = ImportReport(counts[Saved.CREATED], counts[Saved.UPDATED], counts[Saved.UNCHANGED])
            details: dict[str, Detail] = {
                "repository": self._repository,
                "created": report.created,
                "updated": report.updated,
            }
            self._audit.record(session, AuditEntry(AuditTag.PEOPLE_IMPORTED, details=details))
        return report
