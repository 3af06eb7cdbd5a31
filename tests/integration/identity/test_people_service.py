"""Several repositories under one roof."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select, update
from structlog.testing import capture_logs

from authsms.audit import AuditRecord
from authsms.foundation.errors import (
    ConfigurationError,
    ConflictError,
    DirectoryUnavailableError,
    InvalidInputError,
    NotFoundError,
)
from authsms.foundation.vault import HashingProfile, Vault
from authsms.identity.definitions import RepositoryDefinition
from authsms.identity.drafts import PersonDraft
from authsms.identity.kinds import builtin_kinds
from authsms.identity.local_people import LocalPeople
from authsms.identity.models import RepositoryRow
from authsms.identity.repository import PasswordVerdict, PersonKey
from authsms.identity.service import PeopleService
from tests.integration.identity.conftest import person_ldif
from tests.parts.slapd import READER_DN, READER_PASSWORD, SUFFIX


@pytest.fixture
def make_service(database, vault, clock):
    made = []

    def make(freshness=timedelta(0), with_vault=vault):
        kinds = builtin_kinds(database, with_vault, clock, default_region="DE")
        made.append(PeopleService(database, with_vault, clock, kinds, freshness=freshness))
        return made[-1]

    yield make
    for service in made:
        service.close()


@pytest.fixture
def service(make_service):
    return make_service()


@pytest.fixture
def local_alice(database, vault, clock):
    return LocalPeople(database, vault, clock).create(PersonDraft("alice", password="looking-glass"))


def settings_of(slapd, **more):
    return {
        "servers": [slapd.tls_url],
        "ca_file": str(slapd.ca_file),
        "base": SUFFIX,
        "bind_dn": READER_DN,
        "connect_timeout_seconds": 20,
        "receive_timeout_seconds": 20,
        **more,
    }


def company(slapd, **more):
    return RepositoryDefinition("COMPANY", "ldap", settings_of(slapd), **{"secret": READER_PASSWORD, **more})


def test_the_built_in_repository_is_there_without_a_definition(service, local_alice):
    assert service.find("alice") == local_alice
    assert service.find("LOCAL\\alice") == service.find(" local\\ALICE ") == local_alice
    assert service.get(local_alice.key) == local_alice
    assert service.check_password("alice", local_alice, "looking-glass") is PasswordVerdict.RIGHT
    assert [(view.name, view.is_default) for view in service.repositories()] == [("LOCAL", True)]


def test_names_without_a_prefix_belong_to_the_default_repository(service, local_alice, slapd):
    slapd.add(person_ldif("alice", "wonderland") + person_ldif("bob", "builder-bob"))
    service.save_repository(company(slapd, is_default=True))
    person = service.find("alice")

    assert (person.repository, service.split("alice")) == ("COMPANY", ("COMPANY", "alice"))
    assert service.check_password("alice", person, "wonderland") is PasswordVerdict.RIGHT
    assert service.check_password("alice", person, "looking-glass") is PasswordVerdict.WRONG
    assert service.find("LOCAL\\alice") == local_alice
    assert service.find("company\\bob").key.startswith("COMPANY:")
    assert service.find("LOCAL\\bob") is None
    assert service.get(person.key) == person


def test_one_default_at_a_time(service, slapd):
    service.save_repository(company(slapd, is_default=True))
    service.save_repository(RepositoryDefinition("OTHER", "ldap", settings_of(slapd), is_default=True))

    assert [view.name for view in service.repositories() if view.is_default] == ["OTHER"]


@pytest.mark.parametrize("typed", ["nowhere\\alice", "\\alice", "nowhere\\", "a\\b\\c", "alice\u200b", "", "\0"])
def test_what_names_nobody_is_nobody_and_costs_a_hash(service, local_alice, typed):
    assert service.find(typed) is None
    assert service.check_password(typed, None, "looking-glass") is PasswordVerdict.WRONG


def test_an_unknown_prefix_is_returned_as_typed(service):
    assert service.split("nowhere\\alice") == ("nowhere", "alice")
    assert service.split("al\u200bice") == ("LOCAL", "al\u200bice")


@pytest.mark.parametrize("key", ["", "x", "nowhere:1", "LOCAL:", "LOCAL:nobody", "LOCAL"])
def test_a_malformed_key_is_nobody(service, key):
    assert service.get(PersonKey(key)) is None


def test_local_people_sign_in_while_the_directory_is_down(service, local_alice, slapd):
    """F-18: an administrator must get in at 3 a.m."""
    slapd.add(person_ldif("alice", "wonderland"))
    impatient = settings_of(slapd, receive_timeout_seconds=2)
    service.save_repository(RepositoryDefinition("COMPANY", "ldap", impatient, READER_PASSWORD, is_default=True))
    person = service.find("alice")
    slapd.process.pause()
    try:
        with pytest.raises(DirectoryUnavailableError):
            service.find("alice")
        with pytest.raises(DirectoryUnavailableError):
            service.check_password("alice", person, "wonderland")
        assert service.check_password("LOCAL\\alice", local_alice, "looking-glass") is PasswordVerdict.RIGHT
        assert service.health() == {"COMPANY": False, "LOCAL": True}
    finally:
        slapd.process.resume()


def test_a_change_reaches_another_process(make_service, slapd, local_alice):
    """Here: another service over the same database, as another process has."""
    mine, theirs = make_service(), make_service()
    slapd.add(person_ldif("alice", "wonderland"))
    assert theirs.find("alice").repository == "LOCAL"

    mine.save_repository(company(slapd, is_default=True))
    assert theirs.find("alice").repository == "COMPANY"
    mine.remove_repository("COMPANY")
    assert theirs.find("alice").repository == "LOCAL"


def test_lookups_in_between_ask_for_no_definitions(make_service, slapd, database):
    slapd.add(person_ldif("alice", "wonderland"))
    service = make_service(freshness=timedelta(seconds=30))
    service.save_repository(company(slapd, is_default=True))
    service.find("alice")
    statements = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    service.find("alice")

    assert statements == []


def test_an_unchanged_definition_keeps_its_connections(make_service, slapd):
    slapd.add(person_ldif("alice", "wonderland"))
    service = make_service()
    service.save_repository(company(slapd, is_default=True))
    service.find("alice")
    before = service._current().loaded["company"].repository
    service.save_repository(RepositoryDefinition("OTHER", "ldap", settings_of(slapd)))

    assert service._current().loaded["company"].repository is before


def test_a_secret_is_sealed_and_never_shown(service, slapd, database):
    """ATK-44."""
    view = service.save_repository(company(slapd))
    with database.read() as session:
        row = session.scalars(select(RepositoryRow)).one()
        trail = session.scalars(select(AuditRecord)).one()

    assert READER_PASSWORD.encode() not in row.secret
    assert READER_PASSWORD not in repr(view) + repr(company(slapd)) + str(row.settings) + str(trail.details)
    assert view.secret_set_at is not None
    assert trail.details["secret"] == "set"


def test_a_stored_secret_is_kept_when_it_goes_to_the_same_place(service, slapd):
    slapd.add(person_ldif("alice", "wonderland"))
    service.save_repository(company(slapd))
    service.save_repository(company(slapd, secret=None, is_default=True))

    assert service.find("alice").login == "alice"


@pytest.mark.parametrize(
    "change",
    [
        {"servers": ["ldaps://127.0.0.1:6360"]},
        {"servers": ["ldaps://localhost"]},
        {"servers": ["ldap://127.0.0.1"], "start_tls": True},
        {"ca_file": ""},
    ],
    ids=["port", "host", "scheme", "certificates"],
)
def test_a_stored_secret_does_not_follow_a_change_of_address_or_trust(service, slapd, database, change):
    """CVE-2024-5967 elsewhere: change the address, keep the secret, press Test."""
    service.save_repository(company(slapd))
    service.save_repository(RepositoryDefinition("COMPANY", "ldap", settings_of(slapd, **change)))
    with database.read() as session:
        row = session.scalars(select(RepositoryRow)).one()
        trail = session.scalars(select(AuditRecord).order_by(AuditRecord.id.desc())).first()

    assert (row.secret, row.secret_set_at, trail.details["secret"]) == (None, None, "cleared")


def test_a_secret_moved_to_another_row_does_not_open(service, slapd, database):
    """ATK-56."""
    service.save_repository(company(slapd))
    service.save_repository(RepositoryDefinition("OTHER", "ldap", settings_of(slapd)))
    with database.write() as session:
        sealed = session.scalar(select(RepositoryRow.secret).where(RepositoryRow.name == "COMPANY"))
        session.execute(update(RepositoryRow).where(RepositoryRow.name == "OTHER").values(secret=sealed, version=9))

    with pytest.raises(DirectoryUnavailableError):
        service.find("OTHER\\alice")


def test_a_repository_that_cannot_be_built_does_not_stop_the_others(
    make_service, service, slapd, local_alice, tmp_path
):
    service.save_repository(company(slapd))
    other_keys = Vault.open(tmp_path / "other-keys.json", profile=HashingProfile.TESTS)
    with capture_logs() as logs:
        elsewhere = make_service(with_vault=other_keys)

        assert elsewhere.find("LOCAL\\alice") == local_alice
        with pytest.raises(DirectoryUnavailableError):
            elsewhere.find("COMPANY\\alice")
    assert [entry["event"] for entry in logs] == ["repository.unusable"]


@pytest.mark.parametrize(
    ("definition", "error"),
    [
        (RepositoryDefinition("a b", "ldap"), InvalidInputError),
        (RepositoryDefinition("a:b", "ldap"), InvalidInputError),
        (RepositoryDefinition("x" * 33, "ldap"), InvalidInputError),
        (RepositoryDefinition("COMPANY", "oracle"), ConfigurationError),
        (RepositoryDefinition("COMPANY", "ldap"), ConfigurationError),
        (RepositoryDefinition("COMPANY", "local"), ConfigurationError),
        (RepositoryDefinition("local", "ldap"), ConfigurationError),
        (RepositoryDefinition("LOCAL", "local", {"x": 1}), ConfigurationError),
    ],
)
def test_an_unusable_definition_is_refused_and_nothing_is_kept(service, definition, error):
    with pytest.raises(error):
        service.save_repository(definition)

    assert [view.name for view in service.repositories()] == ["LOCAL"]


def test_names_that_differ_in_case_are_one_repository(service, slapd):
    service.save_repository(company(slapd))
    service.save_repository(RepositoryDefinition("company", "ldap", settings_of(slapd), secret=None))

    assert [view.name for view in service.repositories()] == ["COMPANY", "LOCAL"]


def test_what_does_not_exist_cannot_be_removed_or_asked(service):
    with pytest.raises(NotFoundError):
        service.remove_repository("nowhere")
    with pytest.raises(NotFoundError):
        service.ping("nowhere")


def test_a_kind_does_not_change(service, slapd, database):
    service.save_repository(company(slapd))
    with database.write() as session:
        session.execute(update(RepositoryRow).values(kind="other"))

    with pytest.raises(ConflictError):
        service.save_repository(company(slapd))
