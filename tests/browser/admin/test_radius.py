"""RADIUS clients in a real browser."""

import pytest

from authsms.logon.radius_clients import RadiusClients
from authsms.logon.radius_profile import Grant, GroupAttribute, RadiusProfile
from tests.browser.admin.conftest import Desk

PROFILE = RadiusProfile(
    must_sign=False,
    can_challenge=False,
    separator="#",
    attributes=(
        GroupAttribute(Grant.FILTER_ID, "vpn", "full"),
        GroupAttribute(Grant.CLASS, "*", "a-value-of-a-class-that-is-longer-than-a-telephone-is-wide"),
    ),
)


@pytest.fixture
def client_id(desk: Desk) -> str:
    """A client with everything that can be shown of one."""
    services = desk.office.services
    clients = RadiusClients(services.database, services.vault, services.clock, services.audit)
    clients.add("Office VPN", "2001:db8:1234:5678::/64", event="web")
    return clients.add("Old gateway", "192.0.2.1", event="web", profile=PROFILE)[0].id


def test_pages_are_fit_for_everybody(looks_good, client_id):
    """Light and dark, phone and desktop, enlarged; axe has nothing to say."""
    looks_good("/admin/radius", f"/admin/radius/of/{client_id}")


@pytest.mark.parametrize("script", [True, False])
def test_a_secret_is_made_by_keyboard_and_shown_once(desk: Desk, client_id, script):
    """The button asks first, because the device cannot ask anybody in until it has the new one."""
    page = desk.open(java_script_enabled=script)
    page.goto(f"{desk.url}/admin/radius/of/{client_id}")
    page.locator("summary", has_text="Make a new secret").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Make a new secret").press("Enter")
    page.get_by_role("heading", name="New secret of Old gateway").wait_for()
    secret = page.locator("code").inner_text()
    page.get_by_role("link", name="I have copied it").press("Enter")
    page.get_by_role("heading", name="RADIUS clients").wait_for()

    assert len(secret) >= 32
    assert secret not in page.content()
