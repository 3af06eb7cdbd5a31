"""Imports write everything or nothing, and can be repeated."""

import pytest
from sqlalchemy import select

from authsms.audit import AuditRecord, AuditTag
from authsms.foundation.errors import DatabaseUnavailableError
from authsms.identity import imports
from authsms.identity.drafts import PersonDraft
from authsms.identity.import_files import ImportFormat
from authsms.identity.imports import ImportRefusedError, ImportReport, PeopleImport
from authsms.identity.local import LocalRepository
from authsms.identity.local_people import LocalPeople
from authsms.identity.local_store import LocalStore
from authsms.identity.repository import PasswordVerdict

CSV = (
    b"login,display_name,phone,password,groups,mail\n"
    b"alice,Alice,0171 2345678,wonderland,vpn|ops,alice@example.test\n"
    b"bob,Bob,,,vpn,\n"
)


@pytest.fixture
def importing(database, vault, clock):
    return PeopleImport(database, vault, clock, default_region="DE")


@pytest.fixture
def people(database, vault, clock):
    return LocalPeople(database, vault, clock)


@pytest.fixture
def repository(database, vault):
    return LocalRepository("LOCAL", database, vault)


def test_people_are_taken_over_with_hashed_passwords(importing, repository, database):
    assert importing.run(CSV, ImportFormat.CSV) == ImportReport(created=2, updated=0, unchanged=0)
    alice = repository.find("alice")

    assert (alice.display_name, alice.phones, alice.groups) == ("Alice", ("+491712345678",), {"vpn", "ops"})
    assert repository.check_password(alice, "wonderland") is PasswordVerdict.RIGHT
    with database.read() as session:
        record = session.scalars(select(AuditRecord)).one()
    assert (record.tag, record.details["created"]) == (AuditTag.PEOPLE_IMPORTED, 2)


def test_a_second_run_changes_nothing(importing, repository):
    importing.run(CSV, ImportFormat.CSV)
    before = repository.find("alice")

    assert importing.run(CSV, ImportFormat.CSV) == ImportReport(created=0, updated=0, unchanged=2)
    assert repository.find("alice") == before


def test_existing_people_are_brought_up_to_date_by_login(importing, repository, people):
    made = people.create(PersonDraft("ALICE", password="looking-glass", groups=frozenset({"old"})))

    assert importing.run(CSV, ImportFormat.CSV) == ImportReport(created=1, updated=1, unchanged=0)
    alice = repository.find("alice")
    assert (alice.id, alice.groups) == (made.id, {"vpn", "ops"})
    assert repository.check_password(alice, "wonderland") is PasswordVerdict.RIGHT


def test_a_file_with_a_problem_writes_nothing_and_lists_them_all(importing, people):
    content = CSV + b"carol,,ring twice,,,\ndave,,,{SSHA}xxxx,,\n"
    with pytest.raises(ImportRefusedError) as caught:
        importing.run(content, ImportFormat.CSV)

    assert [problem.line for problem in caught.value.problems] == [4, 5]
    assert str(caught.value).startswith("line 4: phone: ")
    assert people.count() == 0


def test_a_failure_in_the_middle_leaves_nothing(importing, people, monkeypatch):
    def fail(*_):
        raise DatabaseUnavailableError("gone")

    monkeypatch.setattr(LocalStore, "_write_groups", fail)
    with pytest.raises(DatabaseUnavailableError):
        importing.run(CSV, ImportFormat.CSV)

    assert people.count() == 0


def test_progress_is_told_for_every_person(importing):
    told = []
    importing.run(CSV, ImportFormat.CSV, progress=lambda done, total: told.append((done, total)))

    assert told == [(1, 2), (2, 2)]


def test_a_huge_file_is_refused(importing, monkeypatch):
    monkeypatch.setattr(imports, "LARGEST_FILE", 10)
    with pytest.raises(ImportRefusedError, match="too large"):
        importing.run(CSV, ImportFormat.CSV)


def test_a_thousand_people_are_imported(importing, people):
    rows = "".join(f"user{number},User {number},+4917{number:08d},,all\n" for number in range(1000))
    content = f"login,display_name,phone,password,groups\n{rows}".encode()

    assert importing.run(content, ImportFormat.CSV).created == 1000
    assert people.count() == 1000
