"""What an Active Directory domain controller answers, as seen on one, and what becomes of it."""

import uuid
from contextlib import contextmanager

import pytest

from authsms.foundation.errors import DirectoryUnavailableError
from authsms.identity.repository import PasswordVerdict
from tests.integration.identity.scripted_directory import bind_done, entry, reference, run_directory, search_done

BASE = "DC=ad,DC=example,DC=test"
SERVICE = f"CN=reader,CN=Users,{BASE}"
ALICE = f"CN=Alice A.,CN=Users,{BASE}"
GUID = uuid.UUID("6e1b1f5e-0001-4002-8003-000000000001")


class DomainController:
    """Knows alice and her groups; *sub_code* is what it says about her password."""

    def __init__(self, sub_code="", flags=b"512"):
        self.sub_code = sub_code
        self.flags = flags

    def __call__(self, request):
        """Answer as the domain controller did."""
        if request.operation == "bind":
            return [self._bind(request)]
        if request.operation == "search":
            return self._search(request)
        return None

    def _bind(self, request):
        dn = request.values["name"]
        right = (dn == SERVICE and request.values["password"] == "reader") or (dn == ALICE and not self.sub_code)
        if right:
            return bind_done(request)
        sub_code = self.sub_code if dn == ALICE else "52e"
        return bind_done(
            request,
            49,
            f"80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {sub_code}, v1db1",
        )

    def _search(self, request):
        asked = request.values["filter"]
        if asked == f"(&(objectClass=group)(member:1.2.840.113556.1.4.1941:={ALICE}))":
            yield entry(request, f"CN=VPN,CN=Users,{BASE}", {"cn": [b"VPN"]})
            yield reference(request, f"ldaps://ad.example.test/CN=Configuration,{BASE}")
            yield entry(request, f"CN=Everybody,CN=Users,{BASE}", {"cn": ["Jedermänn".encode()]})
        elif "(sAMAccountName=alice)" in asked or asked == f"(objectGUID={GUID.bytes_le.hex()})":
            yield reference(request, f"ldaps://DomainDnsZones.ad.example.test/DC=DomainDnsZones,{BASE}")
            yield entry(
                request,
                ALICE,
                {
                    "objectGUID": [GUID.bytes_le],
                    "sAMAccountName": [b"alice"],
                    "displayName": ["Alice Ä.".encode()],
                    "mobile": [b"+49 171 2345678"],
                    "userAccountControl": [self.flags],
                    "accountExpires": [b"9223372036854775807"],
                },
            )
        yield reference(request, f"ldaps://ad.example.test/CN=Configuration,{BASE}")
        yield search_done(request)


@contextmanager
def domain(repository_for, controller, **settings):
    with run_directory(controller) as directory:
        repository = repository_for(
            directory.url,
            base=BASE,
            bind_dn=SERVICE,
            password="reader",
            allow_plaintext=True,
            **{"preset": "active_directory", **settings},
        )
        yield repository, directory


def test_a_person_is_read_with_binary_id_and_nested_groups(repository_for):
    with domain(repository_for, DomainController()) as (repository, directory):
        person = repository.find("alice")

        assert person.id == str(GUID)
        assert person.groups == {"VPN", "Jedermänn"}
        assert person.phones == ("+491712345678",)
        assert person.enabled
        assert repository.check_password(person, "whatever") is PasswordVerdict.RIGHT
        assert directory.connections == 2


def test_a_person_is_found_again_by_the_octets_of_the_id(repository_for):
    with domain(repository_for, DomainController()) as (repository, _):
        assert repository.get(str(GUID)).key == f"LDAP:{GUID}"


@pytest.mark.parametrize(
    ("sub_code", "verdict"),
    [
        ("52e", PasswordVerdict.WRONG),
        ("525", PasswordVerdict.WRONG),
        ("530", PasswordVerdict.OUTSIDE_HOURS),
        ("531", PasswordVerdict.WRONG_WORKSTATION),
        ("532", PasswordVerdict.PASSWORD_EXPIRED),
        ("533", PasswordVerdict.DISABLED),
        ("701", PasswordVerdict.ACCOUNT_EXPIRED),
        ("773", PasswordVerdict.MUST_CHANGE),
        ("775", PasswordVerdict.LOCKED),
    ],
)
def test_the_reason_of_a_refusal_is_known_inside(repository_for, sub_code, verdict):
    with domain(repository_for, DomainController(sub_code)) as (repository, _):
        assert repository.check_password(repository.find("alice"), "whatever") is verdict


def test_a_disabled_account_is_known_without_a_password(repository_for):
    with domain(repository_for, DomainController(flags=b"514")) as (repository, _):
        assert not repository.find("alice").enabled


def test_references_alone_are_nobody(repository_for):
    with domain(repository_for, DomainController()) as (repository, directory):
        assert repository.find("nobody") is None
        assert repository.check_password(None, "whatever") is PasswordVerdict.WRONG
        known = [one.operation for one in directory.requests]

    assert known.count("search") == 2
    assert known.count("bind") == 2


def test_an_unknown_person_causes_the_same_requests_as_a_known_one(repository_for):
    """ATK-18: equal work."""
    with domain(repository_for, DomainController()) as (repository, directory):
        for login in ("alice", "nobody"):
            repository.check_password(repository.find(login), "whatever")
        repository.check_password(repository.find("alice"), "whatever")
        asked = [request.operation for request in directory.requests]

    assert asked[1:4] == asked[4:7] == asked[7:] == ["search", "search", "bind"]


def test_stronger_authentication_required_is_trouble_not_a_wrong_password(repository_for):
    """A simple bind without TLS is refused with 8; nobody mistyped anything."""

    def answer(request):
        if request.operation == "bind" and request.values["name"] != SERVICE:
            return [bind_done(request, 8, "BindSimple: Transport encryption required")]
        return DomainController()(request)

    with domain(repository_for, answer) as (repository, _):
        person = repository.find("alice")
        with pytest.raises(DirectoryUnavailableError):
            repository.check_password(person, "whatever")
        assert repository.find("alice") == person
