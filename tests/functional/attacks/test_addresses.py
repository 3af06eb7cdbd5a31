"""Who is calling: forwarding headers from clients, from trusted proxies, and from nobody in their right mind."""

import http.client

import pytest

from tests.functional.running import Installation
from tests.functional.visitor import Browser

pytestmark = pytest.mark.xdist_group("public")
_PROXY = "127.9.9.9"
_FORMS = {
    "198.51.100.7": "198.51.100.7",
    "203.0.113.1, 198.51.100.7": "198.51.100.7",
    "127.0.0.1, 198.51.100.7": "198.51.100.7",
    "198.51.100.7, 127.9.9.9": "198.51.100.7",
    "198.51.100.7,127.9.9.9,127.9.9.9": "198.51.100.7",
    "2001:db8::7": "2001:db8::7",
    "2001:DB8:0:0::7": "2001:db8::7",
    "  198.51.100.7\t": "198.51.100.7",
    "": _PROXY,
    "unknown": _PROXY,
    "198.51.100.7, unknown": _PROXY,
    "198.51.100.7:4711": _PROXY,
    "[2001:db8::7]": _PROXY,
    "198.51.100.7;127.9.9.9": _PROXY,
    "0198.51.100.7": _PROXY,
    "3325256711": _PROXY,
    "' OR 1=1 --": _PROXY,
    "{{7*7}}": _PROXY,
    ",": _PROXY,
    "," * 5000: _PROXY,
    "1" * 6000: _PROXY,
    ", ".join(["198.51.100.7"] * 500): "198.51.100.7",
}


@pytest.mark.parametrize(("header", "client"), _FORMS.items(), ids=[str(number) for number in range(len(_FORMS))])
def test_a_forwarding_header_is_believed_of_trusted_proxies_only(
    public: Installation, header: str, client: str
) -> None:
    """An address that cannot be read must not open anything (authentik CVE-2024-47070).

    The oracle: the address in the audit trail, which is the one limits use.
    """
    stranger = public.browser(extra=[("X-Forwarded-For", header)])
    by_proxy = public.browser(address=_PROXY, extra=[("X-Forwarded-For", header)])

    assert stranger.address == _address_seen(public, stranger)
    assert client == _address_seen(public, by_proxy)


def test_several_forwarding_headers_do_not_hide_the_last_one(public: Installation) -> None:
    """The oracle: the audit trail shows what the proxy has written, at the end, or the proxy itself."""
    headers = [("X-Forwarded-For", "203.0.113.1"), ("X-Forwarded-For", "198.51.100.8")]
    browser = public.browser(address=_PROXY, extra=headers)

    assert _address_seen(public, browser) in {"198.51.100.8", _PROXY}


def test_changing_headers_do_not_win_further_guesses(public: Installation) -> None:
    """Telekom CVE-2025-69615. The oracle: after ten wrong passwords the limit bites, whatever the headers say."""
    person, address = public.person(), public.browser().address
    statuses = []
    for guess in range(13):
        forged = [(name, f"198.51.100.{guess}") for name in ("X-Forwarded-For", "X-Real-IP", "Client-IP", "Forwarded")]
        browser = public.browser(address=address, extra=forged)
        page = browser.get("/login/web")
        fields = {"user_name": person.login, "password": "not the password"}
        statuses.append(browser.submit_only(page, "password", **fields).status)

    assert [303] * 10 + [429] * 3 == statuses


def test_a_header_beyond_all_measure_is_refused(public: Installation) -> None:
    """The oracle: an error or a closed connection, and the next request is answered."""
    browser = public.browser(extra=[("X-Forwarded-For", "198.51.100.7, " * 8_000)])
    try:
        status = browser.get("/login/web").status
    except (OSError, http.client.HTTPException):
        status = 0

    assert status in {0, 400, 431}
    assert 200 == public.browser().get("/login/web").status


def _address_seen(public: Installation, browser: Browser) -> str:
    """Begin a logon with a name of its own and return the address that was written down."""
    name = f"nobody-{browser.address}-{len(public.browsers)}"
    browser.submit_only(browser.get("/login/web"), "password", user_name=name, password="wrong password")
    return public.services.audit.search(user=name)[-1].entry.address
