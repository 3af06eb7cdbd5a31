"""The pages of endpoints, without JavaScript."""

import json

import pytest

from authsms.logon.endpoint_sessions import proof
from tests.functional.portals.admin.office import found_in

FIELDS = {
    "name": "Wiki",
    "event": "web",
    "redirect_uris": "https://wiki.example.test/back\nhttps://wiki.example.test/other",
    "logout_uris": "",
    "algorithm": "RS256",
}


def only(office):
    (endpoint,) = office.services.endpoints.list()
    return endpoint


def seen_in(page):
    return found_in(r'name="seen" value="([^"]*)"', page.text)


def test_an_endpoint_is_made_and_its_secret_shown_once(office, admin):
    answer = admin.post("/admin/endpoints/new", FIELDS)
    made = only(office)
    shown = admin.post(f"/admin/endpoints/of/{made.id}/secret").text
    secret = found_in(r"<code>([A-Za-z0-9_-]{40,})</code></dd></dl>", shown)

    assert answer.location == f"/admin/endpoints/of/{made.id}"
    assert made.redirect_uris == ("https://wiki.example.test/back", "https://wiki.example.test/other")
    assert made.oidc.algorithm == "RS256"
    assert office.services.endpoints.check_secret(made.id, secret)
    assert secret not in admin.get(answer.location).text
    tags = {(view.entry.tag.value, view.entry.login) for view in office.services.audit.search()}
    assert {("endpoint.created", "administrator"), ("endpoint.renewed", "administrator")} <= tags


def test_a_double_click_makes_one_endpoint(office, admin):
    token = admin.token("/admin/endpoints/new")
    first = admin.post("/admin/endpoints/new", FIELDS, token=token)
    second = admin.post("/admin/endpoints/new", FIELDS, token=token)

    assert first.location == second.location == f"/admin/endpoints/of/{only(office).id}"


def test_a_new_secret_kills_the_old_one(office, admin):
    made, old = office.services.endpoints.create("Wiki", event="web", redirect_uris=("https://wiki.example.test/",))
    admin.post(f"/admin/endpoints/of/{made.id}/secret")

    assert not office.services.endpoints.check_secret(made.id, old)


def test_a_public_endpoint_has_no_secret(office, admin):
    admin.post("/admin/endpoints/new", {**FIELDS, "is_public": "on"})
    answer = admin.post(f"/admin/endpoints/of/{only(office).id}/secret")

    assert only(office).oidc.is_public
    assert answer.status_code == 409


def test_a_program_that_asks_by_rest_has_no_addresses(office, admin):
    """Its secret is shown once, too, and opens the door; its form has no addresses then or later."""
    refused = admin.post("/admin/endpoints/new", {**FIELDS, "kind": "rest"})
    admin.post("/admin/endpoints/new", {"name": "Kiosk", "event": "web", "kind": "rest"})
    made = only(office)
    address = f"/admin/endpoints/of/{made.id}"
    form = admin.get(address)
    saved = admin.post(address, {"name": "Kiosk 2", "event": "web", "seen": seen_in(form)})
    secret = found_in(r"<code>([A-Za-z0-9_-]{40,})</code></dd></dl>", admin.post(f"{address}/secret").text)
    opened = office.services.endpoint_sessions.open(made.id, "a-salt", proof(made.id, secret, "a-salt"), "")

    assert (400, 303) == (refused.status_code, saved.status_code)
    assert "leave the addresses empty" in refused.text
    assert "rest" == made.kind
    assert 'name="redirect_uris"' not in form.text
    assert f"{office.home}/api/v1" in form.text
    assert "Kiosk 2" == opened.endpoint


def test_a_program_asks_with_access_tokens_once_it_may(office, admin):
    """Off by itself; from the token endpoint to the REST door, and dead with the secret it was given for."""
    fields = {"name": "Kiosk", "event": "web", "kind": "rest"}
    admin.post("/admin/endpoints/new", fields)
    made = only(office)
    address = f"/admin/endpoints/of/{made.id}"
    secret = office.services.endpoints.renew_secret(made.id)
    visitor = office.visitor().client
    asked = {"grant_type": "client_credentials", "client_id": made.id, "client_secret": secret, "scope": "logon"}
    refused = visitor.post("/oauth2/token", base_url=office.home, data=asked)
    odd = admin.post(address, {**fields, "seen": seen_in(admin.get(address)), "option": "refresh-tokens"})
    admin.post(address, {**fields, "seen": seen_in(admin.get(address)), "option": "client-credentials"})
    wrong = visitor.post("/oauth2/token", base_url=office.home, data={**asked, "scope": "logon openid"})
    given = visitor.post("/oauth2/token", base_url=office.home, data=asked).get_json()
    shown = {"Authorization": f"Bearer {given['access_token']}"}
    chains = "/api/v1/logon/chains?user_name=alice"
    open_door = visitor.get(chains, base_url=office.home, headers=shown)
    admin.post(f"{address}/secret")

    assert ("invalid_client", "invalid_scope") == (refused.get_json()["error"], wrong.get_json()["error"])
    assert (400, "logon") == (odd.status_code, given["scope"])
    assert f"{office.home}/oauth2/token" in admin.get(address).text
    assert "web" == open_door.get_json()["event"]
    assert 401 == visitor.get(chains, base_url=office.home, headers=shown).status_code


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("redirect_uris", "http://wiki.example.test/", "whole https address"),
        ("redirect_uris", "https://wiki.example.test/#x", "whole https address"),
        ("redirect_uris", "https://*.example.test/", "whole https address"),
        ("redirect_uris", "", "at least one redirect address"),
        ("event", "admin", "portal only"),
        ("event", "admin-setup", "portal only"),
        ("event", "nowhere", "no event called"),
        ("name", "", "name of up to 200"),
    ],
)
def test_what_cannot_be_used_is_told_and_not_stored(office, admin, name, value, words):
    answer = admin.post("/admin/endpoints/new", {**FIELDS, name: value})

    assert answer.status_code == 400
    assert words in answer.text
    assert office.services.endpoints.list() == []


def test_an_endpoint_is_changed_but_not_over_somebody_elses_change(office, admin):
    admin.post("/admin/endpoints/new", FIELDS)
    address = f"/admin/endpoints/of/{only(office).id}"
    seen = seen_in(admin.get(address))
    first = admin.post(address, {**FIELDS, "name": "First", "seen": seen})
    late = admin.post(address, {**FIELDS, "name": "Second", "seen": seen})
    again = admin.post(address, {**FIELDS, "name": "Second", "seen": seen_in(late)})

    assert (first.status_code, late.status_code, again.status_code) == (303, 409, 303)
    assert "Stored now: First" in late.text
    assert (only(office).name, only(office).oidc.algorithm) == ("Second", "RS256")


def test_options_are_off_until_they_are_chosen(office, admin):
    admin.post("/admin/endpoints/new", FIELDS)
    made, before = only(office), only(office).oidc.options
    address = f"/admin/endpoints/of/{made.id}"
    chosen = {**FIELDS, "option": ["refresh-tokens", "client-credentials", "made-up"]}
    admin.post(address, {**chosen, "seen": seen_in(admin.get(address))})
    page = admin.get(address)

    assert (before, only(office).oidc.options) == (frozenset(), {"refresh-tokens", "client-credentials"})
    assert page.text.count(" checked") == 2


def test_keys_for_signed_requests_are_looked_at(office, admin):
    key = {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}
    fields = {**FIELDS, "option": "signed-requests-only"}
    none = admin.post("/admin/endpoints/new", fields)
    private = admin.post("/admin/endpoints/new", {**fields, "request_keys": json.dumps({"keys": [key | {"d": "x"}]})})
    admin.post("/admin/endpoints/new", {**fields, "request_keys": json.dumps({"keys": [key]}, indent=4)})

    assert (none.status_code, private.status_code) == (400, 400)
    assert "private or secret" in private.text
    assert json.loads(only(office).oidc.request_keys) == {"keys": [key]}


def test_a_public_endpoint_gets_no_option_that_needs_a_secret(office, admin):
    fields = {**FIELDS, "is_public": "on", "option": "client-credentials"}
    answer = admin.post("/admin/endpoints/new", fields)

    assert answer.status_code == 400
    assert "no tokens in its own name" in answer.text


def test_a_name_that_is_taken_is_refused(office, admin):
    office.services.endpoints.create("Taken", event="web", redirect_uris=("https://a.example.test/",))
    made, _ = office.services.endpoints.create("Wiki", event="web", redirect_uris=("https://b.example.test/",))
    address = f"/admin/endpoints/of/{made.id}"
    new = admin.post("/admin/endpoints/new", {**FIELDS, "name": "Taken"})
    changed = admin.post(address, {**FIELDS, "name": "Taken", "seen": seen_in(admin.get(address))})

    assert (new.status_code, changed.status_code) == (400, 409)
    assert "already an endpoint called Taken" in changed.text


def test_an_endpoint_on_a_list_stays_until_it_is_taken_off(office, admin):
    made, _ = office.services.endpoints.create("Wiki", event="web", redirect_uris=("https://b.example.test/",))
    office.services.catalog.save_event("web", "Web login", ["local-sms"], [made.id])
    refused = admin.post(f"/admin/endpoints/of/{made.id}/remove")
    office.services.catalog.save_event("web", "Web login", ["local-sms"])
    taken = admin.post(f"/admin/endpoints/of/{made.id}/remove")

    assert "on the list of: Web login" in refused.text
    assert taken.status_code == 303
    assert office.services.endpoints.find(made.id) is None


SITE = {"kind": "forward-auth", "name": "Wiki", "event": "web", "redirect_uris": "https://Wiki.example.test:443/"}


def test_a_site_is_made_and_the_page_says_what_its_proxy_asks(office, admin):
    form = admin.get("/admin/endpoints/new?kind=forward-auth")
    answer = admin.post("/admin/endpoints/new", SITE)
    made = only(office)
    page = admin.get(answer.location)
    secret = admin.post(f"/admin/endpoints/of/{made.id}/secret")

    assert 'name="kind" value="forward-auth"' in form.text
    assert (made.kind, made.redirect_uris) == ("forward-auth", ("https://wiki.example.test",))
    assert f"/forward-auth/{made.id}?answer=401</code>" in page.text
    assert "Make a new secret" not in page.text
    assert secret.status_code == 409
    assert "Site behind a reverse proxy" in admin.get("/admin/endpoints").text


def test_the_kind_of_an_endpoint_stays(office, admin):
    """Whatever a form says: an application's addresses are not those of a site."""
    admin.post("/admin/endpoints/new", SITE)
    made = only(office)
    address = f"/admin/endpoints/of/{made.id}"
    seen = seen_in(admin.get(address))
    refused = admin.post(address, {**FIELDS, "kind": "oidc", "seen": seen})
    changed = admin.post(address, {**SITE, "redirect_uris": "https://new.example.test", "seen": seen})

    assert (refused.status_code, changed.status_code) == (400, 303)
    assert (only(office).kind, only(office).redirect_uris) == ("forward-auth", ("https://new.example.test",))


def test_a_plug_in_is_made_with_networks_and_a_secret(office, admin):
    fields = {"kind": "validate", "name": "PAM", "event": "web", "networks": "192.0.2.7 2001:db8::/64"}
    answer = admin.post("/admin/endpoints/new", {**fields, "joins_codes": "on"})
    made = only(office)
    page = admin.get(answer.location)
    shown = admin.post(f"/admin/endpoints/of/{made.id}/secret").text
    refused = admin.post("/admin/endpoints/new", {**fields, "name": "Other", "networks": "0.0.0.0/0"})
    changed = admin.post(answer.location, {"name": "PAM", "event": "web", "networks": "", "seen": seen_in(page)})

    assert (made.validate.networks, made.validate.joins_codes) == (("192.0.2.7/32", "2001:db8::/64"), True)
    assert f"/privacyidea/{made.id}</code>" in page.text
    secret = found_in(r"<code>([A-Za-z0-9_-]{40,})</code></dd></dl>", shown)
    assert office.services.endpoints.check_secret(made.id, secret)
    assert (refused.status_code, changed.status_code) == (400, 303)
    assert (only(office).validate.networks, only(office).validate.joins_codes) == ((), False)


@pytest.mark.parametrize(
    "site",
    [
        "",
        "http://wiki.example.test",
        "https://wiki.example.test/path",
        "https://wiki.example.test?x",
        "https://a.example.test https://b.example.test",
        "https://user@wiki.example.test",
        "https://*.example.test",
        "https://wikí.example.test",
        "https://wiki.example.test:0",
        "//wiki.example.test",
    ],
)
def test_a_site_is_scheme_host_and_port(office, admin, site):
    answer = admin.post("/admin/endpoints/new", {**SITE, "redirect_uris": site})

    assert answer.status_code == 400
    assert "ite" in answer.text
    assert office.services.endpoints.list() == []
