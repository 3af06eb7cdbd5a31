"""Takes contacts from a file: known ones are left as they are, and nobody who has ended texts is texted again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Protocol

from sqlalchemy.orm import Session

from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.audit.vocabulary import Author
from authsms.contacts.book import ContactBook
from authsms.contacts.consents import ConsentLedger
from authsms.contacts.import_files import Customs, ImportedContact, read_contacts
from authsms.contacts.suppression import SuppressionList
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError
from authsms.identity.imports import LARGEST_FILE, ImportRefusedError
from authsms.identity.ldif import Problem
from authsms.identity.repository import Person

Progress = Callable[[int, int], object]
"""Told how many contacts are done, and of how many."""

_PORTION: Final = 25
"""Contacts in one transaction: it costs several statements for each, and logins wait for it on SQLite."""


class Finder(Protocol):
    """Looks people up."""

    def find(self, typed: str) -> Person | None:
        """Return the person of that name."""


@dataclass
class ImportReport:
    """What became of the contacts of a file.

    Attributes:
        added: New ones.
        agreed: Those of them that are live, because the file states a consent.
        known: Left as they are.
        ended: Lines whose consent counts for nothing: the number has ended texts since.
        refused: Lines that could not be taken, and why.
    """

    added: int = 0
    agreed: int = 0
    known: int = 0
    ended: list[int] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ImportTools:
    """What an import takes."""

    database: Database
    audit: AuditTrail
    people: Finder
    book: ContactBook
    consents: ConsentLedger
    suppressions: SuppressionList


class ContactImport:
    """Imports files."""

    def __init__(self, tools: ImportTools, customs: Customs) -> None:
        self._tools = tools
        self._customs = customs

    def run(self, content: bytes, progress: Progress = lambda _done, _total: None) -> ImportReport:
        """Import *content*; nothing is written while a line is wrong. It may be imported again.

        Contacts are written in short transactions, so that nobody's login waits for them.

        Raises:
            ImportRefusedError: Something in the file is wrong; everything that is wrong is listed.
            DirectoryUnavailableError: People cannot be looked up now.
        """
        if len(content) > LARGEST_FILE:
            raise ImportRefusedError([Problem(1, "the file is too large")])
        found, problems = read_contacts(content, self._customs)
        owners, strangers = self._owners(found, progress)
        if problems or strangers:
            raise ImportRefusedError(sorted([*problems, *strangers], key=lambda problem: problem.line))
        report = ImportReport()
        waiting = iter(found)
        while portion := list(islice(waiting, _PORTION)):
            self._write(portion, owners, report)
        details = {"added": report.added, "agreed": report.agreed, "known": report.known}
        with self._tools.database.write() as session:
            self._tools.audit.record(session, AuditEntry(AuditTag.CONTACTS_IMPORTED, details=details))
        return report

    def _owners(
        self, found: Sequence[ImportedContact], progress: Progress
    ) -> tuple[dict[str, Author], Sequence[Problem]]:
        """Return whose the contacts are by the login written; a directory is asked once for each."""
        owners: dict[str, Author] = {}
        problems = []
        for done, one in enumerate(found, start=1):
            if one.login not in owners:
                person = self._tools.people.find(one.login)
                if person is None:
                    problems.append(Problem(one.line, "login: nobody has this user name"))
                else:
                    owners[one.login] = Author(person.login, person.key)
            progress(done, len(found))
        return owners, problems

    def _write(self, portion: Sequence[ImportedContact], owners: dict[str, Author], report: ImportReport) -> None:
        blocked = {one.line for one in portion if one.stated and self._tools.suppressions.of(one.number)}
        with self._tools.database.write() as session:
            taken = [
                (one, self._take(session, one, owners[one.login], is_blocked=one.line in blocked)) for one in portion
            ]
        for one, outcome in taken:
            _count(report, one.line, outcome)

    def _take(self, session: Session, one: ImportedContact, owner: Author, *, is_blocked: bool) -> str:
        tools = self._tools
        try:
            contact_id = tools.book.insert(session, owner, one.kind, one.number)
        except ConflictError as error:
            return str(error)
        if contact_id is None:
            return "known"
        if one.stated is None:
            return "added"
        if is_blocked or tools.consents.has_ended(session, one.number, since=one.stated.at):
            return "ended"
        tools.book.take_in(session, owner, contact_id, one.number, one.stated)
        return "agreed"


def _count(report: ImportReport, line: int, outcome: str) -> None:
    match outcome:
        case "known":
            report.known += 1
        case "added":
            report.added += 1
        case "agreed":
            report.added += 1
            report.agreed += 1
        case "ended":
            report.added += 1
            report.ended.append(line)
        case _:
            report.refused.append(Problem(line, outcome))
