"""How recent a sign-in must be, who is expected, and how a session ends by an application's wish."""

import html
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from authsms.identity.repository import Person
from tests.functional.protocols.house import Application, Browser, House, answer, on_each_database

BYE = "https://app.example.test/bye"


def waiting_path(house: House, place: str) -> str:
    """Return where the request behind a login page is taken up again."""
    assert place.startswith("/login/web?c="), place
    return house.continuations.get(place.partition("c=")[2].partition("&")[0]).path


@on_each_database
@pytest.mark.parametrize("demand", [{"prompt": "login"}, {"prompt": "select_account"}, {"max_age": "0"}])
def test_a_new_login_is_demanded_and_given(
    house: House, browser: Browser, application: Application, demand: dict[str, str]
) -> None:
    """A session from before the request does not count, however often the request is taken up (O-09)."""
    browser.sign_in()
    house.clock.advance(timedelta(seconds=1))
    place = application.authorize(**demand).headers["Location"]
    path = waiting_path(house, place)

    assert browser.get(path).headers["Location"] == place
    browser.sign_in()
    assert answer(browser.get(path))["code"]


def test_an_old_login_is_too_old_for_max_age(house: House, browser: Browser, application: Application) -> None:
    """And what the ID token says of it is the truth."""
    browser.sign_in()
    house.clock.advance(timedelta(seconds=300))
    assert answer(application.authorize(max_age="300"))["code"]
    house.clock.advance(timedelta(seconds=1))

    assert answer(application.authorize(max_age="300", prompt="none"))["error"] == "login_required"
    path = waiting_path(house, application.authorize(max_age="300").headers["Location"])
    browser.sign_in()
    assert answer(browser.get(path))["code"]


def test_consent_is_the_administrators(browser: Browser, application: Application) -> None:
    """An endpoint is registered by the administrator; there is nobody else to ask."""
    browser.sign_in()

    assert answer(application.authorize(prompt="consent"))["code"]


def test_languages_and_hint_reach_the_login_page(house: House, application: Application) -> None:
    """Only what looks like languages is passed on."""
    place = application.authorize(ui_locales="de en", login_hint="alice").headers["Location"]
    odd = application.authorize(ui_locales="de&c=evil").headers["Location"]

    assert place.endswith("&ui_locales=de+en")
    assert "evil" not in odd


def test_another_person_than_the_expected_one_is_told_to_the_application(
    house: House, browser: Browser, application: Application
) -> None:
    """``id_token_hint`` names who the application expects."""
    browser.sign_in()
    hint = application.redeem(application.code()).json()["id_token"]
    browser.sign_in(person=Person("LOCAL", "ffff", "bob", "Bob"))
    path = waiting_path(house, application.authorize(id_token_hint=hint).headers["Location"])

    assert answer(application.authorize(id_token_hint=hint, prompt="none"))["error"] == "login_required"
    assert answer(browser.get(path))["error"] == "login_required"


def test_a_person_can_give_up(house: House, application: Application) -> None:
    """The application hears of it once."""
    path = waiting_path(house, application.authorize().headers["Location"])
    told = answer(application.browser.get(f"{path}/give-up"))

    assert ("access_denied", "a state & more") == (told["error"], told["state"])
    assert application.browser.get(f"{path}/give-up").status_code == 404


@on_each_database
@pytest.mark.parametrize("name", ["x", "0" * 32, "%00" * 32, "g" * 32])
def test_an_unknown_waiting_request_is_not_found(browser: Browser, name: str) -> None:
    """Whatever it is called."""
    assert browser.get(f"/oauth2/resume/{name}").status_code == 404


@on_each_database
def test_a_genuine_hint_signs_out_at_once(house: House, browser: Browser, application: Application) -> None:
    """And leads back to the registered address, with the state."""
    browser.sign_in()
    hint = application.redeem(application.code()).json()["id_token"]
    house.clock.advance(timedelta(minutes=50))
    query = urlencode({"id_token_hint": hint, "post_logout_redirect_uri": BYE, "state": "s 1"})
    response = browser.get(f"/oauth2/logout?{query}")

    assert (303, f"{BYE}?state=s+1") == (response.status_code, response.headers["Location"])
    assert "authsms-session=;" in response.headers["Set-Cookie"]
    assert "authsms-visit-language=;" in response.headers["Set-Cookie"]
    assert house.sessions.list("LOCAL:0b1c") == []


def test_without_a_hint_the_person_is_asked(house: House, browser: Browser, application: Application) -> None:
    """Anybody can make a browser open this address (O-10)."""
    browser.sign_in()
    fields = {"client_id": application.endpoint.id, "post_logout_redirect_uri": BYE, "state": "<s>"}
    page = browser.get(f"/oauth2/logout?{urlencode(fields)}")
    form = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page.text)}
    assert "Sample" in page.text
    assert len(house.sessions.list("LOCAL:0b1c")) == 1
    done = browser.post("/oauth2/logout/confirm", form)

    assert house.sessions.list("LOCAL:0b1c") == []
    assert f'href="{BYE}?state=%3Cs%3E"' in done.text


@pytest.mark.parametrize("change", [{"confirmation": ""}, {"confirmation": "0" * 64}, {"state": "another"}])
def test_a_forged_confirmation_ends_nothing(
    house: House, browser: Browser, application: Application, change: dict[str, str]
) -> None:
    """The page was made for one session and one request."""
    browser.sign_in()
    page = browser.get(f"/oauth2/logout?client_id={application.endpoint.id}")
    form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text)) | change

    assert browser.post("/oauth2/logout/confirm", form).status_code == 403
    assert len(house.sessions.list("LOCAL:0b1c")) == 1


def test_the_hint_of_another_session_does_not_end_this_one(
    house: House, browser: Browser, application: Application
) -> None:
    """An application may only end the session it was told of."""
    browser.sign_in()
    hint = application.redeem(application.code()).json()["id_token"]
    browser.sign_in(person=Person("LOCAL", "ffff", "bob", "Bob"))
    response = browser.get(f"/oauth2/logout?{urlencode({'id_token_hint': hint})}")

    assert response.status_code == 200
    assert len(house.sessions.list("LOCAL:ffff")) == 1


@pytest.mark.parametrize(
    "address", ["https://evil.example/", f"{BYE}/", f"{BYE}?x=1", "//evil.example", "javascript:x"]
)
def test_nobody_is_sent_to_an_unregistered_address_after_log_out(
    browser: Browser, application: Application, address: str
) -> None:
    """With a hint or without."""
    browser.sign_in()
    hint = application.redeem(application.code()).json()["id_token"]
    for extra in ({"id_token_hint": hint}, {"client_id": application.endpoint.id}, {}):
        response = browser.get(f"/oauth2/logout?{urlencode({'post_logout_redirect_uri': address, **extra})}")

        assert (400, False) == (response.status_code, "Location" in response.headers)


def test_an_address_alone_is_no_reason_to_redirect(browser: Browser, application: Application) -> None:
    """Nobody is signed in and nobody vouches for the request."""
    query = urlencode({"client_id": application.endpoint.id, "post_logout_redirect_uri": BYE})

    assert browser.get(f"/oauth2/logout?{query}").headers["Location"] == "/signed-out"


def test_a_hint_for_another_application_is_refused(house: House, browser: Browser, application: Application) -> None:
    """RP-Initiated Logout 1.0, section 2."""
    other, _ = house.endpoints.create("Other", event="web")
    browser.sign_in()
    hint = application.redeem(application.code()).json()["id_token"]
    query = urlencode({"id_token_hint": hint, "client_id": other.id})

    assert browser.get(f"/oauth2/logout?{query}").status_code == 400


def test_a_posted_log_out_is_sent_round_as_get(browser: Browser, application: Application) -> None:
    """So that the session cookie, which is Lax, comes along."""
    response = browser.post("/oauth2/logout", {"client_id": application.endpoint.id})

    assert (303, f"/oauth2/logout?client_id={application.endpoint.id}") == (
        response.status_code,
        response.headers["Location"],
    )
