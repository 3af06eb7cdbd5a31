"""What applications are told."""

import pytest

from authsms.foundation.phone import PhoneNumber
from authsms.identity.repository import Person
from authsms.protocols.oidc.claims import (
    SINGLE_FACTOR,
    TWO_FACTORS,
    context_class,
    granted_scope,
    methods_references,
    person_claims,
)


@pytest.mark.parametrize(
    ("methods", "amr", "acr"),
    [
        (("pwd",), ["pwd"], SINGLE_FACTOR),
        (("otp", "sms"), ["otp", "sms"], SINGLE_FACTOR),
        (("pwd", "pin"), ["pwd", "pin"], SINGLE_FACTOR),
        (("pwd", "otp", "sms"), ["pwd", "otp", "sms", "mfa"], TWO_FACTORS),
        (("pwd", "otp", "sms", "mfa"), ["pwd", "otp", "sms", "mfa"], TWO_FACTORS),
        (("pwd", "otp", "otp"), ["pwd", "otp", "mfa"], TWO_FACTORS),
        ((), [], SINGLE_FACTOR),
    ],
)
def test_two_things_known_are_one_factor(methods: tuple[str, ...], amr: list[str], acr: str) -> None:
    """``mfa`` needs something known and something held (RFC 8176)."""
    assert (amr, acr) == (methods_references(methods), context_class(methods))


def test_unknown_scopes_are_passed_over() -> None:
    """OpenID Connect Core 3.1.2.1."""
    assert granted_scope("groups offline_access openid openid") == "openid groups"


def test_a_claim_without_a_value_is_left_out() -> None:
    """An empty address would be taken for one; "no groups" is worth saying."""
    person = Person("LOCAL", "1", "bob", "Bob")

    assert person_claims(person, "openid profile email phone groups") == {
        "name": "Bob",
        "preferred_username": "bob",
        "groups": [],
    }


def test_nothing_is_told_without_its_scope() -> None:
    """Least knowledge."""
    person = Person("LOCAL", "1", "bob", "Bob", (PhoneNumber("+4915112345678"),), frozenset({"a"}), "b@example.test")

    assert person_claims(person, "openid") == {}
