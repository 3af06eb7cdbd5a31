"""Authorization requests that are refused: unknown applications, odd return addresses, odd parameters."""

import base64
import hashlib
from urllib.parse import urlencode

import pytest

from tests.functional.protocols.house import Application, Browser, House, answer, on_each_database

CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 43).digest()).rstrip(b"=").decode()

BAD_REDIRECTS = [
    "https://evil.example",
    "https://evil.example/callback",
    "//evil.example/callback",
    "/\\evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "https:\\\\evil.example",
    "%2f%2fevil.example",
    "\t//evil.example",
    " https://app.example.test/callback",
    "https://app.example.test/callback ",
    "https://app.example.test/callback\t",
    "https://app.example.test/callback\n",
    "https://app.example.test/callback\r\nLocation: https://evil.example",
    "https://app.example.test/callback%0d%0aLocation:%20https://evil.example",
    "https://app.example.test/callback\x00",
    "https://app.example.test/callback%00",
    "javascript:alert(1)",
    "javascript://app.example.test/callback%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox",
    "file:///etc/passwd",
    "https://app.example.test@evil.example/callback",
    "https://app.example.test:443@evil.example/callback",
    "https://evil.example@app.example.test/callback",
    "https://app.example.test.evil.example/callback",
    "https://evil.example/https://app.example.test/callback",
    "https://evil.example?https://app.example.test/callback",
    "https://evil.example#https://app.example.test/callback",
    "https://evil.example\\@app.example.test/callback",
    "https://app.example.test\\.evil.example/callback",
    "https://app.example.test%2eevil.example/callback",
    "https://app.example.test%00.evil.example/callback",
    "https://app.example.test/callback#",
    "https://app.example.test/callback#fragment",
    "https://app.example.test/callback?",
    "https://app.example.test/callback?code=mine",
    "https://app.example.test/callback?next=https://evil.example",
    "https://app.example.test/callback&code=mine",
    "https://app.example.test/callback;x",
    "https://app.example.test/callback/",
    "https://app.example.test/callback/../evil",
    "https://app.example.test/./callback",
    "https://app.example.test//callback",
    "https://app.example.test/%63allback",
    "https://app.example.test/Callback",
    "https://APP.example.test/callback",
    "HTTPS://app.example.test/callback",
    "https://app.example.test./callback",
    "https://app.example.test:443/callback",
    "https://app.example.test:8443/callback",
    "http://app.example.test/callback",
    "https://app.example.test",
    "https://app.example.test/",
    "https://sub.app.example.test/callback",
    "https://\u0430pp.example.test/callback",
    "https://app.example.test/callback\u2028",
    "https://app。example.test/callback",
    "http://127.0.0.1/callback",
    "http://localhost/callback",
    "callback",
    "*",
    "",
]


def test_no_address_but_a_registered_one_is_ever_redirected_to(application: Application) -> None:
    """ATK-24: a page that says so, and no Location (RFC 6749 section 4.1.2.1)."""
    answers = {address: application.authorize(redirect_uri=address, prompt="none") for address in BAD_REDIRECTS}
    redirected = [address for address, response in answers.items() if "Location" in response.headers]

    assert redirected == []
    assert {(400, "text/html; charset=utf-8")} == {
        (response.status_code, response.headers["Content-Type"]) for response in answers.values()
    }


def test_two_return_addresses_are_refused(application: Application) -> None:
    """Which of two parameters counts is not a question to leave open."""
    query = urlencode([*application.request().items(), ("redirect_uri", "https://evil.example")])

    assert application.browser.get(f"/oauth2/authorize?{query}").status_code == 400


@on_each_database
@pytest.mark.parametrize("client_id", ["", "unknown", "0" * 32, "\x00", "' OR 1=1 --", "x" * 3000, None])
def test_an_unknown_application_gets_a_page(application: Application, client_id: str | None) -> None:
    """Nothing is known of the address either, so nothing is redirected."""
    response = application.authorize(client_id=client_id)

    assert (400, False) == (response.status_code, "Location" in response.headers)


def test_only_the_port_of_a_loopback_address_may_vary(house: House, browser: Browser) -> None:
    """RFC 8252 section 7.3, for programs on the person's own machine."""
    addresses = ("http://127.0.0.1/cb", "http://[::1]/cb", "http://localhost/cb")
    program = Application(browser, *house.endpoints.create("Program", event="web", redirect_uris=addresses))
    allowed = ["http://127.0.0.1/cb", "http://127.0.0.1:51234/cb", "http://[::1]:1/cb", "http://localhost/cb"]
    refused = [
        "http://localhost:51234/cb",
        "http://127.0.0.1:51234/other",
        "http://127.0.0.1:51234/cb?x=1",
        "http://127.0.0.1:99999/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.2:51234/cb",
        "http://127.0.0.1:51234@evil.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "https://127.0.0.1:51234/cb",
    ]

    assert {303} == {program.authorize(redirect_uri=address).status_code for address in allowed}
    assert {400} == {program.authorize(redirect_uri=address).status_code for address in refused}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "s256"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": CHALLENGE + "="}, "invalid_request"),
        ({"code_challenge": CHALLENGE + "\n"}, "invalid_request"),
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": 'code"\\'}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"nonce": "n" * 501}, "invalid_request"),
        ({"nonce": "n\x01"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"max_age": "٣"}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "http://169.254.169.254/"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_an_odd_request_is_refused_at_the_applications_address(
    application: Application, changes: dict[str, str | None], error: str
) -> None:
    """With state and issuer, so that the application can tell what it is about."""
    told = answer(application.authorize(**changes))

    assert (error, "a state & more", application.browser.base) == (told["error"], told["state"], told["iss"])
    assert "code" not in told


def test_a_doubled_parameter_is_refused(application: Application) -> None:
    """Two parties that read a request differently can be played off against each other."""
    query = urlencode([*application.request().items(), ("scope", "openid")])

    assert answer(application.browser.get(f"/oauth2/authorize?{query}"))["error"] == "invalid_request"


def test_a_posted_request_is_sent_round_as_get(browser: Browser, application: Application) -> None:
    """A cross-site post carries no session cookie; 303 keeps credentials from being posted again (O-08)."""
    browser.sign_in()
    posted = browser.post("/oauth2/authorize", application.request())

    assert posted.status_code == 303
    assert answer(browser.get(posted.headers["Location"]))["code"]
