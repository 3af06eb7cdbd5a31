"""Which addresses each kind of endpoint needs."""

import pytest

from authsms.foundation.errors import InvalidInputError
from authsms.logon.kinds import EndpointKind, checked_addresses, checked_site


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://wiki.example.com", "https://wiki.example.com"),
        (" https://Wiki.Example.com:443/ ", "https://wiki.example.com"),
        ("https://wiki.example.com:8443", "https://wiki.example.com:8443"),
        ("https://xn--wik-kva.example", "https://xn--wik-kva.example"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
    ],
)
def test_a_site_is_stored_as_browsers_write_it(typed, origin):
    """What is put before a path must be a whole host."""
    assert checked_site(typed) == origin


@pytest.mark.parametrize(
    "typed",
    [
        *("", "https://", "https://a/b", "https://a?b", "https://a#b", "https://a@b", "https://a\\b", "http://a"),
        *("ftp://a", "https://[:::::]", "https://a:70000"),
    ],
)
def test_what_is_more_or_less_than_a_host_is_refused(typed):
    """A path, credentials or a query in the registered part could change where the rest leads."""
    with pytest.raises(InvalidInputError):
        checked_site(typed)


@pytest.mark.parametrize("typed", ["https://[", "https://[zz]/", "https://a:b/", "https://a:70000/", "https://℀.com/"])
def test_an_address_that_no_browser_understands_is_refused(typed):
    """With a sentence, not with an error page."""
    with pytest.raises(InvalidInputError):
        checked_addresses(EndpointKind.OIDC, (typed,))


def test_a_site_has_one_address_and_an_application_any_number():
    """Of a site the host is never read from a request, so there can be only one."""
    assert checked_addresses(EndpointKind.OIDC, ()) == ()
    with pytest.raises(InvalidInputError):
        checked_addresses(EndpointKind.FORWARD_AUTH, ("https://a.example", "https://b.example"))
