"""Codes that were used, stolen, late or shown by the wrong application, and endpoints that cannot prove themselves."""

import base64
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import func, select

from authsms.audit import AuditRecord, AuditTag
from authsms.logon.oidc_profile import OidcProfile
from authsms.protocols.oidc.models import AccessTokenRow, AuthorizationCodeRow
from tests.functional.protocols.house import CALLBACK, Application, Browser, House, answer, on_each_database
from tests.functional.protocols.patience import patiently


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "v" * 43}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"code_verifier": "short"}, "invalid_request"),
        ({"redirect_uri": "https://app.example.test/other"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"code": "wrong"}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
        ({"grant_type": "refresh_token"}, "unauthorized_client"),
        ({"grant_type": None}, "unsupported_grant_type"),
    ],
)
def test_a_wrong_redemption_gets_nothing(
    browser: Browser, application: Application, changes: dict[str, str | None], error: str
) -> None:
    """Bound to verifier, client and return address (O-03, O-04)."""
    browser.sign_in()
    code = application.code()
    response = application.redeem(code, **changes)

    assert (400, error) == (response.status_code, response.json()["error"])
    assert response.headers["Cache-Control"] == "no-store"
    assert application.redeem(code).status_code == 200


def test_the_challenge_itself_is_no_verifier(browser: Browser, application: Application) -> None:
    """A downgrade to ``plain`` would accept it."""
    browser.sign_in()
    code = application.code()

    assert application.redeem(code, code_verifier=application.request()["code_challenge"]).status_code == 400


def test_a_code_of_another_application_is_worthless(house: House, browser: Browser, application: Application) -> None:
    """Code injection across applications."""
    other = Application(browser, *house.endpoints.create("Other", event="web", redirect_uris=(CALLBACK,)))
    other.verifier = application.verifier
    browser.sign_in()

    assert other.redeem(application.code()).json()["error"] == "invalid_grant"


@on_each_database
def test_a_late_code_is_refused(clock, browser: Browser, application: Application) -> None:
    """A minute is long for two machines (ASVS 10.4.3)."""
    browser.sign_in()
    code = application.code()
    clock.advance(timedelta(seconds=60))

    assert application.redeem(code).json()["error"] == "invalid_grant"


@on_each_database
def test_a_code_shown_twice_kills_what_it_gave(house: House, browser: Browser, application: Application) -> None:
    """One of the two was not the application; also long after the code expired."""
    browser.sign_in()
    code = application.code()
    token = application.redeem(code).json()["access_token"]
    house.clock.advance(timedelta(minutes=5))
    assert application.userinfo(token).status_code == 200
    again = application.redeem(code)

    assert again.json()["error"] == "invalid_grant"
    assert application.userinfo(token).status_code == 401
    with house.database.read() as session:
        tags = session.scalars(select(AuditRecord.tag)).all()
    assert AuditTag.TOKEN_REVOKED in tags


@on_each_database
def test_of_fifty_redemptions_at_once_one_gets_tokens(house: House, browser: Browser, application: Application) -> None:
    """ATK-61: one token set, and the race itself is noticed as a second use."""
    browser.sign_in()
    code = application.code()
    with ThreadPoolExecutor(50) as pool:
        responses = list(pool.map(lambda _: patiently(lambda: application.redeem(code)), range(50)))
    tokens = [response.json()["access_token"] for response in responses if response.status_code == 200]

    assert len(tokens) == 1
    assert {"invalid_grant"} == {response.json()["error"] for response in responses if response.status_code != 200}
    assert application.userinfo(tokens[0]).status_code == 401
    with house.database.read() as session:
        assert session.scalar(select(func.count()).select_from(AccessTokenRow)) == 1


@on_each_database
def test_codes_and_tokens_are_not_in_the_database(house: House, browser: Browser, application: Application) -> None:
    """A stolen database gives away no way in."""
    browser.sign_in()
    code = application.code()
    token = application.redeem(code).json()["access_token"]
    with house.database.read() as session:
        rows = [*session.scalars(select(AuthorizationCodeRow)), *session.scalars(select(AccessTokenRow))]
        kept = " ".join(str(vars(row)) for row in rows)

    assert code not in kept
    assert token not in kept


@on_each_database
def test_old_codes_and_tokens_are_forgotten(house: House, browser: Browser, application: Application) -> None:
    """The tables stay small."""
    browser.sign_in()
    application.redeem(application.code())
    house.clock.advance(timedelta(days=2))

    assert (2, 0) == (house.tokens.purge(), house.tokens.purge())


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_wrong_secret_is_refused(application: Application, method: str) -> None:
    """The same words as for an unknown application."""
    if method == "client_secret_basic":
        application.secret = "wrong"
        wrong = application.redeem("any")
    else:
        wrong = application.redeem("any", client_id=application.endpoint.id, client_secret="wrong")
    unknown = application.redeem("any", client_id="0" * 32, client_secret="wrong")

    assert (401, wrong.json()) == (unknown.status_code, unknown.json())
    assert wrong.status_code == 401
    assert wrong.json()["error"] == "invalid_client"
    assert wrong.headers["WWW-Authenticate"].startswith("Basic")


def test_wrong_secrets_are_recorded_once_in_a_while(house: House, application: Application) -> None:
    """A-25: an administrator sees that somebody tries, and from where; a flood does not fill the trail."""
    right, application.secret = application.secret, "wrong"
    for _ in range(3):
        application.redeem("any")
    application.redeem("any", client_id="0" * 32, client_secret="wrong")
    house.clock.advance(timedelta(minutes=11))
    application.redeem("any")
    application.secret = right
    application.redeem("any")
    with house.database.read() as session:
        found = session.scalars(select(AuditRecord).where(AuditRecord.tag == AuditTag.ENDPOINT_REFUSED)).all()

    assert [("Sample", "web", "127.0.0.1")] * 2 == [(one.endpoint, one.event, one.address) for one in found]


def test_the_secret_may_stand_in_the_body(browser: Browser, application: Application) -> None:
    """``client_secret_post``."""
    browser.sign_in()
    fields = {"client_id": application.endpoint.id, "client_secret": application.secret}

    assert application.redeem(application.code(), **fields).status_code == 200


def test_a_confidential_application_must_prove_itself(browser: Browser, application: Application) -> None:
    """PKCE does not replace the secret."""
    browser.sign_in()

    assert application.redeem(application.code(), client_id=application.endpoint.id).status_code == 401


def test_a_public_application_needs_pkce_only(house: House, browser: Browser) -> None:
    """And its empty secret opens nothing."""
    made = house.endpoints.create("Public", event="web", redirect_uris=(CALLBACK,), oidc=OidcProfile(is_public=True))
    public = Application(browser, *made)
    browser.sign_in()
    code = public.code()

    assert public.redeem(code, client_id=public.endpoint.id, client_secret="").status_code == 401
    assert public.redeem(code, client_id=public.endpoint.id, code_verifier="v" * 43).status_code == 400
    assert public.redeem(code, client_id=public.endpoint.id).status_code == 200


def test_two_ways_of_authentication_at_once_are_refused(application: Application) -> None:
    """RFC 6749 section 2.3."""
    response = application.browser.http.post(
        f"{application.browser.base}/oauth2/token",
        data={"grant_type": "authorization_code", "client_secret": application.secret},
        auth=(application.endpoint.id, application.secret),
    )

    assert response.json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    "header", ["Basic", "Basic %%%", "Basic /////w==", "Basic é", "Bearer x", "Basic " + "QQ" * 4000]
)
def test_a_strange_client_header_is_refused_politely(application: Application, header: str) -> None:
    """A 401, never a 500."""
    response = application.browser.http.post(
        f"{application.browser.base}/oauth2/token",
        data={"grant_type": "authorization_code"},
        headers={"Authorization": header.encode("latin-1")},
    )

    assert (401, "invalid_client") == (response.status_code, response.json()["error"])


def test_credentials_in_the_address_do_not_count(browser: Browser, application: Application) -> None:
    """Addresses end up in logs (ASVS 14.2.1)."""
    query = urlencode({"client_id": application.endpoint.id, "client_secret": application.secret})
    browser.sign_in()
    response = browser.post(f"/oauth2/token?{query}", {"grant_type": "authorization_code", "code": application.code()})

    assert response.status_code == 401


def _unsigned(claims: dict, algorithm: str = "none") -> str:
    parts = (json.dumps({"alg": algorithm, "typ": "JWT"}).encode(), json.dumps(claims).encode())
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


def test_a_hint_without_our_signature_is_no_hint(house: House, browser: Browser, application: Application) -> None:
    """``alg: none``, and a public key taken for a shared secret (CVE-2021-44878)."""
    browser.sign_in()
    token = application.redeem(application.code()).json()["id_token"]
    keys = house.signing_keys.verification_set()
    claims = jwt.decode(token, keys, algorithms=["ES256"]).claims
    public = next(key for key in keys.keys if isinstance(key, ECKey))
    head, _, _ = _unsigned(claims, "HS256").rpartition(".")
    mac = hmac.digest(public.as_pem(private=False), head.encode(), "sha256")
    confused = f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    crooked = base64.urlsafe_b64encode(b'{"alg":"ES256","crit":1}').decode() + ".e30.AAAA"
    altered = token[:-8] + ("AAAAAAAA" if token[-8:] != "AAAAAAAA" else "BBBBBBBB")

    for hint in (_unsigned(claims), confused, altered, "a.b.c", "x", "." * 100, "é", crooked):
        assert answer(application.authorize(prompt="none", id_token_hint=hint))["error"] == "login_required"
    assert answer(application.authorize(prompt="none", id_token_hint=token))["code"]


def test_nothing_that_opens_a_door_is_logged(
    browser: Browser, application: Application, logged: pytest.LogCaptureFixture
) -> None:
    """Authlib would write whole tokens into its debug log; the access log of the test server is not ours."""
    browser.sign_in()
    code = application.code()
    tokens = application.redeem(code).json()
    application.userinfo(tokens["access_token"])
    application.redeem(code, client_id=application.endpoint.id, client_secret="planted-secret")
    text = "\n".join(record.getMessage() for record in logged.records if record.name != "werkzeug")

    for secret in (tokens["access_token"], tokens["id_token"], application.secret, application.verifier, "planted"):
        assert secret not in text
