"""The built-in repository, on both databases."""

import pytest

from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from authsms.foundation.phone import PhoneNumber
from authsms.identity.drafts import PersonDraft
from authsms.identity.local import LocalRepository
from authsms.identity.local_people import LocalPeople
from authsms.identity.repository import PasswordVerdict


@pytest.fixture
def people(database, vault, clock):
    return LocalPeople(database, vault, clock)


@pytest.fixture
def repository(database, vault):
    return LocalRepository("LOCAL", database, vault)


ALICE = PersonDraft(
    "Alice",
    display_name="Alice Ä.",
    phones=(PhoneNumber("+491712345678"),),
    groups=frozenset({"vpn"}),
    password="wonderland",
)


def test_a_person_is_made_and_found_in_every_spelling(people, repository):
    made = people.create(ALICE)

    for typed in ("Alice", "alice", " ALICE "):
        assert repository.find(typed) == made
    assert repository.get(made.id) == made
    assert made.key == f"LOCAL:{made.id}"
    assert made.groups == {"vpn"}


@pytest.mark.parametrize("typed", ["alice\u200b", "al", "", "*", "alice'--", "%"])
def test_nobody_else_is_found(people, repository, typed):
    people.create(ALICE)

    assert repository.find(typed) is None


def test_passwords_are_judged(people, repository):
    made = people.create(ALICE)
    people.create(PersonDraft("bare"))

    assert repository.check_password(made, "wonderland") is PasswordVerdict.RIGHT
    assert repository.check_password(made, "Wonderland") is PasswordVerdict.WRONG
    assert repository.check_password(repository.find("bare"), "wonderland") is PasswordVerdict.WRONG
    assert repository.check_password(None, "wonderland") is PasswordVerdict.WRONG
    assert repository.check_password(made, "") is PasswordVerdict.WRONG


def test_a_disabled_account_is_told_only_with_the_right_password(people, repository):
    people.create(ALICE)
    made = people.change(PersonDraft("alice", enabled=False))

    assert not made.enabled
    assert repository.check_password(made, "wonderland") is PasswordVerdict.DISABLED
    assert repository.check_password(made, "wrong") is PasswordVerdict.WRONG


def test_unknown_people_cost_a_hash_too(people, repository, vault, monkeypatch):
    """ATK-18."""
    asked = []
    monkeypatch.setattr(vault, "verify_password", lambda *given: asked.append(given))
    repository.check_password(None, "wonderland")

    assert asked == [(None, "wonderland")]


def test_one_login_belongs_to_one_person(people):
    people.create(ALICE)

    with pytest.raises(ConflictError):
        people.create(PersonDraft("ALICE"))


def test_a_change_keeps_what_it_does_not_name(people, repository):
    made = people.create(ALICE)
    changed = people.change(PersonDraft("ALICE", mail="alice@example.test", groups=frozenset({"ops"})))

    assert (changed.id, changed.login, changed.phones) == (made.id, "Alice", made.phones)
    assert (changed.mail, changed.groups) == ("alice@example.test", {"ops"})
    assert repository.check_password(changed, "wonderland") is PasswordVerdict.RIGHT


@pytest.mark.parametrize(
    "draft",
    [
        PersonDraft(""),
        PersonDraft("a\\b"),
        PersonDraft("a\u200b"),
        PersonDraft("alice", password="short"),
        PersonDraft("alice", password="{SSHA}xxxxxxxxxxxx"),
        PersonDraft("alice", mail="nobody"),
        PersonDraft("alice", display_name="\0"),
        PersonDraft("alice", groups=frozenset({" "})),
    ],
)
def test_unusable_values_are_refused(people, draft):
    with pytest.raises(InvalidInputError):
        people.create(draft)


def test_a_removed_person_is_gone_and_nobody_inherits_the_key(people, repository):
    made = people.create(ALICE)
    people.remove(made.id)

    assert repository.get(made.id) is None
    assert people.create(ALICE).id != made.id
    with pytest.raises(NotFoundError):
        people.remove(made.id)


def test_people_are_listed_by_login_in_pieces(people):
    for login in ("carol", "Bob", "alice"):
        people.create(PersonDraft(login))

    assert [person.login for person in people.list(limit=2)] == ["alice", "Bob"]
    assert [person.login for person in people.list(after="bob")] == ["carol"]
    assert people.count() == 3


def test_two_built_in_repositories_do_not_see_each_other(database, vault, clock, people):
    made = people.create(ALICE)
    other = LocalRepository("OTHER", database, vault)

    assert other.find("alice") is None
    assert other.get(made.id) is None
    with pytest.raises(ValueError, match="not found in this repository"):
        other.check_password(made, "wonderland")
