"""Somebody who cancels is led back to the application, which then hears of it instead of waiting."""

import base64
import hashlib
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from authsms.app import create_app
from authsms.foundation.settings import Settings
from authsms.wiring import assemble

HOME = "http://127.0.0.1:8080"
CALLBACK = "https://wiki.example.test/callback"


@pytest.fixture
def services(database, vault, clock, instance):
    """A whole server."""
    settings = Settings(instance=instance, environment="development", public_url=HOME)
    made = assemble(settings, database, vault, clock)
    made.prepare()
    yield made
    made.people.close()


@pytest.fixture
def browser(services):
    """A browser without JavaScript."""
    client = create_app(services.settings, services).test_client()
    client.environ_base["HTTP_ORIGIN"] = HOME
    return client


def _send(browser, page, action):
    form = page[page.index(f'action="{action}"') :]
    token = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', form)[0]
    return browser.post(action, base_url=HOME, data={"csrf_token": token}).location


def _open(browser, address):
    return browser.get(address, base_url=HOME).text


def _cancelled(browser, login):
    page = _open(browser, login)
    token = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page)[0]
    fields = {"csrf_token": token, "user_name": "nobody", "password": "no"}
    path = browser.post(login, base_url=HOME, data=fields).location
    return _open(browser, _send(browser, _open(browser, path), f"{path}/cancel"))


def test_the_application_hears_that_the_person_gave_up(services, browser):
    """By a link and not by itself: whoever pressed the wrong button can start again."""
    endpoint, _ = services.endpoints.create("Wiki", event="web", redirect_uris=(CALLBACK,))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 43).digest()).rstrip(b"=").decode()
    wanted = {
        "client_id": endpoint.id,
        "response_type": "code",
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "state": "a state",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    login = browser.get(f"/oauth2/authorize?{urlencode(wanted)}", base_url=HOME).location
    page = _cancelled(browser, login)
    back = re.findall(r'href="(/oauth2/resume/[0-9a-f]{32}/give-up)"', page)
    told = browser.get(back[0], base_url=HOME)
    facts = parse_qs(urlsplit(told.location).query)

    assert "Back to Wiki" in page
    assert f'href="{login}"' in page
    assert (303, True) == (told.status_code, told.location.startswith(f"{CALLBACK}?"))
    assert (["access_denied"], ["a state"]) == (facts["error"], facts["state"])
    assert 404 == browser.get(back[0], base_url=HOME).status_code


def test_a_direct_visit_leads_back_to_no_application(browser):
    """Nobody waits."""
    page = _cancelled(browser, "/login/web")

    assert "give-up" not in page
    assert "Back to" not in page
    assert 'href="/login/web"' in page
