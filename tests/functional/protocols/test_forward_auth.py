"""Forward-auth as a proxy and a browser meet it; the proxy is played by hand."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import pytest
from sqlalchemy import event as hooks
from sqlalchemy import update

from authsms.logon.models import EndpointRow, EventRow
from tests.functional.protocols.house import ALICE, CALLBACK, on_each_database
from tests.functional.protocols.sites import SITE

IDENTITY = ("Remote-User", "Remote-Name", "Remote-Email", "Remote-Groups")


@on_each_database
def test_somebody_who_signed_in_is_named(visit):
    visit.browser.sign_in()
    entered = visit.enter("/page?a=1&b=2")
    told = visit.ask("/page")

    assert entered.headers["Location"] == f"{SITE}/page?a=1&b=2"
    assert told.status_code == 200
    assert [told.headers[name] for name in IDENTITY] == [
        "alice",
        "Alice Example",
        "alice@example.test",
        "admins,staff",
    ]


def test_a_stranger_is_sent_to_sign_in(visit):
    to_nginx = visit.ask("/page?a=1", query="?answer=401")
    to_caddy = visit.ask("/page?a=1")

    assert (to_nginx.status_code, to_caddy.status_code) == (401, 302)
    assert to_nginx.headers["Location"] == to_caddy.headers["Location"]
    assert to_caddy.headers["Location"] == f"{SITE}/.authsms/start?to=/page?a=1"
    assert not set(IDENTITY) & set(to_caddy.headers)


@pytest.mark.parametrize("headers", [{"X_Forwarded_Method": "POST"}, {"Sec_Fetch_Mode": "cors"}])
def test_a_script_gets_no_login_page(visit, headers):
    answer = visit.ask("/api", **headers)

    assert answer.status_code == 401
    assert "Location" not in answer.headers


def test_names_are_told_in_ascii(visit):
    """A directory may hold anything; a header must not, and no group may look like two."""
    odd = replace(
        ALICE, login="a%b", display_name="Änne\r\nRemote-User: root", groups=frozenset({"a,b", "Zürich", "x\x00"})
    )
    visit.browser.sign_in(person=odd)
    visit.enter()
    told = visit.ask().headers

    assert all(told[name].isascii() and told[name].isprintable() for name in IDENTITY)
    assert told["Remote-User"] == "a%25b"
    assert unquote(told["Remote-Name"]) == "Änne\r\nRemote-User: root"
    assert [unquote(group) for group in told["Remote-Groups"].split(",")] == ["Zürich", "a,b", "x\x00"]


def test_many_groups_do_not_break_the_proxy(visit):
    visit.browser.sign_in(person=replace(ALICE, groups=frozenset(f"group-{n:04d}" for n in range(2000))))
    visit.enter()
    told = visit.ask().headers["Remote-Groups"]

    assert 2500 < len(told) <= 3000
    assert all(len(group) == 10 for group in told.split(","))


def test_a_long_name_crowds_out_no_group(visit):
    """Or whoever may write his own into the directory could drop a group that shuts him out."""
    groups = frozenset(f"group-{n:02d}" for n in range(99))
    visit.browser.sign_in(person=replace(ALICE, display_name="\N{GRINNING FACE}" * 200, groups=groups))
    visit.enter()
    told = visit.ask().headers

    assert unquote(told["Remote-Name"]) == "\N{GRINNING FACE}" * 50
    assert frozenset(told["Remote-Groups"].split(",")) == groups


@on_each_database
@pytest.mark.parametrize("how", ["end", "end_all", "idle", "expired"])
def test_the_end_of_a_session_counts_at_once(visit, how):
    visit.browser.sign_in()
    visit.enter()
    (session,) = visit.house.sessions.list(ALICE.key)
    if how == "end":
        visit.house.sessions.end(session.id, ALICE.key)
    elif how == "end_all":
        visit.house.sessions.end_all(ALICE.key)
    else:
        settings = visit.house.settings.sessions
        visit.house.clock.advance((settings.idle if how == "idle" else settings.absolute) + timedelta(seconds=1))

    assert visit.ask().status_code == 302


def test_a_visit_keeps_the_session_awake(visit):
    """Somebody who works at the site all day works; that he never opens our own pages says nothing."""
    visit.browser.sign_in()
    visit.enter()
    idle = visit.house.settings.sessions.idle
    for _ in range(3):
        visit.house.clock.advance(idle * 0.7)
        assert visit.ask().status_code == 200


def test_another_event_is_another_login(visit):
    """Also when the event is changed after the fact, and when it admits this site no more."""
    visit.browser.sign_in(event="vpn")
    refused = visit.browser.get(visit.start())
    visit.browser.sign_in()
    visit.enter()
    with visit.house.database.write() as session:
        session.execute(update(EndpointRow).values(event="vpn"))
    moved = visit.ask()
    with visit.house.database.write() as session:
        session.execute(update(EndpointRow).values(event="web"))
        session.execute(update(EventRow).values(endpoints=["another"]))
    visit.house.catalog.forget()

    assert refused.headers["Location"].startswith("/login/web?c=")
    assert moved.status_code == 302
    assert visit.ask().status_code == 302
    assert visit.browser.get(visit.start()).status_code == 400


@on_each_database
def test_a_check_costs_two_looks_into_the_database(visit):
    visit.browser.sign_in()
    visit.enter()
    visit.ask()
    statements: list[str] = []
    hooks.listen(visit.house.database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))

    assert visit.ask().status_code == 200
    # PostgreSQL's go past these hooks; they are the same.
    assert [one.split()[0] for one in statements if one != "BEGIN"] in (["SELECT", "SELECT"], [])


def test_an_unknown_site_is_refused(visit):
    for endpoint_id in ("0" * 32, "x", "%2e%2e", "A" * 32):
        assert visit.browser.get(f"/forward-auth/{endpoint_id}").status_code == 404


def test_kinds_do_not_mix(visit):
    """An application is no site, a site no application, and neither takes up what waits for the other."""
    wiki, secret = visit.house.endpoints.create("App", event="web", redirect_uris=(CALLBACK,))
    as_site = visit.browser.get(f"/forward-auth/{wiki.id}")
    query = {"client_id": visit.endpoint.id, "redirect_uri": SITE, "response_type": "code", "scope": "openid"}
    as_application = visit.browser.get(f"/oauth2/authorize?{urlencode(query)}")
    login = visit.browser.get(visit.start()).headers["Location"]
    waiting = parse_qs(urlsplit(login).query)["c"][0]

    assert secret
    assert as_site.status_code == 404
    assert as_application.status_code == 400
    assert visit.browser.get(f"/oauth2/resume/{waiting}").status_code == 404
    assert visit.browser.get(f"/oauth2/resume/{waiting}/give-up").status_code == 404
