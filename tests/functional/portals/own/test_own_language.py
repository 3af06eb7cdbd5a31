"""The language that somebody keeps: on his own pages in every browser, and never before the sign-in."""

import pytest

from authsms.portals.language import NAMES
from tests.functional.portals.admin.office import PASSWORD, Clerk, Office
from tests.functional.portals.own.owner import METHODS, Owner

LANGUAGE = "/account/language"
ENGLISH = {"Accept-Language": "en"}
GERMAN_PAGE = '<html lang="de">'
ENGLISH_PAGE = '<html lang="en">'


def keep(alice: Owner, language: str) -> None:
    """Choose on the page."""
    assert alice.post(LANGUAGE, LANGUAGE, language=language).status_code == 303


def test_a_choice_speaks_in_every_browser(alice: Owner):
    """At once in this one, and in another one that asks for English."""
    before = alice.get(LANGUAGE, **ENGLISH).text
    keep(alice, "de")
    told, here = alice.told(LANGUAGE), alice.get("/sessions", **ENGLISH).text
    alice.return_later()

    assert 'value="" checked' in before
    assert ENGLISH_PAGE in before
    assert "Gespeichert." == told
    assert GERMAN_PAGE in here
    assert GERMAN_PAGE in alice.get(METHODS, **ENGLISH).text
    assert GERMAN_PAGE in alice.get("/signed-in", **ENGLISH).text
    assert 'value="de" checked' in alice.get(LANGUAGE, **ENGLISH).text


def test_the_browser_decides_again(alice: Owner):
    """Also where it was told otherwise before, by the link at the foot of a page."""
    keep(alice, "de")
    alice.get("/sessions?language=de")
    keep(alice, "")

    assert ENGLISH_PAGE in alice.get("/sessions", **ENGLISH).text
    assert "" == alice.office.services.preferences.language(alice.person.key)


def test_a_choice_on_this_visit_comes_first_and_ends_with_it(alice: Owner):
    """Whoever signs in next in this browser reads what he keeps."""
    keep(alice, "de")
    chosen = alice.get("/sessions?language=en")
    later = alice.get(METHODS).text
    cookie = next(line for line in chosen.headers.getlist("Set-Cookie") if "visit-language" in line)
    alice.post("/logout")
    token = alice.office.session_token(alice.person, event="web")
    alice.browser.client.set_cookie("authsms-session", token, domain="127.0.0.1")

    assert ENGLISH_PAGE in chosen.text
    assert ENGLISH_PAGE in later
    assert "Max-Age" not in cookie
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert GERMAN_PAGE in alice.get(METHODS).text


def test_the_sign_in_says_nothing_of_the_choice(office: Office, alice: Owner):
    """A page that changed with the name that is typed would tell which names there are (ATK-17)."""
    keep(alice, "de")
    stranger = office.visitor()
    page = "/login/web"
    for login in (alice.person.login, "nobody"):
        fields = {"user_name": f"LOCAL\\{login}", "password": "wrong"}
        answer = stranger.post(page, fields, token=stranger.token(page))
        asked = stranger.get(answer.location, **ENGLISH).text

        assert ENGLISH_PAGE in asked
        assert "Please try again" in asked
    fields = {"user_name": f"LOCAL\\{alice.person.login}", "password": PASSWORD}
    answer = stranger.post(page, fields, token=stranger.token(page))

    assert ENGLISH_PAGE in stranger.get(answer.location, **ENGLISH).text


@pytest.mark.parametrize("wanted", ["tlh-KX", "DE", "de\r\nX: y", "<script>", "d" * 5000])
def test_what_is_no_language_of_ours_is_refused(alice: Owner, wanted: str):
    """Nothing is kept, and nothing of it repeated."""
    answer = alice.post(LANGUAGE, LANGUAGE, language=wanted)

    assert 400 == answer.status_code
    assert wanted not in answer.text
    assert "" == alice.office.services.preferences.language(alice.person.key)


def test_a_form_from_elsewhere_changes_nothing(office: Office, alice: Owner):
    """Nor does an address: a link may not decide for anybody what he reads from now on."""
    forged = alice.browser.post(LANGUAGE, {"language": "de"}, token="forged")
    alice.get("/sessions?language=de")

    assert 403 == forged.status_code
    assert "" == office.services.preferences.language(alice.person.key)


def test_a_stranger_is_led_to_the_sign_in(office: Office):
    """There is nobody whose choice it could be."""
    assert "/login/web" in office.visitor().get(LANGUAGE).location


def test_administrators_read_what_they_keep_and_can_switch(office: Office):
    """On each page, which stays the one it is: what is no part of it is not repeated."""
    clerk: Clerk = office.clerk(login="polyglot")
    person = office.services.people.find("polyglot")
    assert person is not None
    office.services.preferences.keep_language(person.key, "de")
    page = clerk.get("/admin/people?q=poly&evil=%22%3E%3Cb%3E&language=xx", **ENGLISH).text
    english = clerk.get("/admin/people?q=poly&language=en", **ENGLISH).text

    assert GERMAN_PAGE in page
    assert '<a href="?q=poly&amp;language=en" hreflang="en" lang="en" rel="nofollow">English</a>' in page
    assert "evil" not in page
    assert ENGLISH_PAGE in english
    assert "Search" in english


def test_the_help_desk_sees_what_somebody_reads(office: Office, alice: Owner):
    """One line; nothing chosen is said, too."""
    clerk, address = office.clerk(), f"/admin/people/{alice.person.key}"
    before = clerk.get(address, **ENGLISH).text
    keep(alice, "de")

    assert "None chosen" in before
    assert f'<span lang="de">{NAMES["de"]}</span>' in clerk.get(address, **ENGLISH).text
