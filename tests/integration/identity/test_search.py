"""People looked up by a part of what is known of them: literal, bounded, and never the end of the page."""

from datetime import timedelta

import pytest

from authsms.foundation.errors import DirectoryUnavailableError
from authsms.foundation.phone import PhoneNumber
from authsms.identity.definitions import RepositoryDefinition
from authsms.identity.drafts import PersonDraft
from authsms.identity.kinds import builtin_kinds
from authsms.identity.local import LocalRepository
from authsms.identity.local_people import LocalPeople
from authsms.identity.service import PeopleService
from tests.integration.identity.conftest import person_ldif
from tests.parts.slapd import READER_DN, READER_PASSWORD, SUFFIX

METACHARACTERS = ["*", "a*", "*)(uid=*", ")(|(mail=*", "\\2a", "(alice)", "{text}", "%", "_", "'--", "&", "!"]
INVISIBLE = ["\0", "\u200b", "\ufe0f", " "]
MARKUP = "<script>alert(1)</script>"


@pytest.fixture
def local(database, vault, clock):
    people = LocalPeople(database, vault, clock)
    people.create(PersonDraft("Alice", "Alice Ärmel", (PhoneNumber("+491712345678"),), mail="a.armel@example.test"))
    people.create(PersonDraft("bob", "Bob 100%_sure"))
    return LocalRepository("LOCAL", database, vault)


@pytest.fixture
def directory(slapd, repository_for):
    slapd.add(
        person_ldif("alice", displayName="Alice Ärmel", mail="a.armel@example.test", mobile="+49 171 234-5678")
        + person_ldif("bob", displayName="Bob")
    )
    return repository_for(slapd)


@pytest.fixture
def repositories(local, directory):
    return [local, directory]


def logins(repository, text, limit=10):
    return [person.login.lower() for person in repository.search(text, limit).people]


@pytest.mark.parametrize(
    "text", ["alice", "ALI", "lic", "Alice Ärm", "ärm", "armel@", " alice ", "0171 2345678", "2345678"]
)
def test_a_part_of_login_name_mail_or_number_is_enough(repositories, text):
    assert [logins(repository, text) for repository in repositories] == [["alice"], ["alice"]]


@pytest.mark.parametrize("text", METACHARACTERS + INVISIBLE)
def test_what_was_typed_stands_for_itself(repositories, text):
    """ATK-31: a star finds people with a star in their name, and nobody else."""
    found = [login for repository in repositories for login in logins(repository, text)]

    assert [login for login in found if login != "bob"] == []


def test_a_per_cent_sign_is_found_where_it_is(local):
    assert logins(local, "100%_s") == ["bob"]
    assert logins(local, "1_0") == []


def test_more_than_the_limit_is_cut_and_says_so(slapd, repository_for, database, vault, clock):
    slapd.add("".join(person_ldif(f"clone{number}") for number in range(5)))
    people = LocalPeople(database, vault, clock)
    for number in range(5):
        people.create(PersonDraft(f"clone{number}"))

    for repository in (repository_for(slapd), LocalRepository("LOCAL", database, vault)):
        hits = repository.search("clone", 3)
        assert (len(hits.people), hits.is_cut) == (3, True)
        assert not repository.search("clone", 5).is_cut


def test_only_people_are_found(slapd, repository_for):
    """The filter that says who is a person holds for a search, too."""
    slapd.add(person_ldif("alice") + person_ldif("printer", employeeType="device"))
    repository = repository_for(slapd, person_filter="(&(objectClass=person)(uid={login})(!(employeeType=device)))")

    assert logins(repository, "printer") == []
    assert logins(repository, "alice") == ["alice"]


@pytest.mark.parametrize("person_filter", ["(uid:caseIgnoreMatch:={login})", "(mail={login}@example.test)"])
def test_an_odd_filter_still_allows_a_search(slapd, repository_for, person_filter):
    slapd.add(person_ldif("alice", mail="alice@example.test"))

    assert repository_for(slapd, person_filter=person_filter).search("alice", 5).is_cut is False


def test_hostile_values_come_back_bounded_and_without_control_characters(slapd, repository_for):
    slapd.add(person_ldif("mallory", displayName=f"M{MARKUP}\u202e{'x' * 900}"))
    (person,) = repository_for(slapd).search("mallory", 5).people

    assert person.display_name.startswith(f"M{MARKUP}x")
    assert len(person.display_name) <= 200


def test_a_directory_that_is_away_stands_beside_the_hits_of_the_others(database, vault, clock, slapd, local):
    service = PeopleService(
        database, vault, clock, builtin_kinds(database, vault, clock, default_region="DE"), freshness=timedelta(0)
    )
    settings = {
        "servers": [slapd.tls_url],
        "ca_file": str(slapd.ca_file),
        "base": SUFFIX,
        "bind_dn": READER_DN,
        "receive_timeout_seconds": 1,
    }
    service.save_repository(RepositoryDefinition("COMPANY", "ldap", settings, READER_PASSWORD))
    slapd.process.pause()
    try:
        found = {one.repository: one for one in service.search("alice", limit=5)}
    finally:
        slapd.process.resume()
        service.close()

    assert not found["COMPANY"].is_reachable
    assert [person.login for person in found["LOCAL"].hits.people] == ["Alice"]


def test_a_search_that_the_directory_refuses_is_no_empty_answer(slapd, repository_for):
    with pytest.raises(DirectoryUnavailableError):
        repository_for(slapd, base="dc=elsewhere,dc=test").search("alice", 5)
