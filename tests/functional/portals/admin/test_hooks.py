"""Webhooks of endpoints in the portal."""

import pytest

from authsms.logon.oidc_profile import OidcOption, OidcProfile
from authsms.messaging.hook_courier import WAITS
from authsms.messaging.hooks import HookKind
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import Clerk, Office, found_in

URL = "https://roster.example/hook"
KIND = HookKind.RECIPIENT.value


@pytest.fixture
def endpoint(office: Office) -> str:
    """The id of an endpoint."""
    oidc = OidcProfile(options=frozenset({OidcOption.CLIENT_CREDENTIALS, OidcOption.SEND_MESSAGES}))
    create = office.services.endpoints.create
    return create("Roster", event="web", redirect_uris=("https://r.example/",), oidc=oidc)[0].id


def test_the_secret_is_shown_once(office: Office, admin: Clerk, endpoint: str):
    """For a new address, and when another one is asked for; never on the page itself."""
    address = f"/admin/endpoints/of/{endpoint}/webhook"
    first = found_in(r"<code>([^<]{40,})</code>", admin.post(address, {"url": URL, "kind": [KIND]}).text)
    kept = admin.post(address, {"url": URL, "kind": [KIND]})
    second = found_in(r"<code>([^<]{40,})</code>", admin.post(f"{address}/secret").text)
    page, call = admin.get(address).text, office.services.hooks.call(endpoint)

    assert kept.status_code == 303
    assert call is not None
    assert office.services.hooks.secret(call) == second.encode()
    assert first != second
    assert not [secret for secret in (first, second) if secret in page]
    assert address in admin.get(f"/admin/endpoints/of/{endpoint}").text


@pytest.mark.parametrize(
    "typed",
    [
        {"url": URL},
        {"url": "", "kind": KIND},
        {"url": "ftp://roster.example/", "kind": KIND},
        {"url": "http://roster.example/", "kind": KIND},
        {"url": "https://user:word@roster.example/", "kind": KIND},
        {"url": f"https://roster.example/{'x' * 2000}", "kind": KIND},
    ],
    ids=["nothing to tell", "no address", "scheme", "in the clear", "credentials", "long"],
)
def test_what_cannot_be_used_is_told(office: Office, admin: Clerk, endpoint: str, typed):
    """With what was typed."""
    answer = admin.post(f"/admin/endpoints/of/{endpoint}/webhook", typed)

    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert office.services.hooks.find(endpoint) is None


def test_what_was_given_up_is_sent_again(office: Office, admin: Clerk, endpoint: str, clock: ManualClock):
    """The page lists it with the reason."""
    address = f"/admin/endpoints/of/{endpoint}/webhook"
    admin.post(address, {"url": "https://127.0.0.1:9/", "kind": [KIND]})
    admin.post(f"{address}/test")
    for wait in WAITS:
        office.services.hook_courier.deliver()
        clock.advance(wait)
    admin = office.clerk()
    page = admin.get(address).text
    event = found_in(r'name="event" value="([^"]+)"', page)
    admin.post(f"{address}/again", {"event": event})

    assert "A test" in page
    assert office.services.hooks.backlog(endpoint).waiting == 1
    admin.post(f"{address}/remove")
    assert office.services.hooks.find(endpoint) is None
