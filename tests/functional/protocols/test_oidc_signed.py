"""Signed requests: only what is inside the signature counts, once, for a short while, and from nobody else."""

import base64
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey

from authsms.logon.client_keys import read_client_keys
from authsms.logon.oidc_profile import OidcOption, OidcProfile
from tests.functional.protocols.house import CALLBACK, Application, Browser, House, answer, on_each_database

KEY = ECKey.generate_key("P-256", {"kid": "ec"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
FOREIGN = ECKey.generate_key("P-256", {"kid": "ec"})
KEYS = read_client_keys(json.dumps({"keys": [KEY.as_dict(private=False), RSA.as_dict(private=False)]}))


@pytest.fixture
def signer(house: House, browser: Browser) -> Application:
    """An application with keys, and a browser that is signed in."""
    browser.sign_in()
    profile = OidcProfile(request_keys=KEYS)
    return Application(browser, *house.endpoints.create("Signer", event="web", redirect_uris=(CALLBACK,), oidc=profile))


def claims_of(house: House, app: Application, **changes: Any) -> dict[str, Any]:
    """Return the claims of a right request object, with *changes*; None takes one away."""
    now = int(house.clock.now().timestamp())
    about = {"iss": app.endpoint.id, "aud": app.browser.base, "iat": now, "exp": now + 300, "jti": "request-1"}
    claims = {**app.request(), **about, "max_age": 3600, **changes}
    return {name: value for name, value in claims.items() if value is not None}


def sign(claims: dict[str, Any], key: Any = KEY, algorithm: str = "ES256", **header: Any) -> str:
    """Return a request object."""
    head = {"alg": algorithm, "typ": "oauth-authz-req+jwt", "kid": key.kid, **header}
    return jwt.encode(head, claims, key, algorithms=[algorithm])


def come(app: Application, request: str, **others: str) -> requests.Response:
    """Send the browser with a request object, and the return address beside it, so that errors have a way back."""
    query = urlencode({"client_id": app.endpoint.id, "redirect_uri": CALLBACK, "request": request, **others})
    return app.browser.get(f"/oauth2/authorize?{query}")


@on_each_database
@pytest.mark.parametrize(
    ("key", "algorithm"), [(KEY, "ES256"), (RSA, "RS256"), (RSA, "PS256")], ids=["ec", "rsa", "pss"]
)
def test_a_signed_request_counts_as_it_is_signed(house: House, signer: Application, key: Any, algorithm: str) -> None:
    """What stands beside it in the address does not."""
    request = sign(claims_of(house, signer, scope="openid email"), key, algorithm)
    given = answer(come(signer, request, scope="openid groups", state="another", nonce="another"))

    assert given["state"] == "a state & more"
    assert signer.redeem(given["code"]).json()["scope"] == "openid email"


@on_each_database
def test_a_second_use_is_refused(house: House, signer: Application) -> None:
    """A captured address is worth nothing; another id is another request."""
    request = sign(claims_of(house, signer))
    first, second = answer(come(signer, request)), answer(come(signer, request))
    other = answer(come(signer, sign(claims_of(house, signer, jti="request-2"))))

    assert (True, "invalid_request_object", True) == ("code" in first, second["error"], "code" in other)


BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "0" * 32},
    "no issuer": {"iss": None},
    "another audience": {"aud": "https://evil.example"},
    "no audience": {"aud": None},
    "expired": {"exp": -60},
    "no end": {"exp": None},
    "far end": {"exp": 4000},
    "odd end": {"exp": "soon"},
    "not yet": {"nbf": 600},
    "no id": {"jti": None},
    "odd id": {"jti": ["x"]},
    "another client": {"client_id": "0" * 32},
    "no client": {"client_id": None},
    "a token about itself": {"sub": "0" * 32},
    "a request inside": {"request": "x"},
    "an address inside": {"request_uri": "http://169.254.169.254/"},
}


@pytest.mark.parametrize("changes", BAD_CLAIMS.values(), ids=BAD_CLAIMS.keys())
def test_a_request_that_is_not_for_here_and_now_is_refused(
    house: House, signer: Application, changes: dict[str, Any]
) -> None:
    """The error goes to the address beside it, which is a registered one."""
    now = int(house.clock.now().timestamp())
    moved = {n: now + v if n in {"exp", "nbf"} and isinstance(v, int) else v for n, v in changes.items()}
    told = answer(come(signer, sign(claims_of(house, signer, **moved))))

    assert told["error"] == "invalid_request_object"


def test_a_signature_that_is_not_right_is_refused(house: House, signer: Application) -> None:
    """``alg: none``, a public key taken for a shared secret, a foreign key, an altered one, another kind of token."""
    claims = claims_of(house, signer)
    body = _part(claims)
    confused = f"{_part({'alg': 'HS256', 'kid': 'rsa'})}.{body}"
    mac = hmac.digest(RSA.as_pem(private=False), confused.encode(), "sha256")
    right = sign(claims)
    wrong = [
        f"{_part({'alg': 'none'})}.{body}.",
        f"{_part({'alg': 'none'})}.{body}.AAAA",
        f"{confused}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}",
        sign(claims, FOREIGN),
        sign(claims, KEY, kid="unknown"),
        sign(claims, KEY, typ="logout+jwt"),
        right[:-8] + "AAAAAAAA",
        right + "." + right,
        "x",
        "x" * 9000,
    ]

    assert {"invalid_request_object"} == {answer(come(signer, one))["error"] for one in wrong}
    assert answer(come(signer, right))["code"]


@pytest.mark.parametrize(
    "changes",
    [{"state": "\ud800"}, {"login_hint": "\ud800", "prompt": "login"}, {"jti": "\ud800"}, {"deep": []}],
    ids=["state", "hint", "id", "deep"],
)
def test_what_nobody_can_write_down_or_read_is_refused(
    house: House, signer: Application, changes: dict[str, Any]
) -> None:
    """Half a surrogate pair, which JSON can escape, and lists without end, under a good signature."""
    claims = json.dumps(claims_of(house, signer, **changes))
    body = claims.replace("[]", "[" * 2000 + "]" * 2000).encode()
    told = answer(come(signer, jws.serialize_compact({"alg": "ES256", "kid": "ec"}, body, KEY)))

    assert told["error"] == "invalid_request_object"


def test_an_error_has_no_way_back_to_a_foreign_address(house: House, signer: Application) -> None:
    """A page says so; the address inside a signed request must be registered, too."""
    beside = come(signer, "x.y.z", redirect_uri="https://evil.example/")
    inside = come(signer, sign(claims_of(house, signer, redirect_uri="https://evil.example/")))

    assert [400, 400] == [beside.status_code, inside.status_code]
    assert not any("Location" in one.headers for one in (beside, inside))


def test_an_endpoint_may_have_to_sign(house: House, browser: Browser, signer: Application) -> None:
    """Also what it pushes; without keys it cannot be demanded."""
    profile = OidcProfile(options=frozenset({OidcOption.SIGNED_ONLY}), request_keys=KEYS)
    strict = Application(
        browser, *house.endpoints.create("Strict", event="web", redirect_uris=(CALLBACK,), oidc=profile)
    )
    login = {"client_secret": strict.secret}
    in_the_open = browser.post("/oauth2/par", {**strict.request(), **login}).json()
    object_ = {"request": sign(claims_of(house, strict)), "client_id": strict.endpoint.id}
    pushed = browser.post("/oauth2/par", {**object_, **login}).json()
    query = urlencode({"client_id": strict.endpoint.id, "request_uri": pushed["request_uri"]})

    assert answer(strict.authorize())["error"] == "invalid_request"
    assert in_the_open["error"] == "invalid_request"
    assert answer(browser.get(f"/oauth2/authorize?{query}"))["code"]
    assert answer(signer.authorize())["code"]


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
