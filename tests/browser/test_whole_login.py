"""The main job in a real browser: application, directory, code, virtual phone, application; no part is a twin."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, expect

from authsms.cli import demo
from authsms.cli.demo_setup import PEOPLE, Plan
from authsms.foundation.settings import load_settings
from authsms.logon.kinds import EndpointKind
from authsms.simulator.codes import find_code
from authsms.simulator.walk import Places, Traveller
from authsms.wiring import build
from tests.functional.protocols.guards import Guard, run_guards
from tests.functional.protocols.sites import run_echo
from tests.parts.browser import accessibility_findings
from tests.parts.certificates import Authority
from tests.parts.forks import Command
from tests.parts.processes import free_port

ALICE, BOB, *_ = PEOPLE
_START_SECONDS = 60


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Plan, Places]]:
    """The server with its worker, the simulator, and the sample application."""
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        plan = demo._plan(stack, tmp_path_factory.mktemp("demo"), once=True, ldap=False)
        patch.setattr(demo, "_server", _server)
        yield plan, demo._start(stack, plan)[0]


@contextmanager
def _server(plan: Plan) -> Iterator[None]:
    """Run `authsms serve` without loading it first, as the demonstration itself has to."""
    process = Command(["serve"], log=plan.folder / "server.log", environment=plan.environment)
    try:
        process.wait_until_ready(partial(_is_healthy, plan), _START_SECONDS)
        yield
    finally:
        process.stop()


def _is_healthy(plan: Plan) -> bool:
    with suppress(requests.RequestException):
        return requests.get(f"{plan.issuer}/healthz", timeout=60).ok
    return False


def _code_on(places: Places, phone: str) -> str:
    """Return the code of the newest message on a virtual phone."""
    messages = requests.get(f"{places.simulator}/phones/{phone}/messages", timeout=60).json()
    found = messages["messages"] if isinstance(messages, dict) else messages
    code = find_code(found[-1]["text"])
    assert code
    return code


def _reach_code(page: Page, places: Places, who) -> None:
    page.goto(places.application)
    page.get_by_role("link", name="Sign in").click()
    _give_password(page, who)


def _give_password(page: Page, who: Traveller) -> None:
    page.fill("#user_name", who.login)
    page.fill("#password", who.password)
    page.press("#password", "Enter")
    page.wait_for_selector("#code")


def _give_code(page: Page, places: Places, who: Traveller) -> None:
    expect(page.locator("[data-status-text]")).to_have_text("Your code has arrived on your phone.")
    page.fill("#code", _code_on(places, who.phone))
    page.press("#code", "Enter")


def test_somebody_logs_in_to_an_application(running: tuple[Plan, Places], page: Page):
    """The page follows the message by the provider's own receipts, and the person ends where they began."""
    _, places = running
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    _reach_code(page, places, ALICE)
    expect(page.locator("[data-status-text]")).to_have_text("Your code has arrived on your phone.")
    assert f"a number ending in {ALICE.phone[-2:]}" in (page.text_content("#what") or "")
    assert accessibility_findings(page) == []
    page.fill("#code", _code_on(places, ALICE.phone))
    page.click("button.main")

    expect(page.get_by_role("heading", name=f"Hello, {ALICE.display_name}")).to_be_visible()
    assert complaints == []


@pytest.fixture
def sites(running: tuple[Plan, Places], tmp_path: Path) -> Iterator[tuple[Guard, Guard]]:
    """Two sites behind nginx as the manual has it."""
    plan, _ = running
    names, port = ("wiki.localhost", "mail.localhost"), free_port()
    guards = []
    with run_echo() as site, closing(build(load_settings(plan.folder, plan.environment))) as services:
        for name in names:
            origin = f"https://{name}:{port}"
            made, _ = services.endpoints.create(
                name, event="web", redirect_uris=(origin,), kind=EndpointKind.FORWARD_AUTH
            )
            guards.append(Guard(origin, made.id, site, plan.issuer.removeprefix("http://")))
        with run_guards("nginx", guards, Authority(tmp_path).issue("sites", *names)):
            yield guards[0], guards[1]


def _told(page: Page) -> dict[str, str]:
    """Return the headers that reached a site, by their names in lower case."""
    return {name.lower(): value for name, value in json.loads(page.inner_text("pre"))["headers"]}


def test_somebody_opens_sites_that_know_nothing_of_logins(
    running: tuple[Plan, Places], sites: tuple[Guard, Guard], browser: Browser
):
    """One login is enough for all sites, signing out ends it at all of them, and no site sees what another has."""
    plan, places = running
    (wiki, mail), who = sites, PEOPLE[3]
    with closing(browser.new_context(locale="en-GB", ignore_https_errors=True)) as profile:
        page = profile.new_page()
        page.goto(f"{wiki.origin}/deep/notes%2Ftoday?a=1&b=%26&to=x")
        _give_password(page, who)
        _give_code(page, places, who)
        page.wait_for_url(f"{wiki.origin}/**")
        arrived, at_wiki = page.url, _told(page)
        page.goto(f"{mail.origin}/inbox?unread")
        second, at_mail = page.url, _told(page)
        page.goto(f"{plan.issuer}/oauth2/logout")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
        page.goto(f"{wiki.origin}/deep")
        after = page.url

    assert arrived == f"{wiki.origin}/deep/notes%2Ftoday?a=1&b=%26&to=x"
    assert second == f"{mail.origin}/inbox?unread"
    assert after.startswith(f"{plan.issuer}/login/web?c=")
    for told, own in ((at_wiki, wiki.endpoint_id), (at_mail, mail.endpoint_id)):
        cookies = {cookie.partition("=")[0] for cookie in told["cookie"].split("; ")}
        assert cookies == {f"__Host-authsms-browser-{own}", f"__Host-authsms-site-{own}"}
        assert told["remote-user"] == who.login
        assert told["remote-name"] == who.display_name


def test_a_wrong_code_is_refused_and_the_right_one_still_works(running: tuple[Plan, Places], page: Page):
    """And what was typed before is gone from the field."""
    _, places = running
    _reach_code(page, places, BOB)
    expect(page.locator("[data-status-text]")).to_have_text("Your code has arrived on your phone.")
    right = _code_on(places, BOB.phone)
    page.fill("#code", f"{(int(right) + 1) % 1_000_000:06d}")
    page.press("#code", "Enter")
    expect(page.get_by_role("alert")).to_contain_text("That code is not right")
    expect(page.locator("#code")).to_have_value("")
    page.fill("#code", right)
    page.press("#code", "Enter")

    expect(page.get_by_role("heading", name=f"Hello, {BOB.display_name}")).to_be_visible()


def test_signing_out_ends_what_the_browser_held(running: tuple[Plan, Places], page: Page, context: BrowserContext):
    """On our own pages; the application is asked to by its own button."""
    plan, places = running
    _reach_code(page, places, PEOPLE[2])
    _give_code(page, places, PEOPLE[2])
    expect(page.get_by_role("heading", name="Hello")).to_be_visible()
    page.goto(f"{plan.issuer}/sessions")
    expect(page.get_by_text("this one")).to_be_visible()
    page.locator("li.this").get_by_role("button").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()

    assert "authsms-session" not in {cookie["name"] for cookie in context.cookies()}
    page.goto(f"{plan.issuer}/sessions")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("name", ["nobody-here", ALICE.login])
def test_an_unknown_and_a_known_person_see_the_same_refusal(running: tuple[Plan, Places], page: Page, name: str):
    """Over the real service, too."""
    plan, _ = running
    page.goto(f"{plan.issuer}/login/web")
    page.fill("#user_name", name)
    page.fill("#password", "wrong")
    page.press("#password", "Enter")

    expect(page.get_by_role("alert")).to_have_text("User name or password is not right. Please try again.")
    expect(page.locator("#user_name")).to_have_value(name)
