"""The authorization code flow as a client written by hand meets it: requests and joserfc, nothing else."""

import base64
import hashlib
from datetime import timedelta

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import delete, update

from authsms.foundation.errors import DirectoryUnavailableError
from authsms.logon.models import EndpointRow, EventRow
from authsms.logon.oidc_profile import OidcProfile, TokenAlgorithm
from tests.functional.protocols.house import CALLBACK, Application, Browser, House, answer, on_each_database


def read_id_token(application: Application, token: str, algorithm: str = "ES256") -> dict:
    """Return the claims of an ID token after all checks of OpenID Connect Core 3.1.3.7."""
    base = application.browser.base
    document = requests.get(f"{base}/.well-known/openid-configuration", timeout=10).json()
    keys = KeySet.import_key_set(requests.get(document["jwks_uri"], timeout=10).json())
    decoded = jwt.decode(token, keys, algorithms=[algorithm])
    registry = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": base},
        aud={"essential": True, "value": application.endpoint.id},
        exp={"essential": True},
        sub={"essential": True},
    )
    registry.validate(decoded.claims)
    assert decoded.header["kid"]
    return decoded.claims


@on_each_database
def test_a_person_who_is_signed_in_is_known_to_the_application(
    house: House, browser: Browser, application: Application
) -> None:
    """The whole flow: code, tokens, a checked ID token, and what the directory says."""
    browser.sign_in()
    given = answer(application.authorize())
    tokens = application.redeem(given["code"]).json()
    claims = read_id_token(application, tokens["id_token"])
    person = application.userinfo(tokens["access_token"]).json()

    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert (browser.base, "a state & more") == (given["iss"], given["state"])
    assert claims["nonce"] == "n-0S6_WzA2Mj"
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    assert claims["amr"] == ["pwd", "otp", "sms", "mfa"]
    assert claims["acr"] == "urn:authsms:acr:two-factors"
    assert claims["auth_time"] == int(house.clock.now().timestamp())
    assert person == {
        "sub": claims["sub"],
        "name": "Alice Example",
        "preferred_username": "alice",
        "email": "alice@example.test",
        "phone_number": "+4915112345678",
        "groups": ["admins", "staff"],
    }
    assert person == application.userinfo(tokens["access_token"], "POST").json()


@on_each_database
def test_a_person_who_is_not_signed_in_comes_back_after_the_login_page(
    house: House, browser: Browser, application: Application
) -> None:
    """The request waits while the person signs in, and is taken up once."""
    asked = application.authorize(login_hint="alice")
    assert asked.headers["Location"].startswith("/login/web?c=")
    continuation = house.continuations.get(asked.headers["Location"].partition("c=")[2])
    browser.sign_in()
    given = answer(browser.get(continuation.path))

    assert continuation.login_hint == "alice"
    assert application.redeem(given["code"]).status_code == 200
    assert browser.get(continuation.path).status_code == 404


def test_a_waiting_request_without_a_login_goes_to_the_login_page_again(
    browser: Browser, application: Application, house: House
) -> None:
    """Opening the address of a waiting request is no way around the login."""
    place = application.authorize().headers["Location"]
    path = house.continuations.get(place.partition("c=")[2]).path

    assert browser.get(path).headers["Location"] == place


def test_a_login_for_another_event_does_not_count(house: House, browser: Browser, application: Application) -> None:
    """A session of a weaker event must not open this one."""
    browser.sign_in(event="vpn")

    assert application.authorize().headers["Location"].startswith("/login/web?c=")
    assert answer(application.authorize(prompt="none"))["error"] == "login_required"


def test_an_endpoint_that_the_event_does_not_admit_is_refused(
    house: House, browser: Browser, application: Application
) -> None:
    """The event's list of endpoints is the administrator's word."""
    with house.database.write() as session:
        session.execute(update(EventRow).where(EventRow.name == "web").values(endpoints=["another"]))
    browser.sign_in()

    assert answer(application.authorize())["error"] == "unauthorized_client"


def test_one_factor_is_reported_as_one_factor(browser: Browser, application: Application) -> None:
    """``acr`` and ``amr`` are truthful (ASVS 6.8.4)."""
    browser.sign_in(methods=("pwd",))
    claims = read_id_token(application, application.redeem(application.code()).json()["id_token"])

    assert (["pwd"], "urn:authsms:acr:single-factor") == (claims["amr"], claims["acr"])


def test_the_subject_is_the_same_at_every_application_and_tells_nothing(
    house: House, browser: Browser, application: Application
) -> None:
    """A stable name that is not the directory's."""
    other = Application(browser, *house.endpoints.create("Other", event="web", redirect_uris=(CALLBACK,)))
    browser.sign_in()
    first, second = (
        read_id_token(one, one.redeem(one.code()).json()["id_token"])["sub"] for one in (application, other)
    )

    assert first == second
    assert "0b1c" not in first
    assert "alice" not in first


def test_only_the_claims_of_the_scopes_are_told(browser: Browser, application: Application) -> None:
    """An application that asks for nothing learns nothing but who it is."""
    browser.sign_in()
    tokens = application.redeem(application.code(scope="openid unheard-of")).json()

    assert tokens["scope"] == "openid"
    assert list(application.userinfo(tokens["access_token"]).json()) == ["sub"]


def test_an_application_that_knows_only_rs256_gets_rs256(house: House, browser: Browser) -> None:
    """OpenID Connect Core 15.1."""
    made = house.endpoints.create(
        "Old", event="web", redirect_uris=(CALLBACK,), oidc=OidcProfile(algorithm=TokenAlgorithm.RS256)
    )
    application = Application(browser, *made)
    browser.sign_in()
    token = application.redeem(application.code()).json()["id_token"]

    assert read_id_token(application, token, "RS256")["sub"]


@on_each_database
def test_a_token_dies_with_its_login_session(house: House, browser: Browser, application: Application) -> None:
    """Signing out here ends what applications may ask in that person's name."""
    browser.sign_in()
    unused = application.code()
    token = application.redeem(application.code()).json()["access_token"]
    session = house.sessions.list("LOCAL:0b1c")[0]
    house.sessions.end(session.id, session.person_key)

    refused = application.userinfo(token)
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    assert application.redeem(unused).json()["error"] == "invalid_grant"


@on_each_database
def test_a_token_dies_with_its_endpoint(house: House, browser: Browser, application: Application) -> None:
    """Whoever removes an application wants it to learn nothing any more, although the person stays signed in."""
    browser.sign_in()
    token = application.redeem(application.code()).json()["access_token"]
    before = application.userinfo(token)
    with house.database.write() as session:
        session.execute(delete(EndpointRow).where(EndpointRow.id == application.endpoint.id))

    assert [200, 401] == [before.status_code, application.userinfo(token).status_code]


def test_a_token_expires(clock, browser: Browser, application: Application) -> None:
    """An hour, and never beyond the login session."""
    browser.sign_in()
    tokens = application.redeem(application.code()).json()
    clock.advance(timedelta(seconds=tokens["expires_in"]))

    assert application.userinfo(tokens["access_token"]).status_code == 401


def test_a_directory_that_is_away_is_temporary(house: House, browser: Browser, application: Application) -> None:
    """Never "unknown user" because LDAP is down (F-17)."""
    browser.sign_in()
    token = application.redeem(application.code()).json()["access_token"]
    house.people.trouble = DirectoryUnavailableError("away")
    response = application.userinfo(token)

    assert response.status_code == 503
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Retry-After"]


def test_no_token_is_asked_for_by_its_kind_only(application: Application) -> None:
    """RFC 6750 section 3.1: no error code when nothing was shown."""
    response = requests.get(f"{application.browser.base}/oauth2/userinfo", timeout=10)

    assert (401, 'Bearer realm="authsms"') == (response.status_code, response.headers["WWW-Authenticate"])


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Basic YTpi", "Bearer \xff", "Bearer " + "x" * 5000])
def test_a_strange_authorization_header_is_refused_politely(application: Application, header: str) -> None:
    """A 401, never a 500."""
    response = requests.get(
        f"{application.browser.base}/oauth2/userinfo", headers={"Authorization": header.encode("latin-1")}, timeout=10
    )

    assert response.status_code == 401
