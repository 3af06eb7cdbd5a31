"""The list of sessions, and signing out."""

import re

import pytest

from tests.functional.portals.conftest import PUBLIC_URL, Visitor

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture
def sessions(app):
    """The service that keeps them."""
    return app.extensions["authsms"].sessions


def test_the_list_shows_one_s_own_sessions_and_marks_this_one(visitor: Visitor, stranger: Visitor, app):
    """And nobody else's."""
    elsewhere = Visitor(app.test_client())
    elsewhere.client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    elsewhere.sign_in()
    stranger.sign_in("ben")
    visitor.sign_in()
    page = visitor.get("/sessions").text

    assert len(re.findall(r"<li[ >]", page)) == 2
    assert page.count("this one") == 1
    assert "Firefox on Linux" in page
    assert "Password + Text message" in page
    assert "ben" not in page


def test_another_session_of_one_s_own_can_be_ended(visitor: Visitor, app, sessions):
    """The telephone was lost."""
    elsewhere = Visitor(app.test_client())
    elsewhere.sign_in()
    visitor.sign_in()
    other = sessions.list("local:alice")[-1].id
    answer = visitor.post(f"/sessions/{other}/end", {"csrf_token": visitor.token("/sessions")})

    assert answer.location == "/sessions"
    assert "has been signed out" in visitor.get("/sessions").text
    assert elsewhere.get("/sessions").status_code == 302
    assert visitor.get("/sessions").status_code == 200


def test_somebody_else_s_session_cannot_be_ended(visitor: Visitor, stranger: Visitor, sessions):
    """Its id is no right to it."""
    stranger.sign_in("ben")
    visitor.sign_in()
    theirs = sessions.list("local:ben")[0].id

    assert visitor.post(f"/sessions/{theirs}/end", {"csrf_token": visitor.token("/sessions")}).status_code == 404
    assert len(sessions.list("local:ben")) == 1


def test_all_others_can_be_ended_at_once(visitor: Visitor, stranger: Visitor, app, sessions):
    """This one and other people's stay."""
    for _ in range(2):
        Visitor(app.test_client()).sign_in()
    stranger.sign_in("ben")
    visitor.sign_in()
    visitor.post("/sessions/end-others", {"csrf_token": visitor.token("/sessions")})

    assert len(sessions.list("local:alice")) == 1
    assert visitor.get("/sessions").status_code == 200
    assert stranger.get("/sessions").status_code == 200


@pytest.mark.parametrize("own_list", [True, False], ids=["from the list", "by the button"])
def test_signing_out_ends_the_session_on_the_server(visitor: Visitor, stranger: Visitor, sessions, own_list):
    """A stolen copy of the cookie is dead from then on."""
    visitor.sign_in()
    token = visitor.cookies()["session"]
    own = sessions.list("local:alice")[0].id
    address = f"/sessions/{own}/end" if own_list else "/logout"
    answer = visitor.post(address, {"csrf_token": visitor.token("/sessions")})
    stranger.client.set_cookie("__Host-authsms-session", token, domain="login.example.test", secure=True)

    assert answer.location == "/signed-out"
    assert "session" not in visitor.cookies()
    assert stranger.get("/sessions").status_code == 302
    assert "You are signed out" in visitor.get("/signed-out").text


def test_without_a_session_the_list_leads_to_the_login(visitor: Visitor):
    """The bare address too."""
    assert visitor.get("/").location == "/sessions"
    assert visitor.get("/sessions").location == "/login/web"
    assert visitor.get("/signed-in").status_code == 404


def test_what_a_browser_says_of_itself_is_shown_as_text(visitor: Visitor):
    """A user agent is anybody's text."""
    evil = "<script>alert(1)</script> Firefox/1"
    visitor.client.environ_base["HTTP_USER_AGENT"] = evil
    visitor.sign_in()

    page = visitor.client.get("/sessions", base_url=PUBLIC_URL).text
    assert "<script>alert" not in page
    assert "Firefox" in page
