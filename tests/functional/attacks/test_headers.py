"""What every answer tells a browser to heed."""

import re

import pytest

from tests.functional.provided import Provider
from tests.functional.running import Installation
from tests.functional.visitor import Answer

pytestmark = pytest.mark.xdist_group("public")
_DEMANDED = {
    "Content-Security-Policy": r"(?=.*default-src 'none')(?=.*frame-ancestors 'none')(?=.*base-uri 'none')"
    r"(?=.*object-src 'none')(?=.*form-action 'self')(?!.*unsafe)(?!.*\*)",
    "X-Content-Type-Options": r"nosniff$",
    "X-Frame-Options": r"DENY$",
    "Referrer-Policy": r"(same-origin|no-referrer)$",
    "Cross-Origin-Opener-Policy": r"same-origin$",
    "Strict-Transport-Security": r"max-age=(3153600\d|[4-9]\d{7}|\d{9})",
    "Cache-Control": r".*no-store",
    "X-Request-Id": r"[0-9a-f]{32}$",
}


@pytest.fixture
def answers(public: Installation, provider: Provider) -> list[Answer]:
    """Every kind of answer: pages, redirects, errors, documents."""
    person, browser = public.person(), public.browser()
    got = [browser.get("/login/web")]
    got.append(browser.submit_only(got[0], "password", user_name=person.login, password=person.password))
    page = browser.follow(got[-1])
    got += [page, browser.get(page.url.removeprefix(browser.origin) + "/status")]
    got.append(browser.submit_only(page, "code", code=public.code(person)))
    got.append(browser.follow(got[-1]))
    got += [browser.get(path) for path in ("/sessions", "/signed-out", "/", "/nothing-here", "/logon/x")]
    got.append(browser.post("/login/web", []))
    got.append(browser.post("/signed-in", []))
    got.append(browser.get("/login/web", [("Host", "evil.test")]))
    got.append(browser.call(browser.write("POST", "/login/web", headers=[("Content-Length", "9999999")])))
    got += [browser.get(path) for path in ("/healthz", "/readyz", "/metrics", "/oauth2/authorize", "/webhooks/a/b")]
    got.append(browser.submit_to(browser.get("/sessions"), "/end"))
    return got


def test_every_answer_carries_the_headers_that_protect_it(answers: list[Answer]) -> None:
    """ASVS 3.4. The oracle: for each answer and header, the demanded value."""
    lacking = [
        (answer.url, answer.status, name, answer.header(name))
        for answer in answers
        for name, pattern in _DEMANDED.items()
        if not re.match(pattern, answer.header(name), re.DOTALL)
    ]

    assert [] == lacking


def test_every_cookie_is_bound_to_this_host_and_kept_from_scripts(answers: list[Answer]) -> None:
    """The prefix makes browsers insist on Secure, Path=/ and no domain. The oracle: the attributes of every cookie."""
    cookies = [cookie for answer in answers for cookie in answer.set_cookies]
    careless = [
        cookie
        for cookie in cookies
        if not cookie.startswith("__Host-authsms-")
        or not {"secure", "httponly", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
        or not re.search("samesite=(strict|lax)", cookie, re.IGNORECASE)
        or "domain=" in cookie.lower()
    ]

    assert cookies
    assert [] == careless


def test_pages_load_nothing_from_elsewhere_and_run_nothing_inline(answers: list[Answer]) -> None:
    """The oracle: no address with a host in src or href, no inline script, style or handler."""
    for answer in answers:
        assert not re.search(r"""(src|href|action)=["']?(https?:)?//""", answer.text), answer.url
        assert not re.search(r"<style|<script(?![^>]*src=)| on\w+=|style=", answer.text), answer.url


def test_nothing_tells_versions_or_innards(public: Installation, answers: list[Answer]) -> None:
    """The oracle: no version in any header, no trace of Python in any page, and TRACE is refused."""
    traced = public.browser().call(public.browser().write("TRACE", "/login/web"))
    for answer in (*answers, traced):
        told = " ".join(f"{name}: {value}" for name, value in answer.headers if name.lower() in {"server", "via"})

        assert not re.search(r"\d", told)
        assert not answer.header("X-Powered-By")
        assert not re.search(r"Traceback|werkzeug|flask|granian|site-packages", answer.text, re.IGNORECASE)
    assert traced.status in {400, 405, 501}
