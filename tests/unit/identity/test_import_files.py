"""Files of people are read whole, or every wrong line is named."""

import pytest

from authsms.identity.import_files import ImportFormat, read_people

LDIF = """\
dn: dc=example
objectClass: domain
dc: example

dn: uid=Alice,dc=example
objectClass: inetOrgPerson
uid: Alice
cn: Alice A
displayName: Alice Älpler
mail: alice@example.test
mobile: 0171 2345678
mobile: +1 202 555 0123
userPassword: wonderland

dn: uid=bob, dc=example
objectClass: person
uid: bob
cn: Bob
sn: B

dn: cn=vpn,dc=example
objectClass: groupOfNames
cn: vpn
member: uid=alice,dc=example
member: UID=bob,DC=example
member: uid=gone,dc=example

dn: cn=ops,dc=example
objectClass: posixGroup
cn: ops
memberUid: bob
"""


def people(content, form=ImportFormat.LDIF):
    reading = read_people(content.encode(), form, default_region="DE")
    assert not reading.problems, reading.problems
    return [person.draft for person in reading.people]


def problems(content, form=ImportFormat.CSV):
    reading = read_people(content.encode(), form, default_region="DE")
    return [(problem.line, problem.message) for problem in reading.problems]


def test_people_and_their_groups_are_read_from_ldif():
    alice, bob = people(LDIF)

    assert (alice.login, alice.display_name, alice.mail) == ("Alice", "Alice Älpler", "alice@example.test")
    assert alice.phones == ("+491712345678", "+12025550123")
    assert alice.password == "wonderland"
    assert alice.groups == {"vpn"}
    assert bob.groups == {"vpn", "ops"}
    assert bob.phones is None
    assert bob.password is None


def test_member_of_names_groups_too():
    (draft,) = people("dn: uid=a\nobjectClass: person\nuid: a\nmemberOf: cn=Sales\\, North,ou=groups,dc=example\n")

    assert draft.groups == {"Sales, North"}


def test_a_file_that_does_not_speak_of_groups_leaves_them():
    (draft,) = people("dn: uid=a\nobjectClass: person\nuid: a\n")

    assert draft.groups is None


@pytest.mark.parametrize("separator", [",", ";"])
def test_csv_is_read_with_either_separator(separator):
    """Spreadsheets in half of Europe write semicolons."""
    rows = [
        "login,display_name,phone,password,groups,mail",
        "alice,Alice,0171 2345678|+12025550123,wonderland,vpn|ops,",
    ]
    (alice,) = people("\ufeff" + "\r\n".join(rows).replace(",", separator), ImportFormat.CSV)

    assert alice.phones == ("+491712345678", "+12025550123")
    assert alice.groups == {"vpn", "ops"}
    assert alice.mail == ""


def test_an_empty_field_clears_numbers_and_groups_but_keeps_name_and_password():
    (alice,) = people("login,display_name,phone,password,groups\nalice,,,,\n", ImportFormat.CSV)

    assert (alice.phones, alice.groups) == ((), frozenset())
    assert (alice.display_name, alice.password) == (None, None)


def test_every_wrong_line_of_csv_is_named():
    found = problems(
        "login,phone,password\n"
        "alice,ring twice,wonderland\n"
        "bob,,short\n"
        '"car\nol",,\n'
        "dave,1\n"
        "erin,,{SSHA}abcdefghijklmnop\n"
        "ALICE,,\n"
        "x\\y,,\n"
        ",,\n"
        "frank,,$6$salt$abcdefgh\n"
    )

    assert [line for line, _ in found] == [2, 3, 4, 6, 7, 8, 9, 10, 11]
    assert found[0][1].startswith("phone: ")
    assert "hashed already" in found[4][1]
    assert "line 2 already" in found[5][1]


def test_a_problem_does_not_repeat_the_value():
    """The message reaches a terminal and perhaps a ticket; a password or number has no place there."""
    found = problems("login,phone,password\nalice,ring twice,{SSHA}c2VjcmV0\n")

    assert len(found) == 2
    assert "ring twice" not in str(found)
    assert "c2VjcmV0" not in str(found)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no column login"),
        ("name,phone\nx,y\n", "unknown columns 'name'"),
        ("login,login\nx,y\n", "twice"),
        ("phone\n1\n", "no column login"),
        ("login\n", "no people"),
        ('login\n"open\n', "no line of CSV"),
    ],
)
def test_a_file_that_is_no_list_of_people_is_refused(content, message):
    assert message in str(problems(content))


def test_a_hashed_password_in_ldif_is_named_by_its_own_line():
    ldif = "dn: uid=a\nobjectClass: person\nuid: a\nuserPassword:: e1NTSEF9YWJjZGVmZ2hpams=\n"

    assert problems(ldif, ImportFormat.LDIF)[0][0] == 4


def test_a_file_in_another_encoding_is_refused():
    reading = read_people("login\nmüller\n".encode("latin-1"), ImportFormat.CSV, default_region="DE")

    assert [(problem.line, problem.message) for problem in reading.problems] == [(2, "the file is not in UTF-8")]
