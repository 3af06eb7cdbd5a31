"""An application that has checked the password itself asks for the code alone, over a whole installation."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from typing_extensions import override
from werkzeug.test import TestResponse

from authsms.app import create_app
from authsms.audit import AuditTag, Author
from authsms.foundation.cookies import SESSION_COOKIE, cookie_name
from authsms.foundation.db import Database
from authsms.foundation.settings import Settings
from authsms.foundation.vault import HashingProfile, Vault
from authsms.logon.arrangement import fingerprint
from authsms.logon.catalog import Chain
from authsms.logon.endpoints import Endpoint
from authsms.logon.oidc_profile import OidcOption, OidcProfile
from authsms.logon.seed import LOCAL_CHAIN
from authsms.protocols.oidc.claims import CODE_ALONE, TWO_FACTORS
from authsms.wiring import assemble
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import Clerk, Office

HOME = "http://127.0.0.1:8080"
BACK = "https://app.example.test/back"
CODE_ONLY = Chain("code", "Code by text message", ("SMS_OTP:1",), is_supplement=True)
TRUSTED = OidcProfile(options=frozenset({OidcOption.CODE_ALONE, OidcOption.REFRESH_TOKENS}))
VERIFIER, CHALLENGE = "v" * 43, "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"


class HearingVault(Vault):
    """The real vault, which also remembers the codes that it hashes."""

    codes: list[str]

    @override
    def hash_code(self, challenge_id, code):
        self.__dict__.setdefault("codes", []).append(code)
        return super().hash_code(challenge_id, code)


@dataclass
class Shop:
    """A trusted application, its installation, and the browser of somebody who has typed his password there."""

    office: Office
    endpoint: Endpoint
    secret: str
    browser: Clerk

    def push(self, **changes: str | None) -> dict[str, Any]:
        """Hand a request over and return the answer."""
        values = {
            "client_id": self.endpoint.id,
            "client_secret": self.secret,
            "response_type": "code",
            "redirect_uri": BACK,
            "scope": "openid profile offline_access",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "acr_values": CODE_ALONE,
            "login_hint": "alice",
            **changes,
        }
        given = {name: value for name, value in values.items() if value is not None}
        answer: dict[str, Any] = self.office.visitor().client.post("/oauth2/par", base_url=HOME, data=given).get_json()
        return answer

    def come(self, **changes: str | None) -> str:
        """Send the browser with a pushed request; return where it is sent on to."""
        return self.go(request_uri=self.push(**changes)["request_uri"])

    def go(self, **query: str) -> str:
        """Send the browser with a request; return where it is sent on to."""
        return self.browser.get(f"/oauth2/authorize?{urlencode({'client_id': self.endpoint.id, **query})}").location

    def press(self, page: TestResponse, address: str, **typed: str) -> TestResponse:
        """Send the first form of a page and follow the redirect."""
        token = found(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        return self.browser.get(self.browser.post(address, typed, token=token).location)

    def at_code(self, address: str) -> tuple[TestResponse, str]:
        """Go on from the first page; return the page that asks for the code, and its address."""
        page = self.browser.get(address)
        event, _, query = address.partition("?")
        token = found(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        place = self.browser.post(f"{event}/rest?{query}", token=token).location
        return self.browser.get(place), place

    def finish(self, page: TestResponse, place: str) -> str:
        """Type the code in; return the path that takes the request up again."""
        vault = self.office.services.vault
        assert isinstance(vault, HearingVault)
        done = self.press(page, place, code=vault.codes[-1])
        return found(r'href="(/oauth2/resume/[0-9a-f]{32})"', done.text)

    def redeem(self, location: str) -> dict[str, Any]:
        """Redeem the code in an address; return the token response."""
        assert location.startswith(BACK), location
        given = {
            "grant_type": "authorization_code",
            "code": parse_qs(urlsplit(location).query)["code"][0],
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
            "client_id": self.endpoint.id,
            "client_secret": self.secret,
        }
        answer = self.office.visitor().client.post("/oauth2/token", base_url=HOME, data=given)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.get_json()
        return tokens

    def claims(self, tokens: dict[str, Any]) -> dict[str, Any]:
        """Return what the ID token says."""
        keys = KeySet.import_key_set(self.browser.get("/oauth2/jwks").get_json())
        return jwt.decode(tokens["id_token"], keys, algorithms=["ES256"]).claims


def found(pattern: str, text: str) -> str:
    """Return the first group of *pattern* in *text*."""
    match = re.search(pattern, text)
    assert match is not None, f"{pattern} is not in {text[-1500:]}"
    return match[1]


def refusal(location: str) -> str:
    """Return the error that an application was told at its address."""
    return parse_qs(urlsplit(location).query)["error"][0]


@pytest.fixture
def office(instance, sqlite_database_url: str, clock: ManualClock) -> Iterator[Office]:
    """An installation with Alice, whose event has a chain for the code alone."""
    database = Database(sqlite_database_url)
    values = {"instance": instance, "environment": "development", "public_url": HOME}
    settings = Settings.model_validate({**values, "server": {"requests_per_minute": 100_000}})
    vault = HearingVault.open(instance / "keys.json", profile=HashingProfile.TESTS)
    services = assemble(settings, database, vault, clock)
    services.prepare()
    services.catalog.save_chain(CODE_ONLY)
    services.catalog.save_event("web", "Web", [LOCAL_CHAIN.name, CODE_ONLY.name])
    opened = Office(create_app(settings, services), services)
    opened.person("alice")
    yield opened
    services.people.close()
    database.dispose()


@pytest.fixture
def shop(office: Office) -> Shop:
    """The application, trusted by an administrator."""
    made, secret = office.services.endpoints.create("Shop", event="web", redirect_uris=(BACK,), oidc=TRUSTED)
    return Shop(office, made, secret, office.visitor())


def test_the_code_alone_is_asked_and_nothing_else_is_claimed(office, shop):
    """The application learns that the code was right; it is no sign-in for anything else here."""
    address = shop.come()
    first = shop.browser.get(address)
    asked, place = shop.at_code(address)
    path = shop.finish(asked, place)
    tokens = shop.redeem(shop.browser.get(path).location)
    told = shop.claims(tokens)
    silent = {"redirect_uri": BACK, "response_type": "code", "scope": "openid", "prompt": "none"}
    silent |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}

    assert "Shop has checked your password, alice." in first.text
    assert 'type="password"' not in first.text + asked.text
    assert "local-sms" not in asked.text
    assert (CODE_ALONE, ["otp", "sms"]) == (told["acr"], told["amr"])
    assert ("openid profile", False) == (tokens["scope"], "refresh_token" in tokens)
    assert "login_required" == refusal(shop.go(**silent))
    assert "/login/" in shop.browser.get("/sessions").location
    started = [view.entry for view in office.services.audit.search() if view.entry.tag is AuditTag.LOGON_STARTED]
    assert [("Shop", "code")] == [(entry.endpoint, entry.details["chain"]) for entry in started]


def test_who_is_signed_in_already_stays_signed_in(office, shop):
    """A code for one application neither replaces nor ends the session that others rely on; nor does that one do."""
    alice = office.services.people.find("alice")
    shop.browser = office.visitor(office.session_token(alice, event="web"))
    address = shop.come()
    path = shop.finish(*shop.at_code(address))
    shop.redeem(shop.browser.get(path).location)

    assert address.startswith("/login/web?c=")
    assert 200 == shop.browser.get("/sessions").status_code


def test_a_name_that_nobody_has_looks_like_any_other(office, shop):
    """The application may know; whoever sits before it learns nothing here."""
    pages = []
    for name in ("alice", "nobody"):
        page, place = shop.at_code(shop.come(login_hint=name))
        cleared = re.sub(r"[0-9a-f]{32}|value=\"[^\"]+\"|data-[a-z-]+=\"[^\"]*\"|•+\d+", "", page.text)
        pages.append(re.sub(r"\d+", "", cleared.replace(name, "")))
    refused = shop.press(page, place, code=office.services.vault.codes[-1])

    assert pages[0] == pages[1]
    assert "not right" in refused.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"login_hint": None}, "invalid_request"),
        ({"login_hint": " "}, "invalid_request"),
        ({"login_hint": f"alice{' ' * 252}x"}, "invalid_request"),
        ({"acr_values": f"{CODE_ALONE} {TWO_FACTORS}"}, "invalid_request"),
    ],
    ids=["nobody", "no name", "too long", "beside another class"],
)
def test_what_is_wrong_is_told_to_the_application(shop, changes, error):
    """Before any browser comes."""
    assert error == shop.push(**changes)["error"]


def test_only_a_trusted_application_may_ask(office, shop):
    """By a request of its own: what stands in the browser's address anybody could have written."""
    services = office.services
    made, secret = services.endpoints.create("Plain", event="web", redirect_uris=(BACK,))
    plain = Shop(office, made, secret, shop.browser)
    in_the_open = {"redirect_uri": BACK, "response_type": "code", "scope": "openid", "acr_values": CODE_ALONE}
    in_the_open |= {"login_hint": "alice", "code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    silent = shop.come(prompt="none")
    waiting = shop.finish(*shop.at_code(shop.come()))
    opened = refusal(shop.go(**in_the_open))
    changed = replace(shop.endpoint, oidc=OidcProfile())
    services.arrangement.change_endpoint(changed, fingerprint(shop.endpoint), Author())

    assert "unauthorized_client" == plain.push()["error"]
    assert "invalid_request" == opened
    assert "login_required" == refusal(silent)
    assert "unauthorized_client" == refusal(shop.browser.get(waiting).location)


def test_a_sign_in_of_somebody_else_does_not_do(office, shop):
    """Bob has a whole session, newer than the request; the question was about Alice."""
    bob = office.person("bob")
    address = shop.come()
    path = f"/oauth2/resume/{address.partition('c=')[2]}"
    shop.browser.client.set_cookie(
        cookie_name(SESSION_COOKIE, https=False), office.session_token(bob, event="web"), domain="127.0.0.1"
    )

    assert shop.browser.get(path).location == address


def test_what_completed_one_request_completes_no_other(shop):
    """Each code is for the request that it was asked for."""
    other = shop.come()
    shop.finish(*shop.at_code(shop.come()))

    assert shop.browser.get(f"/oauth2/resume/{other.partition('c=')[2]}").location == other


def test_the_chain_is_nobody_elses(office, shop):
    """Neither a direct visit, nor another way, nor a program with a name for it comes to it."""
    services = office.services
    entrance = shop.browser.get("/login/web")
    posted = shop.browser.post("/login/web/rest", token=found(r'name="csrf_token"[^>]*value="([^"]+)"', entrance.text))
    ways = services.ways.of("web", "alice", "")

    assert 'type="password"' in entrance.text
    assert 404 == posted.status_code
    assert [LOCAL_CHAIN.name] == [way.name for way in ways]


def test_a_signed_request_will_do(office, shop):
    """The signature says who asks, wherever the browser carries it."""
    key = ECKey.generate_key("P-256")
    keys = json.dumps({"keys": [key.as_dict(private=False)]})
    profile = OidcProfile(options=frozenset({OidcOption.CODE_ALONE}), request_keys=keys)
    made, secret = office.services.endpoints.create("Signer", event="web", redirect_uris=(BACK,), oidc=profile)
    signer = Shop(office, made, secret, shop.browser)
    now = int(office.services.clock.now().timestamp())
    said = {"iss": made.id, "aud": HOME, "exp": now + 60, "jti": "once", "client_id": made.id, "redirect_uri": BACK}
    said |= {"response_type": "code", "scope": "openid", "acr_values": CODE_ALONE, "login_hint": "alice"}
    said |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}

    assert signer.go(request=jwt.encode({"alg": "ES256"}, said, key)).startswith("/login/web?c=")
