"""Tokens with which an endpoint acts for itself, and what endpoints may ask and say about their tokens."""

from datetime import timedelta

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from sqlalchemy import select

from authsms.audit import AuditRecord, AuditTag
from authsms.foundation.errors import InvalidInputError
from authsms.logon.oidc_profile import OidcOption, OidcProfile
from tests.functional.protocols.house import CALLBACK, Application, Browser, House, on_each_database

OWN = OidcProfile(options=frozenset({OidcOption.CLIENT_CREDENTIALS}))


@pytest.fixture
def program(house: House, browser: Browser) -> Application:
    """An endpoint that may act for itself."""
    return Application(browser, *house.endpoints.create("Program", event="web", redirect_uris=(CALLBACK,), oidc=OWN))


def call(application: Application, path: str, /, **fields: str) -> requests.Response:
    """Post *fields* with the application's own credentials."""
    with requests.Session() as http:
        http.trust_env = False
        login = (application.endpoint.id, application.secret)
        return http.post(f"{application.browser.base}/oauth2/{path}", data=fields, auth=login)


def own_token(application: Application) -> str:
    """Return an access token in the application's own name."""
    token: str = call(application, "token", grant_type="client_credentials").json()["access_token"]
    return token


@on_each_database
def test_a_program_gets_a_token_in_its_own_name(house: House, program: Application) -> None:
    """It says who the program is, opens nothing about people, and is written down."""
    response = call(program, "token", grant_type="client_credentials")
    given = response.json()
    known = call(program, "introspect", token=given["access_token"]).json()

    assert (200, "no-store") == (response.status_code, response.headers["Cache-Control"])
    assert {"access_token", "token_type", "expires_in"} == set(given)
    assert (True, program.endpoint.id, "Bearer") == (known["active"], known["sub"], known["token_type"])
    assert known["exp"] == int(house.clock.now().timestamp()) + given["expires_in"]
    assert program.userinfo(given["access_token"]).status_code == 401
    with house.database.read() as session:
        assert AuditTag.TOKEN_ISSUED in session.scalars(select(AuditRecord.tag)).all()


def test_authlibs_client_gets_one(program: Application) -> None:
    """A foreign client, for the token and for its end."""
    base = program.browser.base
    client = OAuth2Session(program.endpoint.id, program.secret, revocation_endpoint_auth_method="client_secret_basic")
    client.trust_env = False
    token = client.fetch_token(f"{base}/oauth2/token", grant_type="client_credentials")
    asked = client.introspect_token(f"{base}/oauth2/introspect", token=token["access_token"])
    client.revoke_token(f"{base}/oauth2/revoke", token=token["access_token"])
    again = client.introspect_token(f"{base}/oauth2/introspect", token=token["access_token"])

    assert (True, {"active": False}) == (asked.json()["active"], again.json())


def test_nobody_gets_one_who_was_not_allowed_to(application: Application) -> None:
    """Off by default."""
    response = call(application, "token", grant_type="client_credentials")

    assert (400, "unauthorized_client") == (response.status_code, response.json()["error"])


def test_a_public_endpoint_gets_none(house: House, browser: Browser) -> None:
    """Anybody could be it; it cannot be allowed to, and without a secret it could not ask."""
    both = OidcProfile(is_public=True, options=OWN.options)
    with pytest.raises(InvalidInputError):
        house.endpoints.create("App", event="web", redirect_uris=(CALLBACK,), oidc=both)
    public, _ = house.endpoints.create("App", event="web", redirect_uris=(CALLBACK,), oidc=OidcProfile(is_public=True))
    fields = {"grant_type": "client_credentials", "client_id": public.id}

    assert browser.post("/oauth2/token", fields).json()["error"] == "invalid_client"
    assert not both.has(OidcOption.CLIENT_CREDENTIALS)


def test_it_has_no_scope(program: Application) -> None:
    """Those of people are about people, and no person is there; that of the REST door is for its programs."""
    wanted = ("openid profile", "logon")
    refused = [call(program, "token", grant_type="client_credentials", scope=scope) for scope in wanted]

    assert [(400, "invalid_scope")] * 2 == [(one.status_code, one.json()["error"]) for one in refused]


def test_it_ends_after_an_hour(house: House, program: Application) -> None:
    """A stolen one is not good for ever."""
    token = own_token(program)
    house.clock.advance(timedelta(hours=1))

    assert call(program, "introspect", token=token).json() == {"active": False}


@on_each_database
def test_the_token_of_a_person_is_known_until_the_session_ends(
    house: House, browser: Browser, application: Application
) -> None:
    """Introspection says no more than the token is worth."""
    browser.sign_in()
    token = application.redeem(application.code()).json()["access_token"]
    known = call(application, "introspect", token=token, token_type_hint="access_token").json()
    house.sessions.end_all("LOCAL:0b1c")

    assert known["sub"] == application_subject(house)
    assert known["scope"] == "openid profile email phone groups"
    assert call(application, "introspect", token=token).json() == {"active": False}


def application_subject(house: House) -> str:
    """Return Alice's ``sub``."""
    return house.vault.keyed_hash("oidc.subject", "LOCAL:0b1c")


def test_the_token_of_another_endpoint_does_not_exist(browser: Browser, application: Application, program) -> None:
    """Neither to ask about, nor to revoke; the answer is the same as for a made-up one."""
    browser.sign_in()
    token = application.redeem(application.code()).json()["access_token"]
    asked = [call(program, "introspect", token=one).json() for one in (token, "made-up")]
    revoked = [call(program, "revoke", token=one) for one in (token, "made-up")]

    assert asked == [{"active": False}, {"active": False}]
    assert [(200, {}), (200, {})] == [(one.status_code, one.json()) for one in revoked]
    assert application.userinfo(token).status_code == 200


@on_each_database
def test_an_endpoint_revokes_its_own_token(house: House, browser: Browser, application: Application) -> None:
    """And it is written down who did."""
    browser.sign_in()
    token = application.redeem(application.code()).json()["access_token"]
    response = call(application, "revoke", token=token)

    assert (200, "no-store") == (response.status_code, response.headers["Cache-Control"])
    assert application.userinfo(token).status_code == 401
    with house.database.read() as session:
        assert AuditTag.TOKEN_REVOKED in session.scalars(select(AuditRecord.tag)).all()


@pytest.mark.parametrize("path", ["introspect", "revoke"])
def test_only_endpoints_may_ask(browser: Browser, program: Application, path: str) -> None:
    """A wrong secret, none at all, and an answer to nothing."""
    wrong = Application(browser, program.endpoint, "wrong")
    doubled = [("token", "a"), ("token", "b"), ("client_id", program.endpoint.id), ("client_secret", program.secret)]

    assert call(wrong, path, token="any").status_code == 401
    assert browser.post(f"/oauth2/{path}", {"token": "any"}).status_code == 401
    assert call(program, path).json()["error"] == "invalid_request"
    assert browser.http.post(f"{browser.base}/oauth2/{path}", data=doubled).json()["error"] == "invalid_request"
    assert call(program, path, token="any", token_type_hint="password").json()["error"] == "unsupported_token_type"


def test_a_public_endpoint_may_revoke_but_not_ask(house: House, browser: Browser) -> None:
    """Introspection needs a secret (RFC 7662 section 2.1); an app that signs out wants its token dead."""
    made = house.endpoints.create("App", event="web", redirect_uris=(CALLBACK,), oidc=OidcProfile(is_public=True))
    app = Application(browser, *made)
    browser.sign_in()
    token = app.redeem(app.code(), client_id=app.endpoint.id).json()["access_token"]
    fields = {"token": token, "client_id": app.endpoint.id}

    assert browser.post("/oauth2/introspect", fields).status_code == 401
    assert app.userinfo(token).status_code == 200
    assert browser.post("/oauth2/revoke", fields).status_code == 200
    assert app.userinfo(token).status_code == 401
