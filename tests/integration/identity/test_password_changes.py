"""Passwords that are changed by their owners: in OpenLDAP with a password policy, in a domain, and here."""

from collections.abc import Iterator

import pytest

from authsms.foundation.db import Database
from authsms.foundation.errors import DirectoryUnavailableError
from authsms.foundation.vault import Vault
from authsms.identity.drafts import PersonDraft
from authsms.identity.ldap.answers import LdapAnswer
from authsms.identity.ldap.passwords import read_change
from authsms.identity.local import LocalRepository
from authsms.identity.local_people import LocalPeople
from authsms.identity.repository import PasswordChange, PasswordVerdict
from tests.fakes import ManualClock
from tests.integration.identity.conftest import dn_of, person_ldif
from tests.integration.identity.scripted_directory import modify_done
from tests.integration.identity.test_active_directory import ALICE, DomainController, domain
from tests.parts.slapd import POLICY_DN, Slapd

OLD, NEW = "wonderland", "looking glass 2"
_STRICT = {"pwdInHistory": "3", "pwdMinLength": "10", "pwdCheckQuality": "1"}


@pytest.fixture
def strict(slapd: Slapd) -> Iterator[Slapd]:
    """A directory that minds length and history, and wants alice's password changed."""
    slapd.modify(_policy("replace", _STRICT))
    slapd.add(person_ldif("alice", OLD))
    slapd.modify(f"dn: {dn_of('alice')}\nchangetype: modify\nreplace: pwdReset\npwdReset: TRUE\n")
    yield slapd
    slapd.modify(_policy("delete", dict.fromkeys(_STRICT, "")))


def _policy(how: str, values: dict[str, str]) -> str:
    parts = [f"{how}: {name}\n" + (f"{name}: {value}\n" if value else "") for name, value in values.items()]
    return f"dn: {POLICY_DN}\nchangetype: modify\n" + "-\n".join(parts)


def test_openldap_takes_a_new_password_by_its_own_rules(strict: Slapd, repository_for):
    """Each refusal is told apart; the last word is the directory's."""
    repository = repository_for(strict, allow_password_changes=True)
    alice = repository.find("alice")
    told = [
        repository.change_password(alice, old, new)
        for old, new in (("wrong", NEW), (OLD, "short"), (OLD, " "), (OLD, NEW), (OLD, "and another one"), (NEW, OLD))
    ]

    assert [
        *(PasswordChange.WRONG, PasswordChange.TOO_SHORT, PasswordChange.REFUSED),
        *(PasswordChange.CHANGED, PasswordChange.WRONG, PasswordChange.USED_BEFORE),
    ] == told
    assert PasswordVerdict.RIGHT is repository.check_password(alice, NEW)
    assert PasswordVerdict.WRONG is repository.check_password(alice, OLD)


def test_nobody_changes_anything_unless_that_is_switched_on(strict: Slapd, repository_for):
    repository = repository_for(strict)
    alice = repository.find("alice")

    assert not repository.can_change_password(PasswordVerdict.MUST_CHANGE)
    assert PasswordChange.IMPOSSIBLE is repository.change_password(alice, OLD, NEW)
    assert PasswordVerdict.MUST_CHANGE is repository.check_password(alice, OLD)


def test_a_password_that_opens_no_connection_cannot_be_changed_by_its_owner(repository_for):
    """OpenLDAP lets nobody in whose password has ended; a domain asks its service account."""
    settings = {"allow_password_changes": True, "ca_file": "", "base": "dc=example"}
    openldap = repository_for("ldaps://localhost:1", **settings)
    windows = repository_for("ldaps://localhost:1", preset="active_directory", **settings)

    assert not openldap.can_change_password(PasswordVerdict.PASSWORD_EXPIRED)
    assert windows.can_change_password(PasswordVerdict.PASSWORD_EXPIRED)
    assert not windows.can_change_password(PasswordVerdict.LOCKED)


class Windows(DomainController):
    """A domain controller that also takes new passwords; *refusal* is what it says to them."""

    def __init__(self, sub_code: str, refusal: tuple[int, str] = (0, "")) -> None:
        super().__init__(sub_code)
        self.refusal = refusal

    def __call__(self, request):
        """Answer as the domain controller did."""
        if request.operation == "modify":
            return [modify_done(request, *self.refusal)]
        return super().__call__(request)


@pytest.mark.parametrize("sub_code", ["532", "773"])
def test_a_domain_is_given_the_old_and_the_new_value(repository_for, sub_code):
    """Out and in, in one request, so that the domain's rules hold; by the service account, on its own connection."""
    with domain(repository_for, Windows(sub_code), allow_password_changes=True) as (repository, directory):
        outcome = repository.change_password(repository.find("alice"), OLD, 'n\u00ebw "quoted"')
        [modify] = [one.values for one in directory.requests if one.operation == "modify"]

    assert PasswordChange.CHANGED is outcome
    assert ALICE == modify["dn"]
    assert [(1, "unicodePwd", f'"{OLD}"'), (0, "unicodePwd", '"n\u00ebw "quoted""')] == modify["changes"]


def test_a_wrong_old_password_is_handed_to_nobody(repository_for):
    with domain(repository_for, Windows("52e"), allow_password_changes=True) as (repository, directory):
        outcome = repository.change_password(repository.find("alice"), "guess", NEW)

        assert PasswordChange.WRONG is outcome
        assert "modify" not in [one.operation for one in directory.requests]


def test_a_change_whose_answer_is_lost_is_not_asked_for_twice(repository_for):
    """The second time the old password could be wrong, and the person would be told so."""

    class Hangs(Windows):
        def __call__(self, request):
            return None if request.operation == "modify" else super().__call__(request)

    with domain(repository_for, Hangs("773"), allow_password_changes=True) as (repository, directory):
        alice = repository.find("alice")
        with pytest.raises(DirectoryUnavailableError) as caught:
            repository.change_password(alice, OLD, NEW)

        assert 1 == [one.operation for one in directory.requests].count("modify")
    assert OLD not in str(caught.value)
    assert NEW not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "message", "outcome"),
    [
        (0, "", PasswordChange.CHANGED),
        (19, "0000052D: AtrErr: DSID-03190FE2, #1:\n0: 0000052D: DSID-03190FE2", PasswordChange.REFUSED),
        (19, "00000056: AtrErr: DSID-03191083, #1:\n0: 00000056", PasswordChange.WRONG),
        (19, "Password fails quality checking policy", PasswordChange.REFUSED),
        (49, "", PasswordChange.WRONG),
        (53, "0000001F: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM)", PasswordChange.IMPOSSIBLE),
        (50, "User alteration of password is not allowed", PasswordChange.IMPOSSIBLE),
        (10, "", PasswordChange.IMPOSSIBLE),
        (2, "unsupported extended operation", PasswordChange.IMPOSSIBLE),
    ],
)
def test_what_a_directory_says_is_understood(code, message, outcome):
    assert outcome is read_change(LdapAnswer(code, message))


@pytest.fixture
def local(database: Database, vault: Vault, clock: ManualClock) -> tuple[LocalRepository, LocalPeople]:
    """The built-in repository."""
    return LocalRepository("LOCAL", database, vault), LocalPeople(database, vault, clock)


def test_a_password_kept_here_is_changed_once_somebody_wants_it_so(local):
    repository, people = local
    alice = people.create(PersonDraft("alice", password=OLD, must_change=True))
    before = repository.check_password(alice, OLD)
    told = [repository.change_password(alice, *one) for one in (("wrong", NEW), (OLD, "short"), (OLD, NEW), (OLD, NEW))]

    assert PasswordVerdict.MUST_CHANGE is before
    assert [PasswordChange.WRONG, PasswordChange.TOO_SHORT, PasswordChange.CHANGED, PasswordChange.WRONG] == told
    assert PasswordVerdict.RIGHT is repository.check_password(alice, NEW)


def test_a_change_is_wanted_of_whoever_has_a_password_here(local, database: Database):
    repository, people = local
    alice = people.create(PersonDraft("alice", password=OLD))
    bare = people.create(PersonDraft("bare"))
    with database.write() as session:
        wanted = [people.require_change(session, one) for one in (alice.id, alice.id, bare.id, "nobody")]

    assert ["alice", None, None, None] == wanted
    assert [True, None, None] == [people.must_change(one) for one in (alice.id, bare.id, "nobody")]
    assert PasswordVerdict.WRONG is repository.check_password(alice, "wrong")
    people.change(PersonDraft("alice", enabled=False))
    assert PasswordVerdict.DISABLED is repository.check_password(alice, OLD)
    assert PasswordChange.WRONG is repository.change_password(alice, OLD, NEW)
