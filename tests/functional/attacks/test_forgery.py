"""What other sites can make a browser do: forged forms, planted cookies, foreign hosts, redirects elsewhere."""

from urllib.parse import quote

import pytest

from tests.functional.provided import Provider
from tests.functional.running import Installation, is_signed_in
from tests.functional.visitor import Answer, connect, read_answer

pytestmark = pytest.mark.xdist_group("public")
_PLACES = (
    "//evil.test",
    "///evil.test",
    "/\\evil.test",
    "\\\\evil.test",
    "https:evil.test",
    "https:/evil.test",
    "https://evil.test",
    "HTTPS://EVIL.TEST",
    "http://login.example.test@evil.test",
    "https://login.example.test.evil.test",
    "https://login.example.test:443@evil.test",
    "%2f%2fevil.test",
    "%252f%252fevil.test",
    "/%09/evil.test",
    "\t//evil.test",
    " //evil.test",
    "/\r\nLocation: //evil.test",
    "/%0d%0aLocation:%20//evil.test",
    "javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "#//evil.test",
    "?//evil.test",
    "/.//evil.test",
    "/..//evil.test",
    "//evil%E3%80%82test",
    "//[::ffff:203.0.113.9]",
    "//3405803777",
    "/login/web/../../../evil.test",
)
_NAMES = ("next", "to", "return_to", "redirect_uri", "url", "continue", "c")


def test_every_form_needs_a_token_of_its_own_page_and_browser(public: Installation, provider: Provider) -> None:
    """The oracle: 403 each time, no cookie, no text, no session, and the honest form works afterwards."""
    person, browser, other = public.person(), public.browser(), public.browser()
    page = browser.get("/login/web")
    fields = {"user_name": person.login, "password": person.password}
    foreign = other.get("/login/web").page.form_with("password").fields["csrf_token"]
    own = page.page.form_with("password").fields["csrf_token"]
    answers = [
        browser.post("/login/web", fields.items()),
        browser.post("/login/web", {**fields, "csrf_token": ""}.items()),
        browser.post("/login/web", {**fields, "csrf_token": foreign}.items()),
        browser.post("/login/web", {**fields, "csrf_token": own[:-1]}.items()),
        browser.post("/login/web", {**fields, "csrf_token": own}.items(), [("Origin", "https://evil.test")]),
        browser.post("/login/web", {**fields, "csrf_token": own}.items(), [("Origin", "null")]),
        browser.post("/login/web", {**fields, "csrf_token": own}.items(), [("Sec-Fetch-Site", "cross-site")]),
        browser.post("/login/web", {**fields, "csrf_token": own}.items(), [("Sec-Fetch-Site", "same-site")]),
    ]
    code_page = public.sign_in(person, browser)
    token = code_page.page.form_with("code").fields["csrf_token"]
    path = code_page.url.removeprefix(browser.origin)
    answers += [
        browser.post(path + ending, {"code": "123456", "csrf_token": wrong}.items())
        for ending in ("", "/resend", "/cancel", "/another-way")
        for wrong in (own, foreign, token[::-1])
    ]
    browser.submit(code_page, "code", code=public.code(person))

    assert {403} == {answer.status for answer in answers}
    assert [] == [cookie for answer in answers for cookie in answer.set_cookies]
    assert 1 == len(provider.texts(person.phone))
    assert is_signed_in(browser)


def test_nothing_is_changed_by_getting(public: Installation, provider: Provider) -> None:
    """The oracle: every address that takes a POST only is refused by GET, and the session is still there."""
    person, browser = public.person(), public.browser()
    page = public.sign_in(person, browser)
    path = page.url.removeprefix(browser.origin)
    statuses = [browser.get(path + ending).status for ending in ("/resend", "/cancel", "/another-way")]
    browser.submit(page, "code", code=public.code(person))
    statuses += [browser.get(place).status for place in ("/logout", "/sessions/" + "0" * 32 + "/end")]

    assert {405} == set(statuses)
    assert is_signed_in(browser)


def test_planted_cookies_are_of_no_use_to_who_planted_them(public: Installation, provider: Provider) -> None:
    """The attacker's browser and session cookies sit in the victim's browser before the login.

    The oracle: the victim gets another session, and the attacker's cookies open nothing of the victim's.
    """
    victim, attacker = public.browser(), public.browser()
    person, rogue = public.person(), public.person()
    page = public.sign_in(rogue, attacker)
    attacker.submit(page, "code", code=public.code(rogue))
    victim.cookies = dict(attacker.cookies)
    page = public.sign_in(person, victim)
    victim.submit(page, "code", code=public.code(person))
    session = next(name for name in victim.cookies if name.endswith("session"))
    seen = attacker.get("/sessions").text

    assert victim.cookies[session] != attacker.cookies[session]
    assert f"Person {person.login.removeprefix('person')}" not in seen


def test_no_parameter_leads_a_browser_elsewhere(public: Installation, provider: Provider) -> None:
    """Every place of the corpus in every parameter, header and path; a whole login at the end with some of them.

    The oracle: each redirect, link, refresh and form stays on this host.
    """
    person, browser = public.person(), public.browser()
    answers = [browser.get(f"/login/web?{name}={quote(place, safe='%')}") for name in _NAMES for place in _PLACES]
    answers += [browser.get(quote(place, safe="/\\%:@?#[]")) for place in _PLACES if place.startswith("/")]
    answers += [browser.get("/sessions", [("Referer", place.strip())]) for place in _PLACES if "\n" not in place]
    query = "&".join(f"{name}=//evil.test" for name in _NAMES if name != "c")
    page = public.sign_in(person, browser, path=f"/login/web?{query}")
    answers += [page, browser.submit(page, "code", code=public.code(person))]

    assert [] == [answer.url for answer in answers if not _stays(answer, browser.origin)]
    assert all(answer.status < 500 for answer in answers)


@pytest.mark.parametrize(
    "headers",
    [
        [("Host", "evil.test")],
        [("Host", "login.example.test.evil.test")],
        [("Host", "login.example.test@evil.test")],
        [("Host", "")],
    ],
    ids=lambda headers: headers[0][1] or "none",
)
def test_a_foreign_host_header_is_refused(public: Installation, headers: list[tuple[str, str]]) -> None:
    """The oracle: an error that shows nothing of the foreign name."""
    answer = public.browser().get("/login/web", headers)

    assert answer.status in {400, 421}
    assert "evil" not in answer.text
    assert [] == answer.set_cookies


def test_forwarding_headers_do_not_move_addresses(public: Installation) -> None:
    """The oracle: discovery and redirects show the configured address, whoever claims another one."""
    forged = [
        ("X-Forwarded-Host", "evil.test"),
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Port", "81"),
        ("X-Forwarded-Prefix", "/evil"),
        ("Forwarded", "host=evil.test;proto=http"),
    ]
    for address in ("127.9.9.9", "127.9.9.8"):
        browser = public.browser(address=address)
        discovery = browser.get("/.well-known/openid-configuration", forged)
        home = browser.get("/", forged)

        assert '"issuer":"https://login.example.test"' in discovery.text.replace(" ", "")
        assert "evil" not in discovery.text
        assert "evil" not in home.location


def test_a_port_in_the_host_header_moves_no_address(public: Installation) -> None:
    """The oracle: the port is found nowhere in pages, redirects and discovery."""
    answers = [
        public.browser().get(path, [("Host", "login.example.test:8443")])
        for path in ("/login/web", "/", "/.well-known/openid-configuration")
    ]

    assert not any("8443" in answer.text + answer.location for answer in answers)


def test_a_request_in_absolute_form_or_with_two_hosts_gets_nothing_foreign(public: Installation) -> None:
    """The oracle: refused, or answered for the configured host only."""
    host = "login.example.test"
    for lines in (
        ["GET https://evil.test/.well-known/openid-configuration HTTP/1.1", f"Host: {host}"],
        ["GET https://evil.test/login/web HTTP/1.1", f"Host: {host}"],
        ["GET /login/web HTTP/1.1", f"Host: {host}", "Host: evil.test"],
        ["GET /login/web HTTP/1.1", "Host: evil.test", f"Host: {host}"],
    ):
        line = connect(public.url)
        line.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
        answer = read_answer(line, public.public_url)

        assert answer.status < 500
        assert "evil.test" not in answer.text
        assert "evil.test" not in answer.location


def _stays(answer: Answer, origin: str) -> bool:
    page = answer.page
    places = [answer.location, page.refresh, *page.links, *(form.action for form in page.forms)]
    return all(
        not place or (place.startswith((origin + "/", "/")) and not place.startswith(("//", "/\\"))) for place in places
    )
