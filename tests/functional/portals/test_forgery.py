"""Forms that were not sent by the person from our own page change nothing."""

import pytest

from tests.functional.portals.conftest import PUBLIC_URL, Visitor
from tests.functional.portals.twin import CODE, PASSWORD, ScriptedLogon

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://login.example.test"},
    {"Origin": PUBLIC_URL + ":8443"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]
POSTS = ["", "/resend", "/cancel", "/another-way"]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_form_sent_by_another_site_is_refused(visitor: Visitor, logon: ScriptedLogon, headers: dict[str, str]):
    """Even with the right token: an attacker may have got hold of one."""
    fields = {"csrf_token": visitor.token("/login/web"), "user_name": "alice", "password": PASSWORD}

    assert visitor.post("/login/web", fields, **headers).status_code == 403
    assert logon.walks == {}
    assert logon.sent == []


def test_a_browser_that_tells_neither_is_judged_by_its_token(visitor: Visitor, logon: ScriptedLogon):
    """Old browsers and programs send no such headers."""
    fields = {"csrf_token": visitor.token("/login/web"), "user_name": "alice", "password": PASSWORD}

    assert visitor.client.post("/login/web", base_url=PUBLIC_URL, data=fields).status_code == 303
    assert len(logon.sent) == 1


@pytest.mark.parametrize("token", ["", ".", "x", "x.y", "a" * 16 + "." + "0" * 64, "é.ü"])
def test_the_login_form_needs_its_token(visitor: Visitor, logon: ScriptedLogon, token: str):
    """Login CSRF: nobody may sign a victim in as somebody else."""
    visitor.get("/login/web")
    fields = {"csrf_token": token, "user_name": "alice", "password": PASSWORD}

    assert visitor.post("/login/web", fields).status_code == 403
    assert logon.walks == {}


def test_the_token_of_another_browser_is_refused(visitor: Visitor, stranger: Visitor, logon: ScriptedLogon):
    """It is bound to the cookie."""
    fields = {"csrf_token": stranger.token("/login/web"), "user_name": "alice", "password": PASSWORD}
    visitor.get("/login/web")

    assert visitor.post("/login/web", fields).status_code == 403
    assert logon.walks == {}


@pytest.mark.parametrize("action", POSTS)
def test_each_form_of_a_process_needs_a_token_of_that_process(visitor: Visitor, logon: ScriptedLogon, action: str):
    """The one of the login form, of another process, or none at all will not do."""
    path, other = visitor.reach_code(), visitor.reach_code("ben")
    sent = list(logon.sent)
    tokens = [visitor.token("/login/web"), visitor.token(other), ""]

    for token in tokens:
        fields = {"csrf_token": token, "code": CODE, "chain": "totp"}
        assert visitor.post(path + action, fields).status_code == 403
    assert len(logon.walks) == 2
    assert logon.sent == sent


@pytest.mark.parametrize("action", ["/logout", "/sessions/end-others", "/sessions/{id}/end"])
def test_the_forms_of_a_session_need_a_token_of_that_session(visitor: Visitor, stranger: Visitor, app, action: str):
    """A planted browser cookie yields tokens only for the planter's own session."""
    visitor.sign_in()
    stranger.sign_in("ben")
    sessions = app.extensions["authsms"].sessions
    action = action.format(id=sessions.list("local:alice")[0].id)
    stranger.client.set_cookie(
        "__Host-authsms-browser", visitor.cookies()["browser"], domain="login.example.test", secure=True
    )
    tokens = [visitor.token("/login/web"), stranger.token("/sessions"), ""]

    for token in tokens:
        assert visitor.post(action, {"csrf_token": token}).status_code == 403
    assert len(sessions.list("local:alice")) == 1


@pytest.mark.parametrize(
    "address",
    ["/logout", "/sessions/end-others", "/logon/{id}/cancel", "/logon/{id}/resend", "/logon/{id}/another-way"],
)
def test_nothing_is_changed_by_get(visitor: Visitor, logon: ScriptedLogon, address: str):
    """ASVS 3.5.3: links and pictures send GET."""
    path = visitor.reach_code()

    assert visitor.get(address.format(id=path.removeprefix("/logon/"))).status_code == 405
    assert len(logon.walks) == 1
    assert len(logon.sent) == 1


def test_json_in_the_place_of_a_form_is_refused(visitor: Visitor, logon: ScriptedLogon):
    """text/plain and JSON need no preflight in every browser; they carry no token."""
    visitor.get("/login/web")
    body = '{"user_name": "alice", "password": "correct horse"}'

    for kind in ("text/plain", "application/json"):
        answer = visitor.client.post("/login/web", base_url=PUBLIC_URL, data=body, content_type=kind)
        assert answer.status_code == 403
    assert logon.walks == {}
