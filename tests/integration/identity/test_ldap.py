"""People of a real OpenLDAP directory."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from structlog.testing import capture_logs

from authsms.foundation.errors import DirectoryUnavailableError
from authsms.identity.repository import PasswordVerdict
from tests.integration.identity.conftest import dn_of, group_ldif, person_ldif
from tests.parts.slapd import ROOT_DN, ROOT_PASSWORD, SUFFIX, run_slapd

RIGHT, WRONG = PasswordVerdict.RIGHT, PasswordVerdict.WRONG


@pytest.fixture
def alice(slapd):
    slapd.add(person_ldif("alice", "wonderland", mobile="0171 2345678", mail="alice@example.test"))


@pytest.mark.parametrize("transport", ["ldaps", "start-tls", "plain"])
def test_a_person_is_found_and_the_password_judged(slapd, alice, repository_for, transport):
    repository = repository_for(
        slapd.tls_url if transport == "ldaps" else slapd.url,
        ca_file=str(slapd.ca_file),
        start_tls=transport == "start-tls",
        allow_plaintext=transport == "plain",
    )
    person = repository.find("alice")

    assert (person.login, person.display_name, person.mail) == ("alice", "alice", "alice@example.test")
    assert person.phones == ("+491712345678",)
    assert repository.check_password(person, "wonderland") is RIGHT
    assert repository.check_password(person, "looking-glass") is WRONG
    assert repository.check_password(None, "wonderland") is WRONG


@pytest.mark.parametrize("typed", ["alice", "ALICE", " alice ", "\tAlice\n", "ａｌｉｃｅ"])  # noqa: RUF001
def test_every_spelling_leads_to_one_key(slapd, alice, repository_for, typed):
    """ATK-07: counters are kept under the key."""
    repository = repository_for(slapd)

    assert repository.find(typed).key == repository.find("alice").key


@pytest.mark.parametrize("typed", ["alice\u200b", "al\u00adice", "alice\ufe0f", "", " ", "\0", "alice\0", "a" * 300])
def test_a_name_with_something_invisible_finds_nobody(slapd, alice, repository_for, typed):
    assert repository_for(slapd).find(typed) is None


def test_a_key_outlives_renaming(slapd, alice, repository_for):
    repository = repository_for(slapd)
    before = repository.find("alice")
    slapd.modify(f"dn: {dn_of('alice')}\nchangetype: modrdn\nnewrdn: uid=alicia\ndeleteoldrdn: 1\n")
    after = repository.get(before.id)

    assert repository.find("alice") is None
    assert (after.key, after.login) == (before.key, "alicia")
    assert repository.check_password(after, "wonderland") is RIGHT


def test_nobody_has_an_unknown_or_impossible_id(slapd, alice, repository_for):
    repository = repository_for(slapd)

    assert repository.get("6e1b1f5e-0001-4002-8003-000000000001") is None
    assert repository.get("*") is None


INJECTIONS = [
    *(
        "*",
        "a*",
        "*)(uid=*",
        "*))%00",
        ")(|(mobile=*",
        "alice)(objectClass=*",
        "alice*",
        "(alice)",
        "\\2a",
        "alice\\00",
    ),
    *(
        "&",
        "|(uid=alice)",
        "!(uid=bob)",
        "~=alice",
        "x~=alice",
        "x>=a",
        "x<=z",
        "uid=alice",
        "alice,ou=people",
        "#alice",
    ),
    *(
        f"uid=alice,ou=people,{SUFFIX}",
        "{login}",
        "{dn}",
        "alice)",
        "(alice",
        "'alice'",
        '"alice"',
        "alice;--",
        "ali\\63e",
    ),
]


@pytest.mark.parametrize("pattern", ["{}", " {}", "{} ", "{}{}"])
def test_no_name_becomes_a_part_of_the_filter(slapd, alice, repository_for, pattern):
    """ATK-31: only a literal match counts."""
    repository = repository_for(slapd)
    found = [name for name in INJECTIONS if repository.find(pattern.replace("{}", name)) is not None]

    assert found == []


@pytest.mark.parametrize("login", ["we*ird (1)", "a\\b", "o'neil", "müller", "x>=y~=z", "a, b"])
def test_an_odd_name_is_found_when_it_is_somebodys(slapd, repository_for, login):
    slapd.add(person_ldif("odd", "wonderland").replace("uid: odd\n", f"uid: odd\nuid: {login}\n"))
    repository = repository_for(slapd)

    assert repository.find(login) is not None
    assert repository.check_password(repository.find(login), "wonderland") is RIGHT


def test_a_dn_with_commas_and_umlauts_works(slapd, repository_for):
    slapd.add(
        f"dn: cn=M\\C3\\BCller\\, Jörg + uid=jm,ou=people,{SUFFIX}\nobjectClass: inetOrgPerson\nuid: jm\n"
        "cn: Müller, Jörg\nsn: Müller\ndisplayName: Jörg Müller\nuserPassword: grüße123\n"
    )
    repository = repository_for(slapd)
    person = repository.find("jm")

    assert person.display_name == "Jörg Müller"
    assert repository.check_password(person, "grüße123") is RIGHT


def test_two_matches_are_nobody(slapd, repository_for):
    """F-20: never "the first one"; the administrator reads which entries they are."""
    slapd.add(person_ldif("anna", "wonderland", mail="shared@example.test"))
    slapd.add(person_ldif("bert", "wonderland", mail="shared@example.test"))
    repository = repository_for(slapd, person_filter="(mail={login})")

    with capture_logs() as logs:
        assert repository.find("shared@example.test") is None
    assert next(entry for entry in logs if entry["event"] == "directory.several_matches")["entries"]


def test_more_matches_than_the_limit_are_nobody_too(slapd, repository_for):
    slapd.add("".join(person_ldif(f"clone{number}", mail="shared@example.test") for number in range(5)))

    assert repository_for(slapd, person_filter="(mail={login})").find("shared@example.test") is None


def test_odd_numbers_are_passed_over_and_order_does_not_change(slapd, repository_for):
    slapd.add(person_ldif("two", mobile=["+49 172 2222222", "ring twice", "+49 171 1111111"]))
    repository = repository_for(slapd)

    assert repository.find("two").phones == ("+491711111111", "+491722222222")


def test_an_alias_is_not_followed(slapd, alice, repository_for):
    slapd.add(
        f"dn: uid=ally,ou=people,{SUFFIX}\nobjectClass: alias\nobjectClass: extensibleObject\nuid: ally\n"
        f"aliasedObjectName: {dn_of('alice')}\n"
    )

    assert repository_for(slapd).find("ally") is None


def test_groups_are_found_by_search_and_by_attribute(slapd, alice, repository_for):
    slapd.add(group_ldif("vpn", "alice") + group_ldif("Admins & co", "alice"))

    assert repository_for(slapd).find("alice").groups == {"vpn", "Admins & co"}
    assert repository_for(slapd, groups="member-of").find("alice").groups == {"vpn", "Admins & co"}
    assert repository_for(slapd, groups="none").find("alice").groups == frozenset()
    assert repository_for(slapd, group_base=f"ou=people,{SUFFIX}").find("alice").groups == frozenset()
    assert repository_for(slapd).find("alice").belongs_to("VPN")


def test_more_groups_than_the_servers_limit_are_read_in_pages(slapd, alice, repository_for):
    """F-20: slapd's own limit is 500 entries; a part of the groups must not pass for all."""
    slapd.add("".join(group_ldif(f"g{number}", "alice") for number in range(620)))
    repository = repository_for(slapd, bind_dn=ROOT_DN, password=ROOT_PASSWORD)

    assert len(repository.find("alice").groups) == 620


def test_groups_cut_off_by_the_server_are_trouble_not_few(slapd, alice, repository_for):
    slapd.add("".join(group_ldif(f"g{number}", "alice") for number in range(620)))

    with pytest.raises(DirectoryUnavailableError):
        repository_for(slapd).find("alice")


def test_a_locked_account_is_told_inside(slapd, alice, repository_for):
    """Three failures lock; the control tells it, for right and wrong passwords alike."""
    repository = repository_for(slapd)
    person = repository.find("alice")
    verdicts = [repository.check_password(person, guess) for guess in ("a", "b", "c", "d", "wonderland")]

    assert verdicts == [WRONG, WRONG, WRONG, PasswordVerdict.LOCKED, PasswordVerdict.LOCKED]


def test_an_unlocked_account_works_again(slapd, alice, repository_for):
    repository = repository_for(slapd)
    person = repository.find("alice")
    for guess in ("a", "b", "c"):
        repository.check_password(person, guess)
    slapd.modify(f"dn: {dn_of('alice')}\nchangetype: modify\ndelete: pwdAccountLockedTime\n")

    assert repository.check_password(person, "wonderland") is RIGHT


def test_a_reset_password_must_be_changed_and_lets_nobody_in(slapd, alice, repository_for):
    """The bind succeeds; only the control says so."""
    slapd.modify(f"dn: {dn_of('alice')}\nchangetype: modify\nreplace: pwdReset\npwdReset: TRUE\n")
    repository = repository_for(slapd)

    assert repository.check_password(repository.find("alice"), "wonderland") is PasswordVerdict.MUST_CHANGE


def test_an_account_locked_for_good_is_not_enabled(slapd, alice, repository_for):
    slapd.modify(
        f"dn: {dn_of('alice')}\nchangetype: modify\n"
        "replace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z\n"
    )

    assert not repository_for(slapd).find("alice").enabled


def test_a_person_without_a_password_has_no_right_one(slapd, repository_for):
    slapd.add(person_ldif("bare"))
    repository = repository_for(slapd)

    assert repository.check_password(repository.find("bare"), "anything") is WRONG


@pytest.mark.parametrize("password", ["", " ", "\0", "x" * 65536, "wonderland\0", None])
def test_what_is_no_password_never_reaches_a_server(repository_for, password):
    """ATK-32: this server takes a bind with an empty password for an anonymous one, and says "success"."""
    with run_slapd(person_ldif("alice", "wonderland"), extra="allow bind_anon_cred") as open_slapd:
        repository = repository_for(open_slapd)
        person = repository.find("alice")
        open_slapd.stop()

        assert repository.check_password(person, password) is WRONG
        assert repository.check_password(None, password) is WRONG


def test_eight_threads_never_mix_people_up(slapd, repository_for):
    """ATK-11: a bind as one person must never answer for another."""
    logins = [f"user{number}" for number in range(8)]
    slapd.add("".join(person_ldif(login, f"secret-of-{login}", mail=f"{login}@example.test") for login in logins))
    repository = repository_for(slapd, connections=3)
    start = threading.Barrier(8)

    def work(index):
        start.wait()
        login, other = logins[index], logins[(index + 1) % 8]
        for round_number in range(30):
            person = repository.find(login)
            assert (person.login, person.mail) == (login, f"{login}@example.test")
            assert repository.check_password(person, f"secret-of-{login}") is RIGHT
            if round_number % 10 == 0:
                assert repository.check_password(person, f"secret-of-{other}") is WRONG
                assert repository.check_password(person, f"secret-of-{login}") is RIGHT
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


def test_passwords_are_in_no_log(slapd, alice, repository_for, caplog):
    """ATK-20: also at debug level, also when the directory fails."""
    caplog.set_level("DEBUG")
    repository = repository_for(slapd)
    person = repository.find("alice")
    with capture_logs() as logs:
        repository.check_password(person, "marker-of-a-password")
        slapd.stop()
        try:
            with pytest.raises(DirectoryUnavailableError) as caught:
                repository.check_password(person, "marker-of-a-password")
        finally:
            slapd.start()

    assert "marker-of-a-password" not in caplog.text + str(logs) + repr(caught.value) + repr(caught.value.__cause__)
