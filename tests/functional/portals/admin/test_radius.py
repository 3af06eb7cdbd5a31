"""The pages of RADIUS clients, without JavaScript."""

import pytest

from authsms.logon.radius_clients import RadiusClients
from authsms.logon.radius_profile import Grant, GroupAttribute, RadiusProfile
from tests.functional.portals.admin.office import found_in

FIELDS = {
    "name": "Office VPN",
    "network": "192.0.2.0/28",
    "event": "web",
    "can_challenge": "on",
    "separator": "#",
    "locale": "de",
    "filters": "vpn = full\n\n* = guests=yes",
    "classes": "Field staff=outside",
}
ATTRIBUTES = (
    GroupAttribute(Grant.FILTER_ID, "vpn", "full"),
    GroupAttribute(Grant.FILTER_ID, "*", "guests=yes"),
    GroupAttribute(Grant.CLASS, "Field staff", "outside"),
)


@pytest.fixture
def clients(office):
    services = office.services
    return RadiusClients(services.database, services.vault, services.clock, services.audit)


def seen_in(page):
    return found_in(r'name="seen" value="([^"]*)"', page.text)


def test_a_client_is_made_and_its_secret_shown_once(office, admin, clients):
    """The secret stands on one page, and nowhere else afterwards."""
    answer = admin.post("/admin/radius/new", FIELDS)
    (made,) = clients.list()
    shown = admin.post(f"/admin/radius/of/{made.id}/secret").text
    secret = found_in(r"<code>([A-Za-z0-9_-]{32,})</code></dd></dl>", shown)

    assert answer.location == f"/admin/radius/of/{made.id}"
    assert ("Office VPN", "192.0.2.0/28", "web") == (made.name, str(made.network), made.event)
    assert RadiusProfile(True, True, "#", "de", ATTRIBUTES) == made.profile
    assert [secret.encode()] == [known.secret for known in clients.known()]
    assert secret not in admin.get(answer.location).text + admin.get("/admin/radius").text
    tags = {(view.entry.tag.value, view.entry.login) for view in office.services.audit.search()}
    assert {("endpoint.created", "administrator"), ("endpoint.renewed", "administrator")} <= tags


def test_a_double_click_makes_one_client(admin, clients):
    """As with every form that makes something."""
    token = admin.token("/admin/radius/new")
    first = admin.post("/admin/radius/new", FIELDS, token=token)
    second = admin.post("/admin/radius/new", FIELDS, token=token)

    assert first.location == second.location == f"/admin/radius/of/{clients.list()[0].id}"


def test_what_cannot_be_used_is_told_and_not_stored(admin, clients):
    """What was typed stands in the form again."""
    cases = [
        ("name", "", "name of up to 200"),
        ("network", "192.0.2.1/28", "Write one address"),
        ("network", "vpn.example.test", "Write one address"),
        ("event", "admin", "portal only"),
        ("event", "admin-setup", "portal only"),
        ("event", "nowhere", "no event of this name"),
        ("separator", "@", "one of these marks"),
        ("locale", "tlh", "not spoken here"),
        ("filters", "full", "Write Filter-Id as group=value"),
        ("filters", "staff=", "a group and a value"),
    ]
    for name, value, words in cases:
        answer = admin.post("/admin/radius/new", {**FIELDS, name: value})

        assert answer.status_code == 400
        assert words in answer.text
        assert "Field staff=outside" in answer.text
    assert [] == clients.list()


def test_a_client_is_changed_but_not_over_somebody_elses_change(admin, clients):
    """Whoever is late sees what is stored, and may store his all the same."""
    made, _ = clients.add("VPN", "192.0.2.1", event="web")
    address = f"/admin/radius/of/{made.id}"
    seen = seen_in(admin.get(address))
    first = admin.post(address, {**FIELDS, "name": "First", "seen": seen})
    late = admin.post(address, {**FIELDS, "name": "Second", "seen": seen})
    again = admin.post(address, {**FIELDS, "name": "Second", "seen": seen_in(late)})

    assert (303, 409, 303) == (first.status_code, late.status_code, again.status_code)
    assert "Stored now: First" in late.text
    assert ("Second", ATTRIBUTES) == (clients.find(made.id).name, clients.find(made.id).profile.attributes)


def test_what_a_page_shows_is_stored_unchanged_when_it_is_saved(admin, clients):
    """Saving a page as it is must not lose anything."""
    made, _ = clients.add("VPN", "192.0.2.1", event="web", profile=RadiusProfile(False, False, "", "en", ATTRIBUTES))
    page = admin.get(f"/admin/radius/of/{made.id}")
    ticked = {
        name: "on" for name in ("is_unsigned", "can_challenge") if f'name="{name}" value="on" checked' in page.text
    }
    kept = {"name": "VPN", "network": "192.0.2.1/32", "event": "web", "locale": "en", "seen": seen_in(page)}
    areas = {name: found_in(rf'name="{name}"[^>]*>\s*([^<]*)</textarea>', page.text) for name in ("filters", "classes")}
    admin.post(f"/admin/radius/of/{made.id}", {**kept, **ticked, **areas})

    assert {"is_unsigned": "on"} == ticked
    assert made == clients.find(made.id)


def test_whoever_takes_unsigned_requests_is_warned_loudly(admin, clients):
    """B-01: on the page that everybody who looks after RADIUS sees first."""
    clients.add("Signed", "192.0.2.1", event="web")
    quiet = admin.get("/admin/radius").text
    clients.add("Old gateway", "192.0.2.2", event="web", profile=RadiusProfile(must_sign=False))
    loud = admin.get("/admin/radius").text

    assert "can be forged" not in quiet
    assert "Logins by these clients can be forged: Old gateway" in loud
    assert "RADIUS is off" in quiet


def test_a_removed_client_is_gone(admin, clients):
    """At once, for the pages; the door forgets it within a second."""
    made, _ = clients.add("VPN", "192.0.2.1", event="web")

    assert 303 == admin.post(f"/admin/radius/of/{made.id}/remove").status_code
    assert [] == clients.list()
    assert 404 == admin.get(f"/admin/radius/of/{made.id}").status_code
