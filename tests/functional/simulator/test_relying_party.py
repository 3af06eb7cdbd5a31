"""The sample application against a small OpenID provider that keeps a record of what it was asked."""

import base64
import hashlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import ECKey

from authsms.simulator import WebServer, create_sample_application

CLIENT, SECRET = "sample", "only the two know"


@dataclass(slots=True)
class Provider:
    """An OpenID provider that says whatever a test wants it to say."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    person: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, str] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    secret_given: str = ""
    logout: dict[str, str] = field(default_factory=dict)
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "1", "alg": "ES256", "use": "sig"}))
    published: ECKey | None = None

    def application(self) -> Flask:
        """Return its web application."""
        app = Flask("provider")
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._metadata)
        app.add_url_rule("/authorize", view_func=self._authorize)
        app.add_url_rule("/token", view_func=self._token, methods=["POST"])
        app.add_url_rule("/userinfo", view_func=self._userinfo)
        app.add_url_rule("/jwks", view_func=self._jwks)
        app.add_url_rule("/logout", view_func=self._logout)
        return app

    def _metadata(self) -> Response:
        return jsonify(
            issuer=self.url,
            authorization_endpoint=f"{self.url}/authorize",
            token_endpoint=f"{self.url}/token",
            userinfo_endpoint=f"{self.url}/userinfo",
            jwks_uri=f"{self.url}/jwks",
            end_session_endpoint=f"{self.url}/logout",
            id_token_signing_alg_values_supported=["ES256"],
        )

    def _authorize(self) -> Any:
        self.asked = request.args.to_dict()
        answer = {"code": "the code", "iss": self.url} | self.answer
        return redirect(f"{self.asked['redirect_uri']}?{urlencode({'state': self.asked['state']} | answer)}")

    def _token(self) -> Any:
        verifier = request.form["code_verifier"].encode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
        if challenge != self.asked["code_challenge"]:
            return jsonify(error="invalid_grant"), 400
        self.secret_given = (request.authorization.password if request.authorization else None) or ""
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "sub": "7", "iat": now, "exp": now + 60, "nonce": self.asked["nonce"]}
        token = jwt.encode({"alg": "ES256", "kid": "1"}, claims | self.claims, self.key)
        return jsonify(access_token="at", token_type="Bearer", expires_in=600, id_token=token)

    def _userinfo(self) -> Any:
        if request.headers.get("Authorization") != "Bearer at":
            return jsonify(error="invalid_token"), 401
        return jsonify(self.person)

    def _jwks(self) -> Response:
        return jsonify(keys=[(self.published or self.key).as_dict(private=False)])

    def _logout(self) -> Any:
        self.logout = request.args.to_dict()
        return redirect(f"{self.logout['post_logout_redirect_uri']}?state={self.logout['state']}")


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that knows Alice."""
    provider = Provider()
    provider.person = {"sub": "7", "name": "Alice <Liddell>", "preferred_username": "alice"}
    provider.claims = {
        "amr": ["pwd", "otp", "sms", "mfa"],
        "acr": "urn:example:two-factors",
        "auth_time": 1_790_000_000,
    }
    with WebServer(provider.application(), "127.0.0.1", 0) as server:
        provider.url = server.url
        yield provider


@pytest.fixture
def application(provider: Provider) -> Iterator[str]:
    """Address of the sample application."""
    with WebServer(lambda *_: [], "127.0.0.1", 0) as free:
        port = free.port
    own = f"http://127.0.0.1:{port}"
    with WebServer(create_sample_application(provider.url, CLIENT, SECRET, own), "127.0.0.1", port):
        yield own


@pytest.fixture
def browser() -> Iterator[requests.Session]:
    """Keeps cookies."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


def test_a_stranger_is_welcomed_and_can_sign_in(application, provider, browser):
    """The whole way: state, nonce, PKCE, client secret, and what the person sees at the end."""
    assert "Sign in" in browser.get(application, timeout=10).text
    page = browser.get(f"{application}/login", timeout=10)

    assert page.url == f"{application}/"
    assert "Hello, Alice &lt;Liddell&gt;" in page.text
    assert all(word in page.text for word in ("alice", "one-time code", "text message", "urn:example:two-factors"))
    assert provider.secret_given == SECRET
    assert (provider.asked["code_challenge_method"], provider.asked["response_type"]) == ("S256", "code")
    assert {"openid", "profile"} == set(provider.asked["scope"].split())
    assert provider.asked["redirect_uri"] == f"{application}/callback"


def test_signing_out_ends_both_sessions(application, provider, browser):
    """RP-initiated logout, with the token as a hint."""
    browser.get(f"{application}/login", timeout=10)
    page = browser.post(f"{application}/sign-out", headers={"Origin": application}, timeout=10)

    assert "You are signed out" in page.text
    assert provider.logout["client_id"] == CLIENT
    assert provider.logout["id_token_hint"].count(".") == 2
    assert "Hello" not in browser.get(application, timeout=10).text


def test_someone_who_cancels_reads_a_kind_word(application, provider, browser):
    """An error is no crash."""
    provider.answer = {"error": "access_denied"}
    page = browser.get(f"{application}/login", timeout=10)

    assert page.status_code == 403
    assert "You cancelled" in page.text


def test_an_answer_of_another_issuer_is_refused(application, provider, browser):
    """Mix-up attacks, RFC 9207."""
    provider.answer = {"iss": "https://elsewhere.example"}
    page = browser.get(f"{application}/login", timeout=10)

    assert page.status_code == 400
    assert "another server" in page.text


@pytest.mark.parametrize(
    "claims", [{"nonce": "old"}, {"aud": "another"}, {"iss": "https://elsewhere.example"}, {"exp": 1}]
)
def test_a_token_that_is_not_meant_for_it_is_refused(application, provider, browser, claims):
    """Replayed, stolen, foreign, stale."""
    provider.claims |= claims
    page = browser.get(f"{application}/login", timeout=10)

    assert page.status_code == 400
    assert "Hello" not in page.text


def test_a_token_signed_by_somebody_else_is_refused(application, provider, browser):
    """The published key decides."""
    provider.published = ECKey.generate_key("P-256", {"kid": "1", "alg": "ES256", "use": "sig"})
    page = browser.get(f"{application}/login", timeout=10)

    assert page.status_code == 400
    assert "not properly signed" in page.text


def test_information_about_somebody_else_is_refused(application, provider, browser):
    """OpenID Connect Core 5.3.2: the subject must be the token's."""
    provider.person["sub"] = "8"
    page = browser.get(f"{application}/login", timeout=10)

    assert page.status_code == 400
    assert "somebody else" in page.text


def test_a_callback_nobody_asked_for_is_refused(application, browser):
    """Login CSRF: the state is not ours."""
    page = browser.get(f"{application}/callback?code=x&state=y", timeout=10)

    assert page.status_code == 400


def test_a_server_that_is_away_is_no_crash(browser):
    """Nobody listens on port 9 of this machine."""
    app = create_sample_application("http://127.0.0.1:9", CLIENT, SECRET, "http://127.0.0.1")
    with WebServer(app, "127.0.0.1", 0) as server:
        page = browser.get(f"{server.url}/login", timeout=30)

    assert page.status_code == 503
    assert "does not answer" in page.text


def test_another_sites_page_cannot_sign_anybody_out(application, provider, browser):
    """A form on another site carries another origin."""
    browser.get(f"{application}/login", timeout=10)
    page = browser.post(f"{application}/sign-out", headers={"Origin": "https://evil.example"}, timeout=10)

    assert page.status_code == 403
    assert "Hello" in browser.get(application, timeout=10).text


def test_forms_may_lead_to_the_server_only(application, provider, browser):
    """Chromium applies form-action to the redirects of a form as well."""
    policy = browser.get(application, timeout=10).headers["Content-Security-Policy"]

    assert f"form-action 'self' {provider.url};" in policy


def test_many_people_can_sign_in_at_once(application):
    """The load run signs in through it."""
    pages: list[str] = []

    def sign_in() -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.headers["Connection"] = "close"
            location = session.get(f"{application}/login", allow_redirects=False, timeout=10).headers["Location"]
            pages.append(dict(parse_qsl(urlsplit(location).query))["state"])

    threads = [threading.Thread(target=sign_in) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(pages)) == 16
