"""Entries become people; every value is suspect."""

import uuid
from datetime import timedelta

import pytest

from authsms.foundation.errors import DirectoryUnavailableError
from authsms.identity.ldap.answers import Entry
from authsms.identity.ldap.people import PersonReader
from authsms.identity.ldap.settings import LdapSettings
from tests.fakes import ManualClock

ID = uuid.UUID("6e1b1f5e-0001-4002-8003-000000000001")


def reader(**settings):
    read = LdapSettings.read({"servers": ["ldaps://x"], "base": "dc=x", **settings})
    return PersonReader("LDAP", read, ManualClock(), "DE")


def entry(**values):
    given = {"entryuuid": str(ID), "uid": "alice", **values}
    lists = {name: value if isinstance(value, list) else [value] for name, value in given.items()}
    octets = {
        name.lower(): tuple(one if isinstance(one, bytes) else one.encode() for one in many)
        for name, many in lists.items()
    }
    return Entry("uid=alice,dc=x", octets)


def person(form=None, **values):
    return (form or reader()).person(entry(**values), frozenset())


def test_numbers_come_in_the_order_of_the_attributes_then_sorted():
    """Values of one attribute are unordered; who gets the code must not depend on chance."""
    form = reader(phone_attributes=["otherMobile", "mobile"])
    values = {"mobile": ["+491722222222", "0171 1111111"], "otherMobile": ["+12025550123"]}

    assert person(form, **values).phones == ("+12025550123", "+491722222222", "+491711111111")
    assert person(form, **values) == person(form, mobile=values["mobile"][::-1], otherMobile=["+12025550123"])


def test_text_in_a_number_attribute_is_passed_over():
    assert person(mobile=["ring twice", "0171 1111111", "x" * 5000, b"\xff\xfe", "+49 171 1111111;ext=5"]).phones == (
        "+491711111111",
    )


def test_one_number_in_two_spellings_is_one_number():
    assert person(mobile=["0171 1111111", "+49 171 1111111"]).phones == ("+491711111111",)


def test_names_are_bounded_and_tame():
    found = person(displayName="\u202eevil\r\n" + "A" * 900, mail="a\0b@example.test")

    assert found.display_name.startswith("evil AAA")
    assert len(found.display_name) == 200
    assert found.mail == "ab@example.test"


def test_the_login_stands_in_for_a_missing_name():
    assert person().display_name == "alice"


@pytest.mark.parametrize("wrong", ["", "x", [str(ID), str(uuid.uuid4())], b"\xff" * 16])
def test_a_person_without_one_immutable_id_is_refused(wrong):
    """Nothing could be counted against such a person; that is trouble of the directory, not an unknown user."""
    with pytest.raises(DirectoryUnavailableError):
        person(entryUUID=wrong)


def test_a_guid_becomes_its_usual_text_and_back():
    form = reader(preset="active_directory")
    found = form.person(entry(objectGUID=ID.bytes_le, sAMAccountName="alice"), frozenset())

    assert found.id == str(ID)
    assert found.login == "alice"
    assert form.id_octets(found.id) == ID.bytes_le


@pytest.mark.parametrize("person_id", ["", "*", "x" * 40, "6e1b1f5e"])
def test_what_is_no_id_is_not_asked_for(person_id):
    assert reader().id_octets(person_id) is None


@pytest.mark.parametrize(
    ("values", "enabled"),
    [
        ({}, True),
        ({"userAccountControl": "512"}, True),
        ({"userAccountControl": "514"}, False),
        ({"userAccountControl": "66050"}, False),
        ({"userAccountControl": "odd"}, True),
        ({"pwdAccountLockedTime": "000001010000Z"}, False),
        ({"pwdAccountLockedTime": "20260101000000Z"}, True),
        ({"nsAccountLock": "true"}, False),
        ({"accountExpires": "0"}, True),
        ({"accountExpires": "9223372036854775807"}, True),
        ({"accountExpires": "132223104000000000"}, False),
        ({"accountExpires": "9999999999999999999"}, True),
    ],
)
def test_accounts_that_are_switched_off_or_ended_are_noted(values, enabled):
    """ATK-34: a chain without a password never binds, so it must be told."""
    assert person(**values).enabled is enabled


def test_an_account_ends_at_its_moment():
    form = reader()
    ends = int((form.clock.now() + timedelta(hours=1)).timestamp() * 10_000_000) + 116_444_736_000_000_000

    assert person(form, accountExpires=str(ends)).enabled
    form.clock.advance(timedelta(hours=2))
    assert not person(form, accountExpires=str(ends)).enabled
