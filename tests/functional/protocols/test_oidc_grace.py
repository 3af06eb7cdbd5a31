"""A shorter chain for a while, as browser and application meet it, over a whole installation."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest

from authsms.logon.catalog import Chain
from authsms.protocols.oidc.claims import SINGLE_FACTOR, TWO_FACTORS
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import PASSWORD
from tests.functional.protocols import test_oidc_code_alone as code_alone
from tests.functional.protocols.test_oidc_code_alone import BACK, CHALLENGE, HearingVault, Shop, found

SHORT = Chain("short", "Password", ("PASSWORD:1",), required="local-sms", grace_minutes=5)
AGAIN = timedelta(minutes=2)
office, shop = code_alone.office, code_alone.shop


@pytest.fixture
def wiki(office, shop: Shop, clock: ManualClock) -> Shop:
    """An application, and the browser of somebody who has just signed in with two factors and left again."""
    office.services.catalog.save_chain(SHORT)
    office.services.catalog.save_event("web", "Web", ["local-sms", "short"])
    code = sign_in(shop)
    assert "/logon/" in code
    vault = office.services.vault
    assert isinstance(vault, HearingVault)
    shop.press(shop.browser.get(code), code, code=vault.codes[-1])
    leave(shop)
    clock.advance(AGAIN)
    return shop


def ask(wiki: Shop, **changes: str) -> str:
    """Send the browser with a request; return the address of the login page, or of the application."""
    values = {"redirect_uri": BACK, "response_type": "code", "scope": "openid", **changes}
    return wiki.go(**values, code_challenge=CHALLENGE, code_challenge_method="S256")


def leave(wiki: Shop) -> None:
    """Let the browser forget the session, and nothing else."""
    wiki.browser.client.delete_cookie("authsms-session", domain="127.0.0.1")


def sign_in(wiki: Shop, address: str = "/login/web", user: str = "LOCAL\\alice") -> str:
    """Type name and password; return where that leads."""
    token = found(r'name="csrf_token"[^>]*value="([^"]+)"', wiki.browser.get(address).text)
    return wiki.browser.post(address, {"user_name": user, "password": PASSWORD}, token=token).location


def test_the_application_is_told_what_was_done_now(wiki):
    """One factor, at this moment; the strong sign-in before it is none of this one."""
    location = sign_in(wiki, ask(wiki))
    path = found(r'href="(/oauth2/resume/[0-9a-f]{32})"', wiki.browser.get(location).text)
    told = wiki.claims(wiki.redeem(wiki.browser.get(path).location))

    assert location == "/signed-in"
    assert (SINGLE_FACTOR, ["pwd"]) == (told["acr"], told["amr"])
    assert int(wiki.office.services.clock.now().timestamp()) == told["auth_time"]


@pytest.mark.parametrize(
    "demand",
    [{"prompt": "login"}, {"prompt": "select_account"}, {"max_age": "0"}],
    ids=["login", "select_account", "max_age"],
)
def test_a_demand_for_a_new_sign_in_is_met_by_the_whole_chain(wiki, demand):
    """O-09: neither on the way it leads, nor by a shorter one that was gone meanwhile beside it."""
    asked = ask(wiki, **demand)
    beside = sign_in(wiki)
    resume = f"/oauth2/resume/{found(r'c=([0-9a-f]{32})', asked)}"
    refused = wiki.browser.get(resume).location
    location = sign_in(wiki, asked)
    path = wiki.finish(wiki.browser.get(location), location)
    told = wiki.claims(wiki.redeem(wiki.browser.get(path).location))

    assert ("/signed-in", asked) == (beside, refused)
    assert "/logon/" in location
    assert TWO_FACTORS == told["acr"]


def test_an_application_that_demands_two_factors_gets_two(wiki):
    """The whole chain is asked, and a session of one factor is not passed off as more."""
    sign_in(wiki)
    location = sign_in(wiki, ask(wiki, acr_values=TWO_FACTORS))
    page = wiki.browser.get(location)
    path = wiki.finish(page, location)
    told = wiki.claims(wiki.redeem(wiki.browser.get(path).location))

    assert "/logon/" in location
    assert TWO_FACTORS == told["acr"]


def test_pages_that_need_two_factors_ask_for_the_whole_chain(wiki):
    """Or nobody could come to the page of his own factors for as long as less will do."""
    sign_in(wiki)
    leave(wiki)
    wiki.browser.get("/account/methods")

    assert "/logon/" in sign_in(wiki)


def test_after_a_shortened_sign_in_the_whole_one_is_offered(wiki):
    """It would help, and at once; only whoever has no second factor at all is sent to the help desk."""
    sign_in(wiki)
    led = wiki.browser.get("/account/methods/app").location
    location = sign_in(wiki, led)
    wiki.press(wiki.browser.get(location), location, code=wiki.office.services.vault.codes[-1])

    assert led.startswith("/login/web")
    assert "/logon/" in location
    assert 200 == wiki.browser.get("/account/methods/app").status_code


def test_another_browser_asks_for_everything(wiki):
    """Nor does the form of the secret matter."""
    thief = Shop(wiki.office, wiki.endpoint, wiki.secret, wiki.office.visitor())
    code = sign_in(thief, f"/login/web?{urlencode({'ui_locales': 'en'})}")
    for cookie in list((wiki.browser.client._cookies or {}).values()):
        if "grace" in cookie.key:
            assert cookie.http_only
            assert cookie.same_site == "Strict"
            thief.browser.client.set_cookie(cookie.key, "\x7f" * 43, domain="127.0.0.1")

    assert "/logon/" in code
    assert "/logon/" in sign_in(thief)
    assert sign_in(wiki) == "/signed-in"
