"""Requests that an endpoint pushes beforehand, and sign-ins of a class it asks for."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from authsms.logon.oidc_profile import OidcOption, OidcProfile
from authsms.protocols.oidc.claims import SINGLE_FACTOR, TWO_FACTORS
from tests.functional.protocols.house import CALLBACK, Application, Browser, House, answer, on_each_database
from tests.functional.protocols.patience import patiently


def push(app: Application, *, login: tuple[str, str] | None = None, **changes: str | None) -> requests.Response:
    """Hand a right request over, with *changes*."""
    fields = app.request(**changes)
    with requests.Session() as http:
        http.trust_env = False
        who = None if "client_secret" in fields else login or (app.endpoint.id, app.secret)
        return http.post(f"{app.browser.base}/oauth2/par", data=fields, auth=who)


def come(app: Application, reference: str, **others: str) -> requests.Response:
    """Send the browser with nothing but the reference."""
    query = urlencode({"client_id": app.endpoint.id, "request_uri": reference, **others})
    return app.browser.get(f"/oauth2/authorize?{query}")


def register(house: House, browser: Browser, profile: OidcProfile) -> Application:
    """Return another application."""
    return Application(browser, *house.endpoints.create("Other", event="web", redirect_uris=(CALLBACK,), oidc=profile))


@on_each_database
def test_a_pushed_request_is_used_once(browser: Browser, application: Application) -> None:
    """Whatever stands beside the reference in the address does not count."""
    browser.sign_in()
    pushed = push(application, scope="openid email")
    reference = pushed.json()["request_uri"]
    given = answer(come(application, reference, scope="openid groups", redirect_uri="https://evil.example/", state="x"))
    again = come(application, reference)

    assert (201, "no-store") == (pushed.status_code, pushed.headers["Cache-Control"])
    assert pushed.json()["expires_in"] == 90
    assert given["state"] == "a state & more"
    assert application.redeem(given["code"]).json()["scope"] == "openid email"
    assert (400, False) == (again.status_code, "Location" in again.headers)


@on_each_database
def test_a_pushed_request_waits_for_the_login(house: House, browser: Browser, application: Application) -> None:
    """Its parameters outlive the reference."""
    place = come(application, push(application).json()["request_uri"]).headers["Location"]
    continuation = house.continuations.get(place.partition("c=")[2])
    house.clock.advance(timedelta(minutes=5))
    browser.sign_in()

    assert application.redeem(answer(browser.get(continuation.path))["code"]).status_code == 200


@on_each_database
def test_of_many_browsers_at_once_one_is_let_in(browser: Browser, application: Application) -> None:
    """A reference is good once, also in a race."""
    browser.sign_in()
    reference = push(application).json()["request_uri"]
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: patiently(lambda: come(application, reference)).status_code, range(8)))

    assert sorted(statuses) == [303] + [400] * 7


@on_each_database
def test_it_is_bound_to_its_endpoint_and_its_time(house: House, browser: Browser, application: Application) -> None:
    """Nobody is redirected anywhere by a wrong reference."""
    other = register(house, browser, OidcProfile())
    browser.sign_in()
    reference = push(application).json()["request_uri"]
    stolen, made_up = come(other, reference), come(application, reference[:-1] + "~")
    house.clock.advance(timedelta(seconds=90))
    late = come(application, reference)

    assert [400, 400, 400] == [stolen.status_code, made_up.status_code, late.status_code]
    assert not any("Location" in one.headers for one in (stolen, made_up, late))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"request_uri": "https://evil.example/"}, "invalid_request"),
        ({"request": "a.b.c"}, "request_not_supported"),
        ({"state": "x" * 20_001}, "invalid_request"),
        ({"client_id": "0" * 32}, "invalid_request"),
    ],
)
def test_what_is_wrong_is_told_to_the_endpoint(application: Application, changes: dict[str, Any], error: str) -> None:
    """Not to the browser, and never by a redirect."""
    refused = push(application, **changes)

    assert (400, error) == (refused.status_code, refused.json()["error"])
    assert "Location" not in refused.headers


def test_nobody_pushes_for_another(application: Application) -> None:
    """Neither with a wrong secret nor with none."""
    wrong = push(application, login=(application.endpoint.id, "wrong"))
    none = push(application, client_secret="")

    assert [401, 401] == [wrong.status_code, none.status_code]


def test_an_endpoint_may_have_to_push(house: House, browser: Browser, application: Application) -> None:
    """Then a request in the open, which anybody could have made up, is refused."""
    profile = OidcProfile(options=frozenset({OidcOption.PUSHED_ONLY}))
    strict = register(house, browser, profile)
    browser.sign_in()

    assert answer(strict.authorize())["error"] == "invalid_request"
    assert answer(come(strict, push(strict).json()["request_uri"]))["code"]
    assert answer(application.authorize())["code"]


def test_a_single_factor_is_stepped_up(house: House, browser: Browser, application: Application) -> None:
    """``acr_values`` with two factors alone sends the person to the login page; with both, what is there will do."""
    browser.sign_in(methods=("pwd",))
    enough = answer(application.authorize(acr_values=f"{TWO_FACTORS} {SINGLE_FACTOR}"))
    silent = answer(application.authorize(acr_values=TWO_FACTORS, prompt="none"))
    asked = application.authorize(acr_values=f"urn:unknown {TWO_FACTORS}").headers["Location"]
    path = house.continuations.get(asked.partition("c=")[2]).path
    house.clock.advance(timedelta(seconds=5))
    browser.sign_in()
    given = answer(browser.get(path))

    assert enough["code"]
    assert silent["error"] == "login_required"
    assert application.redeem(given["code"]).status_code == 200


def test_a_step_up_that_was_none_is_told(house: House, browser: Browser, application: Application) -> None:
    """An endpoint that forgets to look at ``acr`` is not let down."""
    asked = application.authorize(acr_values=TWO_FACTORS).headers["Location"]
    path = house.continuations.get(asked.partition("c=")[2]).path
    house.clock.advance(timedelta(seconds=5))
    browser.sign_in(methods=("pwd",))

    assert answer(browser.get(path))["error"] == "unmet_authentication_requirements"


def test_a_public_endpoint_pushes_with_its_id_alone(house: House, browser: Browser) -> None:
    """As it does at the token endpoint (RFC 9126 section 2)."""
    public = register(house, browser, replace(OidcProfile(), is_public=True))
    pushed = browser.post("/oauth2/par", public.request())
    browser.sign_in()

    assert answer(come(public, pushed.json()["request_uri"]))["code"]
