"""Security headers of every answer."""

import pytest

from tests.functional.portals.conftest import PUBLIC_URL, Visitor
from tests.functional.portals.twin import ScriptedLogon, open_twin

PAGES = ["/login/web", "/nothing", "/signed-out", "/cancelled", "/sessions", "/login/unknown"]


@pytest.mark.parametrize("address", [*PAGES, "/static/portals.css"])
def test_every_answer_carries_the_security_headers(visitor: Visitor, address: str):
    """ASVS 3.4, also on error pages, redirects and static files."""
    headers = visitor.get(address).headers

    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert {
        "default-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
        "form-action 'self'",
    } <= set(policy.split("; "))
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "otp-credentials=(self)" in headers["Permissions-Policy"]
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert headers.getlist("Server") == ["authsms"]
    assert "X-Powered-By" not in headers


@pytest.mark.parametrize("address", PAGES)
def test_no_page_is_kept_by_caches(visitor: Visitor, address: str):
    """What one person saw must not come back with the back button or from a proxy."""
    assert visitor.get(address).headers["Cache-Control"] == "no-store"


def test_the_code_page_and_its_status_are_not_kept_either(visitor: Visitor):
    """The mask and the state of a text are personal."""
    path = visitor.reach_code()

    assert [visitor.get(address).headers["Cache-Control"] for address in (path, f"{path}/status")] == ["no-store"] * 2


def test_static_files_are_kept_for_good_under_the_address_of_their_content(visitor: Visitor):
    """Only then: without the digest an old copy would survive an upgrade."""
    page = visitor.get("/login/web").text
    address = page.split('<link rel="stylesheet" href="')[1].split('"')[0]

    assert "immutable" in visitor.get(address).headers["Cache-Control"]
    assert "immutable" not in visitor.get(address.partition("?")[0]).headers["Cache-Control"]


def test_pages_hold_neither_inline_scripts_nor_inline_styles_nor_foreign_addresses(visitor: Visitor):
    """The policy would block the first two; the third would tell others who signs in."""
    pages = [visitor.get("/login/web").text, visitor.get(visitor.reach_code()).text, visitor.get("/nothing").text]

    for page in pages:
        assert " style=" not in page
        assert "<style" not in page
        assert page.count("<script") == page.count("<script src=") == 1
        assert "javascript:" not in page
        assert "//" not in page.replace("</", "<")


def test_signing_out_clears_the_browser_without_taking_other_applications_cookies(visitor: Visitor):
    """The word "cookies" would end the sessions of every application on the same registrable domain."""
    visitor.sign_in()

    answer = visitor.post("/logout", {"csrf_token": visitor.token("/sessions")})

    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'


def test_over_plain_http_there_is_no_transport_security_header(instance, sqlite_database_url, clock):
    """On loopback, where https is not to be had, it would lock the developer out."""
    with open_twin(instance, sqlite_database_url, clock, public_url="http://127.0.0.1:8080") as app:
        answer = app.test_client().get("/login/web", base_url="http://127.0.0.1:8080")

    assert "Strict-Transport-Security" not in answer.headers
    assert "Secure" not in answer.headers["Set-Cookie"]


def test_another_host_name_is_refused(visitor: Visitor, logon: ScriptedLogon):
    """Links and redirects would otherwise be built from what a client claims."""
    answer = visitor.client.get("/login/web", base_url="https://evil.example")

    assert answer.status_code == 400
    assert "evil.example" not in answer.text
    assert PUBLIC_URL not in answer.text
