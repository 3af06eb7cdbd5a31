"""Events, chains and endpoints in a real browser."""

import pytest
from playwright.sync_api import expect

from authsms.logon.kinds import EndpointKind
from tests.browser.admin.conftest import Desk


def test_pages_are_fit_for_everybody(desk: Desk, looks_good):
    """Light and dark, phone and desktop, enlarged; axe has nothing to say."""
    desk.office.services.endpoints.create("Wiki", event="web", redirect_uris=("https://wiki.example.test/back",))
    looks_good(
        "/admin/events",
        "/admin/events/of/web",
        "/admin/events/try",
        "/admin/chains/of/local-sms",
        "/admin/chains/new",
        "/admin/endpoints",
        "/admin/endpoints/new",
    )


def test_pages_of_other_endpoints_are_fit_for_everybody(desk: Desk, looks_good):
    """Sites and plug-ins: what is typed about them, and what they are told."""
    endpoints = desk.office.services.endpoints
    for kind, sites in (("forward-auth", ("https://wiki.example.test",)), ("validate", ())):
        made, _ = endpoints.create(kind, event="web", redirect_uris=sites, kind=EndpointKind(kind))
        looks_good(f"/admin/endpoints/new?kind={kind}", f"/admin/endpoints/of/{made.id}")


@pytest.mark.parametrize("script", [True, False])
def test_chains_are_ordered_by_keyboard(desk: Desk, script):
    """The button keeps the focus, so that it can be pressed again."""
    desk.office.services.catalog.save_event("web", "Web login", ["directory-sms", "local-sms"])
    page = desk.open(java_script_enabled=script)
    page.goto(f"{desk.url}/admin/events/of/web")
    page.get_by_role("checkbox", name="Local password", exact=True).check()
    up = page.get_by_role("button", name="Move Local password up", exact=True)
    above = up.locator("xpath=ancestor::li/preceding-sibling::li")
    for left in reversed(range(above.count())):
        up.focus()
        page.keyboard.press("Enter")
        expect(above).to_have_count(left)
    if script:
        expect(up).to_be_focused()
    page.get_by_role("button", name="Save").last.press("Enter")
    page.wait_for_url("**/admin/events")

    chains = [chain.name for chain in desk.office.services.catalog.event("web").chains]
    assert chains == ["setup-local", "directory-sms", "local-sms"]


def test_chains_are_ordered_by_dragging(desk: Desk):
    """An addition for those with a mouse."""
    desk.office.services.catalog.save_event("web", "Web login", ["directory-sms", "local-sms"])
    page = desk.open()
    page.goto(f"{desk.url}/admin/events/of/web")
    lines = page.locator("[data-order] > li")
    lines.nth(1).drag_to(lines.nth(0), target_position={"x": 10, "y": 2})
    page.get_by_role("button", name="Save").last.click()
    page.wait_for_url("**/admin/events")

    chains = [chain.name for chain in desk.office.services.catalog.event("web").chains]
    assert chains == ["local-sms", "directory-sms"]


def test_programs_and_their_reference_are_fit_for_everybody(desk: Desk, looks_good):
    """The form and the page of a program that asks by REST, and the description its developer reads."""
    made, _ = desk.office.services.endpoints.create("Kiosk", event="web", kind=EndpointKind.REST)
    looks_good("/admin/endpoints/new?kind=rest", f"/admin/endpoints/of/{made.id}", "/api/v1/docs")
