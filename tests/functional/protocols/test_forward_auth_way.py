"""The way of a browser from a site to the login page and back, and what it carries, in the hands of others."""

import threading
from collections import Counter
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from authsms.logon.kinds import EndpointKind
from tests.functional.protocols.house import ALICE, on_each_database
from tests.functional.protocols.patience import patiently
from tests.functional.protocols.sites import SITE, Visit


@on_each_database
def test_it_leads_over_the_login_page(visit):
    login = visit.browser.get(visit.start("/deep")).headers["Location"]
    waiting = parse_qs(urlsplit(login).query)["c"][0]
    before = visit.browser.get(f"/forward-auth/resume/{waiting}").headers["Location"]
    visit.browser.sign_in()
    callback = visit.browser.get(f"/forward-auth/resume/{waiting}").headers["Location"]

    assert login.startswith("/login/web?c=")
    assert before == login
    assert visit.pass_on(callback).headers["Location"] == f"{SITE}/deep"
    assert visit.ask().status_code == 200


def test_giving_up_leads_back(visit):
    login = visit.browser.get(visit.start("/deep")).headers["Location"]
    waiting = parse_qs(urlsplit(login).query)["c"][0]
    answer = visit.browser.get(f"/forward-auth/resume/{waiting}/give-up")

    assert answer.headers["Location"] == f"{SITE}/"
    assert visit.browser.get(f"/forward-auth/resume/{waiting}").status_code == 404


def test_cookies_are_the_sites_own(visit):
    """Secure, for this host alone, out of reach of scripts; and our own rule for https is not the site's."""
    visit.browser.sign_in()
    started = visit.pass_on(visit.ask().headers["Location"])
    entered = visit.pass_on(visit.browser.get(started.headers["Location"]).headers["Location"])
    for answer in (started, entered):
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-authsms-")
        assert all(word in cookie for word in ("; Secure", "; HttpOnly", "; Path=/", "; SameSite=Lax"))
        assert "Domain" not in cookie
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Strict-Transport-Security" not in answer.headers
    assert not entered.content


ODD = [
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example/",
    "https:evil.example",
    "@evil.example/",
    ".evil.example/",
    ":8443/",
    "/%2f%2fevil.example",
    "/%252f%252fevil.example",
    "/\r\nLocation: https://evil.example",
    "/\t/evil.example",
    "/\uff41\uff0eexample",
    "javascript:alert(1)",
    "",
    "/.authsms/callback?ticket=x",
    "/" + "x" * 9000,
]


def test_nobody_is_sent_elsewhere(visit):
    """Whatever is asked for, the way back leads to the registered host and nowhere else."""
    visit.browser.sign_in()
    for wanted in ODD:
        started = visit.pass_on(f"{SITE}/.authsms/start?{urlencode({'to': wanted})}")
        callback = visit.browser.get(started.headers["Location"]).headers["Location"]
        address = visit.pass_on(callback).headers["Location"]

        assert callback.startswith(f"{SITE}/.authsms/callback?ticket=")
        assert address.startswith(f"{SITE}/")
        assert address.isascii()
        assert address.isprintable()
        assert "\\" not in address


def test_a_proxy_that_is_told_odd_addresses_asks_for_the_first_page(visit):
    for odd in ("https://evil.example/x", "*", "evil"):
        assert visit.ask(odd).headers["Location"] == f"{SITE}/.authsms/start?to=/"


def test_forged_hosts_mean_nothing(visit):
    forged = {"X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "http", "X_Original_URL": "https://evil/"}

    assert visit.ask("/", **forged).headers["Location"].startswith(f"{SITE}/")


@on_each_database
def test_a_ticket_is_good_once(visit):
    visit.browser.sign_in()
    callback = visit.ticket()
    first, second = visit.pass_on(callback), visit.pass_on(callback)

    assert first.headers["Location"] == f"{SITE}/"
    assert second.headers["Location"].endswith("/refused")
    assert "Set-Cookie" not in second.headers
    assert "Back to Wiki" in visit.browser.get(second.headers["Location"]).text


@on_each_database
def test_of_many_at_once_one_is_let_in(visit):
    visit.browser.sign_in()
    callback = visit.ticket()
    outcomes: Counter[bool] = Counter()
    lock, barrier = threading.Lock(), threading.Barrier(12)

    def try_it() -> None:
        mine = Visit(visit.house, visit.endpoint, visit.browser, dict(visit.cookies))
        barrier.wait()
        answer = patiently(lambda: mine.pass_on(callback))
        with lock:
            outcomes[answer.headers["Location"] == f"{SITE}/"] += 1

    threads = [threading.Thread(target=try_it) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {True: 1, False: 11}


def test_a_ticket_is_for_the_browser_that_asked(visit):
    """Else somebody could have a victim's browser sign in as himself; nor can he spoil the victim's ticket."""
    visit.browser.sign_in()
    callback = visit.ticket("/deep")
    victim = visit.another()
    without = victim.pass_on(callback)
    victim.start()
    with_another = victim.pass_on(callback)

    assert without.headers["Location"].endswith("/refused")
    assert with_another.headers["Location"] == f"{SITE}/.authsms/start?to=/deep"
    assert "Set-Cookie" not in with_another.headers
    assert victim.ask().status_code == 302
    assert visit.pass_on(callback).headers["Location"] == f"{SITE}/deep"


def test_tabs_opened_at_once_all_arrive(visit):
    """None of them has a secret to show, so each is given one, and the browser keeps the last."""
    visit.browser.sign_in()
    first = visit.start("/one")
    visit.cookies.clear()
    visit.start("/two")
    again = visit.pass_on(visit.browser.get(first).headers["Location"]).headers["Location"]
    callback = visit.browser.get(visit.pass_on(again).headers["Location"]).headers["Location"]

    assert visit.pass_on(callback).headers["Location"] == f"{SITE}/one"


@pytest.mark.parametrize("held", ["", "x", "é"])
def test_a_browser_that_keeps_no_secret_is_not_sent_round_and_round(visit, held):
    visit.browser.sign_in()
    callback = visit.ticket()
    visit.cookies = {name: held.encode().decode("latin-1") for name in visit.cookies}

    assert visit.pass_on(callback).headers["Location"].endswith("/refused")


@on_each_database
def test_a_ticket_is_good_for_a_minute(visit):
    visit.browser.sign_in()
    callback = visit.ticket()
    visit.house.clock.advance(timedelta(seconds=61))

    assert visit.pass_on(callback).headers["Location"].endswith("/refused")


@on_each_database
def test_a_ticket_dies_with_the_session(visit):
    visit.browser.sign_in()
    callback = visit.ticket()
    visit.house.sessions.end_all(ALICE.key)

    assert visit.pass_on(callback).headers["Location"].endswith("/refused")


def test_nothing_is_good_at_another_site(visit):
    """An application that collects what browsers show it gains nothing elsewhere."""
    visit.browser.sign_in()
    other, _ = visit.house.endpoints.create(
        "Other", event="web", redirect_uris=("https://other.example.test",), kind=EndpointKind.FORWARD_AUTH
    )
    callback = visit.ticket()
    at_other = Visit(visit.house, other, visit.browser, dict(visit.cookies))
    refused = at_other.pass_on(callback)
    visit.pass_on(callback)
    request = visit.another().start().partition("request=")[2]
    held = next(value for name, value in visit.cookies.items() if "site" in name)
    at_other.cookies = {f"__Host-authsms-site-{other.id}": held}
    lost = visit.browser.get(f"/forward-auth/{other.id}/sign-in?request={request}")

    assert refused.headers["Location"].endswith("/refused")
    assert at_other.ask().status_code == 302
    assert lost.headers["Location"] == "https://other.example.test/"


@on_each_database
@pytest.mark.parametrize("forged", ["", "x", "A" * 200, "A" * 9000, "%00", "=", "é"])
def test_forgeries_are_refused(visit, forged):
    """Of the cookie, the ticket, and the request for a login."""
    visit.browser.sign_in()
    visit.start()
    ticket = visit.pass_on(f"/.authsms/callback?{urlencode({'ticket': forged})}")
    request = visit.browser.get(f"/forward-auth/{visit.endpoint.id}/sign-in?{urlencode({'request': forged})}")
    visit.cookies[f"__Host-authsms-site-{visit.endpoint.id}"] = forged.encode().decode("latin-1")

    assert ticket.headers["Location"].endswith("/refused")
    assert request.headers["Location"] == f"{SITE}/"
    assert visit.ask().status_code == 302


def test_what_one_note_says_another_does_not(visit):
    """A ticket is no cookie, a request no ticket, and a login session's token neither."""
    visit.browser.sign_in()
    request = visit.start().partition("request=")[2]
    ticket = visit.ticket().partition("ticket=")[2]
    token = next(iter(visit.browser.http.cookies.get_dict().values()))
    for value in (request, ticket, token):
        visit.cookies[f"__Host-authsms-site-{visit.endpoint.id}"] = value
        assert visit.ask().status_code == 302
    assert visit.pass_on(f"/.authsms/callback?ticket={request}").headers["Location"].endswith("/refused")


def test_a_request_for_a_login_waits_half_an_hour(visit):
    asking = visit.start("/deep")
    visit.house.clock.advance(timedelta(minutes=31))

    assert visit.browser.get(asking).headers["Location"] == f"{SITE}/"
