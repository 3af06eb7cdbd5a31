"""Whether people choose among the chains of an event: on the login pages, and for applications that send them there."""

import re
from collections.abc import Sequence

import pytest

from authsms.logon.catalog import Chain, Wanted
from authsms.logon.recovery import RecoveryCodes
from authsms.logon.selection import Selection
from authsms.protocols.oidc.claims import TWO_FACTORS
from tests.functional.portals.admin.office import PASSWORD, Office
from tests.functional.protocols import test_oidc_code_alone as code_alone
from tests.functional.protocols.test_oidc_code_alone import CODE_ONLY, Shop, found
from tests.functional.protocols.test_oidc_grace import ask, sign_in

ALONE = Chain("only-sms", "Text message alone", ("SMS_OTP:1",))
APP_ONLY = Chain("app", "Code of an app", ("TOTP:1",), is_supplement=True)
FIRST, SECOND = "local-sms", "local-recovery"
office, shop = code_alone.office, code_alone.shop


def arrange(office: Office, selection: Selection, *names: str, new: Sequence[Chain] = ()) -> None:
    """Let the event have these chains, and alice recovery codes."""
    services = office.services
    services.catalog.save_all(new, [Wanted("web", "Web", names or (FIRST, SECOND), selection=selection)])
    person = services.people.find("alice")
    assert person is not None
    with services.database.write() as session:
        RecoveryCodes(services.database, services.vault, services.clock).make(session, person.key)


def ways(text: str) -> list[str]:
    return re.findall(r'name="chain" value="([^"]+)"', text)


def choose(shop: Shop, path: str, chain: str) -> str:
    """Press the button of a chain; return where that leads."""
    token = found(r'name="csrf_token"[^>]*value="([^"]+)"', shop.browser.get(path).text)
    answer = shop.browser.post(f"{path}/another-way", {"chain": chain}, token=token)
    return answer.location or str(answer.status_code)


def plain(text: str) -> str:
    """Return a page without what is drawn anew for each visit."""
    return re.sub(r"[0-9a-f]{32}|value=\"[A-Za-z0-9_.-]{40,}\"", "", text)


def test_the_page_asks_which_way_and_goes_on_with_it(office, shop):
    """Buttons of a form: no script and no mouse is needed. An application hears what was done."""
    arrange(office, Selection.ON)
    path = sign_in(shop, ask(shop, acr_values=TWO_FACTORS))
    page, german = shop.browser.get(path).text, shop.browser.get(path, **{"Accept-Language": "de"}).text
    unsent = not getattr(office.services.vault, "codes", [])
    stuck = shop.press(shop.browser.get(path), path, code="123456").text
    other = shop.browser.get(choose(shop, path, SECOND)).text
    back = choose(shop, path, FIRST)
    resume = shop.finish(shop.browser.get(back), back)
    told = shop.claims(shop.redeem(shop.browser.get(resume).location))

    assert "<h1>Choose how to sign in</h1>" in page
    assert "<h1>Art der Anmeldung wählen</h1>" in german
    assert [FIRST, SECOND] == ways(page) == ways(stuck)
    assert unsent
    assert "That is none of the ways" in stuck
    assert "Enter a recovery code" in other
    assert (TWO_FACTORS, ["pwd", "otp", "sms", "mfa"]) == (told["acr"], told["amr"])


def test_another_browser_and_a_finished_sign_in_cannot_choose(office, shop):
    arrange(office, Selection.ON)
    path = sign_in(shop)
    thief = Shop(office, shop.endpoint, shop.secret, office.visitor())
    seen = thief.browser.get(path).status_code
    taken = thief.browser.post(f"{path}/another-way", {"chain": FIRST}, token=thief.browser.token("/login/web"))
    unknown = choose(shop, path, "no-such-chain")
    place = choose(shop, path, FIRST)
    page = shop.browser.get(place)
    shop.press(page, place, code=office.services.vault.codes[-1])
    token = found(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    late = shop.browser.post(f"{path}/another-way", {"chain": SECOND}, token=token)

    assert 404 == seen == late.status_code
    assert 400 <= taken.status_code < 500
    assert "404" == unknown
    assert 1 == len(office.services.vault.codes)


def test_where_ways_begin_apart_only_the_name_is_asked_first(office, shop):
    """Nobody types a password that is not wanted; whoever has no name here sees the same pages."""
    arrange(office, Selection.ON, ALONE.name, SECOND, new=[ALONE])
    entrance = shop.browser.get("/login/web").text
    pages = []
    for name in ("LOCAL\\alice", "LOCAL\\malice"):
        token = found(r'name="csrf_token"[^>]*value="([^"]+)"', entrance)
        path = shop.browser.post("/login/web", {"user_name": name, "name_only": "1"}, token=token).location
        asked = shop.browser.get(path).text
        pages.append((plain(asked), ways(asked)))
        password = choose(shop, path, SECOND)
        shown = shop.browser.get(password)
        pages.append((plain(shown.text.replace("malice", "alice")), ways(shown.text)))
        refused = shop.press(shown, password, password="wrong").text
        pages.append((plain(refused.replace("malice", "alice")), ways(refused)))

    assert 'type="password"' not in entrance
    assert [ALONE.name, SECOND] == pages[0][1]
    assert 'type="password"' in pages[1][0]
    assert pages[:3] == pages[3:]


def test_off_shows_no_other_way_and_takes_none(office, shop):
    """Also not when the text fails; an application that demands two factors gets them by the first way."""
    arrange(office, Selection.OFF)
    path = sign_in(shop, ask(shop, acr_values=TWO_FACTORS))
    page = shop.browser.get(path)
    refused = choose(shop, path, SECOND)
    resume = shop.finish(page, path)
    told = shop.claims(shop.redeem(shop.browser.get(resume).location))

    assert [] == ways(page.text)
    assert "Sign in another way" not in page.text
    assert "404" == refused
    assert TWO_FACTORS == told["acr"]


@pytest.mark.parametrize(("selection", "listed"), [(Selection.ON, ["code", "app"]), (Selection.OFF, [])])
def test_who_completes_a_password_of_an_application_chooses_too(office, shop, selection, listed):
    """Before anything is proven here, so everybody is shown the same, whether there is such a person or not."""
    arrange(office, selection, FIRST, CODE_ONLY.name, APP_ONLY.name, new=[APP_ONLY])
    pages = []
    for name in ("alice", "nobody"):
        page, place = shop.at_code(shop.come(login_hint=name))
        pages.append(ways(page.text))
        wanted = choose(shop, place, APP_ONLY.name)

    assert [listed, listed] == pages
    assert ("404" == wanted) is (selection is Selection.OFF)


def test_a_wrong_password_shows_no_ways(office, shop):
    """Somebody with two ways, and nobody: the same page."""
    arrange(office, Selection.ON)
    pages = []
    for name in ("LOCAL\\alice", "LOCAL\\nobody"):
        token = found(r'name="csrf_token"[^>]*value="([^"]+)"', shop.browser.get("/login/web").text)
        path = shop.browser.post("/login/web", {"user_name": name, "password": PASSWORD + "!"}, token=token).location
        pages.append(plain(shop.browser.get(path).text).replace("nobody", "alice"))

    assert pages[0] == pages[1]
    assert [] == ways(pages[0])
