"""What the provider publishes, the rotation of its keys, and a client it did not write: Authlib's."""

from urllib.parse import urlsplit

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select

from authsms.protocols.oidc.keys import KEPT_AFTER_RETIREMENT
from authsms.protocols.oidc.models import SigningKeyRow
from tests.functional.protocols.house import CALLBACK, Application, Browser, House, on_each_database


def test_the_discovery_document_is_complete_and_made_from_settings(house: House) -> None:
    """Whatever Host the request names (ATK-25); checked by Authlib's own rules."""
    base = house.settings.public_url
    for name in ("openid-configuration", "oauth-authorization-server"):
        headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"}
        response = requests.get(f"{base}/.well-known/{name}", headers=headers, timeout=10)
        document = response.json()
        OpenIDProviderMetadata(document).validate()

        assert "evil" not in response.text
        assert document["issuer"] == base
        assert document["code_challenge_methods_supported"] == ["S256"]
        assert document["authorization_response_iss_parameter_supported"] is True
        assert document["response_types_supported"] == ["code"]
        assert document["request_uri_parameter_supported"] is False
        assert "Access-Control-Allow-Origin" not in response.headers


def test_authlibs_client_gets_through(house: House, browser: Browser, application: Application) -> None:
    """The library most applications here will use, with nothing but the discovery document."""
    browser.sign_in()
    document = requests.get(f"{browser.base}/.well-known/openid-configuration", timeout=10).json()
    client = OAuth2Session(
        application.endpoint.id,
        application.secret,
        scope="openid profile",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
    )
    client.trust_env = False
    address, state = client.create_authorization_url(
        document["authorization_endpoint"], code_verifier=application.verifier, nonce="n1"
    )
    back = browser.get(address).headers["Location"]
    token = client.fetch_token(
        document["token_endpoint"], authorization_response=back, state=state, code_verifier=application.verifier
    )
    keys = KeySet.import_key_set(requests.get(document["jwks_uri"], timeout=10).json())
    decoded = jwt.decode(token["id_token"], keys, algorithms=["ES256"])
    params = {"nonce": "n1", "client_id": application.endpoint.id, "access_token": token["access_token"]}
    claims = CodeIDToken(decoded.claims, decoded.header, {"iss": {"value": browser.base}}, params)
    claims.validate()

    assert client.get(document["userinfo_endpoint"]).json()["preferred_username"] == "alice"
    client.close()


@on_each_database
def test_an_id_token_stays_checkable_after_rotation(house: House, browser: Browser, application: Application) -> None:
    """The next key was published before it signs, the retired one stays; only the signer changes."""
    browser.sign_in()
    old = application.redeem(application.code()).json()["id_token"]
    before = house.signing_keys.published()["keys"]
    promoted = house.signing_keys.rotate()
    keys = KeySet.import_key_set(requests.get(f"{browser.base}/oauth2/jwks", timeout=10).json())
    new = jwt.decode(application.redeem(application.code()).json()["id_token"], keys, algorithms=["ES256"])

    assert jwt.decode(old, keys, algorithms=["ES256"]).claims["sub"] == new.claims["sub"]
    assert new.header["kid"] in promoted
    assert new.header["kid"] in {key["kid"] for key in before}
    assert new.header["kid"] != jwt.decode(old, keys, algorithms=["ES256"]).header["kid"]


def test_no_private_value_is_published(house: House) -> None:
    """Neither by the key set nor by the table."""
    document = requests.get(f"{house.settings.public_url}/oauth2/jwks", timeout=10).json()
    with house.database.read() as session:
        rows = session.scalars(select(SigningKeyRow)).all()

    assert len(document["keys"]) == 4
    for key in [*document["keys"], *(row.public for row in rows)]:
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()
        assert {"kid", "use", "alg"} <= key.keys()
    assert not any(b"PRIVATE" in (row.private or b"") for row in rows)


@on_each_database
def test_a_retired_key_is_wiped_and_later_forgotten(house: House) -> None:
    """What signs no more need not exist."""
    house.signing_keys.published()
    house.signing_keys.rotate()
    with house.database.read() as session:
        retired = session.scalars(select(SigningKeyRow).where(SigningKeyRow.state == "retired")).all()
    assert [None, None] == [row.private for row in retired]
    house.clock.advance(KEPT_AFTER_RETIREMENT * 2)
    house.signing_keys.rotate()

    known = {key["kid"] for key in house.signing_keys.published()["keys"]}
    assert not known & {row.id for row in retired}
    assert len(known) == 6


@pytest.mark.parametrize(
    "path", ["/oauth2/token", "/oauth2/userinfo", "/oauth2/jwks", "/.well-known/openid-configuration"]
)
def test_no_other_site_may_read_an_answer(house: House, path: str) -> None:
    """CORS is not opened, not even for a preflight."""
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    response = requests.options(f"{house.settings.public_url}{path}", headers=headers, timeout=10)

    assert not any(name.lower().startswith("access-control-") for name in response.headers)


def test_answers_with_secrets_are_not_kept(browser: Browser, application: Application) -> None:
    """Neither the redirect with the code nor the tokens, and the code is in no body."""
    browser.sign_in()
    redirected = application.authorize()
    tokens = application.redeem(application.code())

    assert urlsplit(redirected.headers["Location"]).query
    assert ("no-store", "no-store") == (redirected.headers["Cache-Control"], tokens.headers["Cache-Control"])
    assert redirected.text == ""
