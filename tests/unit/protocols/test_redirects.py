"""Return addresses: exact, but for the port of a loopback address."""

import pytest

from authsms.protocols.oidc.redirects import is_registered, with_parameters

REGISTERED = ("https://app.example/cb?tenant=1", "http://127.0.0.1/cb", "http://[::1]:8000/cb")


@pytest.mark.parametrize("address", [*REGISTERED, "http://127.0.0.1:65535/cb", "http://[::1]/cb"])
def test_a_registered_address_is_known(address: str) -> None:
    """RFC 9700 section 2.1, RFC 8252 section 7.3."""
    assert is_registered(address, REGISTERED)


@pytest.mark.parametrize(
    "address",
    [
        "https://app.example/cb",
        "https://app.example:8443/cb?tenant=1",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:08/cb",
        "http://127.0.0.1:80\n/cb",
        "http://127.0.0.1:٨٠/cb",
        "http://[::1]/cb\n",
        "http://localhost/cb",
        "",
    ],
)
def test_any_other_address_is_not(address: str) -> None:
    """However near it is."""
    assert not is_registered(address, REGISTERED)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://app.example/cb", "https://app.example/cb?code=a%26b"),
        ("https://app.example/cb?x=%7E", "https://app.example/cb?x=%7E&code=a%26b"),
    ],
)
def test_parameters_are_added_and_nothing_else_changes(address: str, expected: str) -> None:
    """RFC 6749 section 3.1.2: what the query held must stay."""
    assert expected == with_parameters(address, [("code", "a&b")])
