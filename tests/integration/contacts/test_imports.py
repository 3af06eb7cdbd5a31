"""Contacts from files, and consents as a table."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from authsms.administration.contacts import consents_written
from authsms.audit.vocabulary import Author
from authsms.cli import commands
from authsms.contacts.agreement import ConsentAct, ContactKind, ContactState
from authsms.contacts.consent import Way
from authsms.contacts.import_files import Customs
from authsms.contacts.imports import ContactImport, ImportReport, ImportTools
from authsms.contacts.suppression import Source, Stop
from authsms.foundation.db import Database
from authsms.foundation.phone import PhoneNumber
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from authsms.identity.drafts import PersonDraft
from authsms.identity.imports import ImportRefusedError
from authsms.identity.local_people import LocalPeople
from authsms.wiring import Services, assemble
from tests.fakes import ManualClock

HEAD = "login,phone,kind,consent_date,consent_wording,consent_source"
NUMBER = PhoneNumber("+4915112345678")
AGREED = "emma,0151 12345678,work,2026-01-31,I agree.,paper form 7"


@pytest.fixture
def services(settings: Settings, database: Database, vault: Vault, clock: ManualClock) -> Iterator[Services]:
    """An installation with two people; on SQLite and on PostgreSQL."""
    made = assemble(settings, database, vault, clock)
    made.prepare()
    people = LocalPeople(database, vault, clock)
    for login in ("emma", "otto"):
        people.create(PersonDraft(login, login.title(), ()))
    yield made
    made.people.close()


def owner(services: Services, login: str) -> Author:
    """Return somebody as the author of what he does."""
    person = services.people.find(login)
    assert person
    return Author(person.login, person.key)


def take(services: Services, *lines: str, countries: frozenset[str] = frozenset()) -> ImportReport:
    """Import a file with these lines."""
    tools = ImportTools(
        *(services.database, services.audit, services.people),
        *(services.contacts, services.consents, services.suppressions),
    )
    customs = Customs("DE", countries, services.clock.now())
    return ContactImport(tools, customs).run("\n".join([HEAD, *lines]).encode())


def states(services: Services, login: str) -> list[ContactState]:
    """Return the states of somebody's contacts."""
    return [one.state for one in services.contacts.of(owner(services, login).person_key)]


def test_a_contact_is_live_only_if_the_file_states_a_consent(services: Services):
    """With its date, its wording and where it is kept; a second import changes nothing."""
    lines = (AGREED, "otto,0151 12345699,,,,")
    first, second = take(services, *lines), take(services, *lines)
    (consent,) = services.consents.of(owner(services, "emma").person_key)

    assert (2, 1, 0, 0, 2) == (first.added, first.agreed, first.known, second.added, second.known)
    assert ([ContactState.VERIFIED], [ContactState.IDLE]) == (states(services, "emma"), states(services, "otto"))
    assert (ConsentAct.IMPORTED, "I agree.", "paper form 7") == (consent.act, consent.wording, consent.source)
    assert consent.stated_at
    assert "2026-01-31" == f"{consent.stated_at:%Y-%m-%d}"


def test_a_file_brings_nobody_back_who_has_ended_texts(services: Services):
    """Neither after a STOP nor after the tick was taken away, not even when the contact is gone."""
    take(services, AGREED)
    contact = services.contacts.of(owner(services, "emma").person_key)[0]
    services.contacts.remove(owner(services, "emma"), contact.id)
    again = take(services, AGREED)
    stop = Stop(services.suppressions.hash_of("+4915112345699"), "m", Way("codes", ""), Source.REPLY, "STOP")
    with services.database.write() as session:
        services.suppressions.stop(session, stop)
    stopped = take(services, "otto,0151 12345699,,2026-02-01,I agree.,form")

    assert ([2], [2]) == (again.ended, stopped.ended)
    assert [[ContactState.IDLE]] * 2 == [states(services, one) for one in ("emma", "otto")]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("nobody,0151 12345678,,,,", "line 3: login: nobody has this user name"),
        ("otto,12,,,,", "line 3: That is not a phone number"),
        ("otto,0151 12345678,fax,,,", "line 3: kind: one of mobile, phone, home, work"),
        ("otto,+1 202 555 0100,,,,", "line 3: phone: numbers of this country are not texted"),
        ("otto,0151 12345678,,2026-01-31,,", "line 3: a consent needs its date, wording and source"),
        ("otto,0151 12345678,,31.1.2026,I agree.,form", "line 3: consent_date: write it like"),
        ("otto,0151 12345678,,0001-01-01T00:00:00+14:00,I agree.,form", "line 3: consent_date: write it like"),
        ("otto,0151 12345678,,2199-01-01,I agree.,form", "line 3: consent_date: it is in the future"),
        ("otto,0151 12345678", "line 3: 2 fields instead of 6"),
        (",0151 12345678,,,,", "line 3: login: it is missing"),
    ],
    ids=["person", "number", "kind", "country", "consent", "date", "before any", "future", "fields", "login"],
)
def test_what_is_wrong_is_named_by_line_and_nothing_is_written(sqlite_services: Services, line: str, problem: str):
    """The good lines neither; the number is not repeated."""
    with pytest.raises(ImportRefusedError) as caught:
        take(sqlite_services, AGREED, line, countries=frozenset({"DE"}))

    assert str(caught.value).startswith(problem)
    assert "12345678" not in str(caught.value)
    assert [] == states(sqlite_services, "emma")


@pytest.fixture
def sqlite_services(instance: Path, sqlite_database_url: str, vault: Vault, clock: ManualClock) -> Iterator[Services]:
    """As `services`, on SQLite only: nothing here depends on the database."""
    database = Database(sqlite_database_url)
    settings = Settings.model_validate({"instance": instance, "environment": "development"})
    made = assemble(settings, database, vault, clock)
    made.prepare()
    for login in ("emma", "otto"):
        LocalPeople(database, vault, clock).create(PersonDraft(login, login.title(), ()))
    yield made
    made.people.close()
    database.dispose()


def test_the_table_holds_no_number_and_no_formula(sqlite_services: Services):
    """What a file says is anybody's text."""
    take(sqlite_services, "emma,0151 12345678,home,2026-01-31,=1+1,@form")
    text = "".join(consents_written(sqlite_services.consents))
    header, row = csv.reader(text.splitlines())
    told = dict(zip(header, row, strict=True))

    assert ("'=1+1", "'@form", "imported", "emma") == (told["wording"], told["source"], told["act"], told["login"])
    assert "12345678" not in text


def test_the_commands_import_and_export(
    sqlite_services: Services, instance: Path, sqlite_database_url: str, monkeypatch
):
    """As an operator types them."""
    monkeypatch.setenv("AUTHSMS_INSTANCE", str(instance))
    monkeypatch.setenv("AUTHSMS_ENVIRONMENT", "development")
    monkeypatch.setenv("AUTHSMS_DATABASE__URL", sqlite_database_url)
    file = instance / "contacts.csv"
    file.write_text(f"{HEAD}\n{AGREED}\n")
    taken = CliRunner().invoke(commands, ["contacts", "import", str(file)])
    given = CliRunner().invoke(commands, ["contacts", "export"])

    assert "1 added, 1 of them with a consent; 0 were there already." in taken.output
    assert "paper form 7" in given.output
    assert ContactKind.WORK is sqlite_services.contacts.of(owner(sqlite_services, "emma").person_key)[0].kind
