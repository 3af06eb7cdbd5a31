"""Endpoints, their secrets, and requests that wait for a login."""

from datetime import timedelta

import pytest

from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from authsms.logon.oidc_profile import OidcProfile
from tests.integration.otp.racing import at_once


def test_the_secret_is_shown_once_and_kept_as_a_hash(house):
    """A-19."""
    endpoint, secret = house.endpoints.create("Wiki", event="web", redirect_uris=("https://wiki.example/cb",))

    assert len(secret) >= 43
    assert secret not in house.dump()
    assert endpoint == house.endpoints.find(endpoint.id)
    assert "endpoint.created" == house.tags()[-1]


def test_only_the_right_secret_of_the_right_endpoint_fits(house):
    """ATK-48."""
    wiki, secret = house.endpoints.create("Wiki", event="web")
    other, others = house.endpoints.create("Other", event="web")

    assert house.endpoints.check_secret(wiki.id, secret)
    for client_id, given in [(wiki.id, others), (other.id, secret), (wiki.id, ""), ("nobody", secret), ("", "")]:
        assert not house.endpoints.check_secret(client_id, given)


def test_a_renewed_secret_replaces_the_old_one(house):
    """At once."""
    endpoint, old = house.endpoints.create("Wiki", event="web")
    new = house.endpoints.renew_secret(endpoint.id)

    assert [False, True] == [house.endpoints.check_secret(endpoint.id, secret) for secret in (old, new)]
    with pytest.raises(NotFoundError):
        house.endpoints.renew_secret("nobody")


def test_a_public_endpoint_has_no_secret(house):
    """PKCE alone binds it; nothing that is sent as a secret fits."""
    endpoint, secret = house.endpoints.create("Native", event="web", oidc=OidcProfile(is_public=True))

    assert "" == secret
    assert not house.endpoints.check_secret(endpoint.id, "")


@pytest.mark.parametrize(
    "address",
    [
        "http://wiki.example/cb",
        "https://wiki.example/cb#part",
        "https://user@wiki.example/cb",
        "https:///cb",
        "//wiki.example/cb",
        "/cb",
        "javascript:alert(1)",
        "https://wiki.example/\ncb",
        "https://wiki.example\\@evil.example",
        "ftp://wiki.example",
        "",
    ],
)
def test_an_address_that_is_not_fit_for_redirecting_is_refused(house, address):
    """O-01, ATK-24."""
    with pytest.raises(InvalidInputError):
        house.endpoints.create("Wiki", event="web", redirect_uris=(address,))


@pytest.mark.parametrize("address", ["https://wiki.example/cb?x=1", "http://127.0.0.1:9000/cb", "http://localhost/cb"])
def test_fit_addresses_are_kept_as_they_are(house, address):
    """Compared as exact strings later."""
    endpoint, _ = house.endpoints.create("Wiki", event="web", redirect_uris=(address,), logout_uris=(address,))

    assert ((address,), (address,)) == (endpoint.redirect_uris, endpoint.logout_uris)


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\nb"])
def test_a_name_must_be_one(house, name):
    """It goes into texts and pages."""
    with pytest.raises(InvalidInputError):
        house.endpoints.create(name, event="web")


def test_names_are_unique_and_events_exist(house):
    """Two endpoints of one name could not be told apart in a text."""
    house.endpoints.create("Wiki", event="web")
    with pytest.raises(ConflictError):
        house.endpoints.create("Wiki", event="web")
    with pytest.raises(NotFoundError):
        house.endpoints.create("Other", event="nothing")

    assert ["Wiki"] == [endpoint.name for endpoint in house.endpoints.list()]


def test_a_request_waits_half_an_hour(house):
    """Long enough to look for one's phone."""
    endpoint, _ = house.endpoints.create("Wiki", event="web")
    identifier = house.continuations.open(endpoint.id, "web", "/oauth2/resume/{id}", {"a": [1]}, "alice")
    house.clock.advance(timedelta(minutes=29))
    found = house.continuations.get(identifier)
    house.clock.advance(timedelta(minutes=1))

    assert (f"/oauth2/resume/{identifier}", {"a": [1]}, "Wiki") == (found.path, found.payload, found.endpoint)
    with pytest.raises(NotFoundError):
        house.continuations.get(identifier)
    assert 1 == house.continuations.purge()


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example", "/\\evil.example", "x", "", "/" + "x" * 3000]
)
def test_a_continuation_leads_to_a_local_path_only(house, path):
    """O-02."""
    with pytest.raises(InvalidInputError):
        house.continuations.open("e", "web", path, {})


def test_a_request_is_taken_up_once(house):
    """One code per request, however many tabs come back."""
    endpoint, _ = house.endpoints.create("Wiki", event="web")
    identifier = house.continuations.open(endpoint.id, "web", "/x/{id}", {})

    def finish():
        try:
            return house.continuations.finish(identifier).id
        except NotFoundError:
            return None

    assert [identifier] == [found for found in at_once(20, finish) if found]
