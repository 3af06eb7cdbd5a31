"""Cookies: what they are called, how they are fenced, when they change."""

from tests.functional.portals.conftest import PUBLIC_URL, Visitor
from tests.functional.portals.twin import CODE, PASSWORD, ScriptedLogon, open_twin


def _set_cookies(answer) -> dict[str, str]:
    return {line.partition("=")[0]: line for line in answer.headers.getlist("Set-Cookie")}


def test_every_cookie_is_fenced(visitor: Visitor):
    """NIST SP 800-63B-4 section 5.1.1; the prefix forbids Domain and another path."""
    lines = [*_set_cookies(visitor.get("/login/web")).values(), *_set_cookies(visitor.sign_in()).values()]

    assert len(lines) >= 4
    for line in lines:
        assert line.startswith("__Host-authsms-")
        assert {"Secure", "HttpOnly", "Path=/"} <= set(line.split("; "))
        assert "SameSite=Lax" in line or "SameSite=Strict" in line
        assert "Domain" not in line


def test_over_plain_http_cookies_go_without_the_prefix(instance, sqlite_database_url, clock):
    """Browsers refuse the prefix there, and a login on loopback could not work."""
    with open_twin(instance, sqlite_database_url, clock, public_url="http://127.0.0.1:8080") as app:
        line = app.test_client().get("/login/web", base_url="http://127.0.0.1:8080").headers["Set-Cookie"]

    assert line.startswith("authsms-browser=")


def test_the_secret_of_a_process_changes_when_a_method_passes(visitor: Visitor, logon: ScriptedLogon):
    """Whoever saw it before the password was proven cannot go on with it (session fixation)."""
    wrong = visitor.begin(password="wrong").location
    before = visitor.cookies()[wrong.replace("/logon/", "logon-")]
    visitor.post(wrong, {"csrf_token": visitor.token(wrong), "password": PASSWORD})
    after = visitor.cookies()[wrong.replace("/logon/", "logon-")]

    assert before.split(".")[0] != after.split(".")[0]
    assert logon.walks[wrong.removeprefix("/logon/")].secret == after.split(".")[0]


def test_the_cookie_of_a_process_goes_when_it_ends(visitor: Visitor):
    """Nothing is left to tidy up in the browser."""
    visitor.sign_in()

    assert set(visitor.cookies()) == {"browser", "session", "note"}


def test_a_session_planted_before_the_login_is_not_used(visitor: Visitor):
    """Session fixation: the token after the login is the server's, and new."""
    visitor.client.set_cookie("__Host-authsms-session", "planted", domain="login.example.test", secure=True)
    visitor.sign_in()

    assert visitor.cookies()["session"] != "planted"


def test_signing_in_again_ends_the_session_before(visitor: Visitor, stranger: Visitor):
    """ASVS 7.2.4: a new token at every authentication, and the old one dead."""
    visitor.sign_in()
    old = visitor.cookies()["session"]
    visitor.sign_in()
    stranger.client.set_cookie("__Host-authsms-session", old, domain="login.example.test", secure=True)

    assert visitor.get("/sessions").status_code == 200
    assert stranger.get("/sessions").status_code == 302


def test_another_browser_cannot_go_on_with_a_process(visitor: Visitor, stranger: Visitor, logon: ScriptedLogon):
    """The id in the address is public; the right is in the cookie."""
    path = visitor.reach_code()
    token = stranger.token("/login/web")

    assert stranger.get(path).status_code == 404
    assert stranger.get(f"{path}/status").status_code == 404
    assert stranger.post(path, {"csrf_token": token, "code": CODE}).status_code == 403
    assert {"code": CODE} not in logon.answers


def test_a_process_of_one_s_own_does_not_open_another_s(visitor: Visitor, stranger: Visitor):
    """A cookie renamed to another process's id is of no use."""
    path, own = visitor.reach_code(), stranger.reach_code("ben")
    value = stranger.cookies()[own.replace("/logon/", "logon-")]
    name = path.replace("/logon/", "__Host-authsms-logon-")
    stranger.client.set_cookie(name, value, domain="login.example.test", secure=True)

    assert stranger.get(path).status_code == 404


def test_damaged_cookies_are_as_good_as_none(visitor: Visitor):
    """They come from anywhere; none of them may break a page."""
    path = visitor.reach_code()
    for value in ("", ".", "...", "a.b.c", "é", "x" * 3000, "a" * 43 + ".web..===", '"'):
        for word in ("browser", "session", "note", path.replace("/logon/", "logon-")):
            visitor.client.set_cookie(f"__Host-authsms-{word}", value, domain="login.example.test", secure=True)
        assert visitor.get(path).status_code == 404
        assert visitor.get("/login/web").status_code == 200
        assert visitor.get("/sessions").status_code == 302


def test_no_secret_is_in_an_address(visitor: Visitor, logon: ScriptedLogon):
    """ASVS 14.2.1: addresses end up in logs and histories."""
    answers = [visitor.begin(address="/login/web?c=" + "c" * 32)]
    path = answers[0].location
    answers.append(visitor.post(path, {"csrf_token": visitor.token(path), "code": "000000"}))
    answers.append(visitor.post(path, {"csrf_token": visitor.token(path), "code": CODE}))
    pages = [visitor.get(answer.location).text if answer.location == "/signed-in" else "" for answer in answers]
    session = visitor.cookies()["session"]

    secrets = [session, visitor.cookies()["browser"], PASSWORD, CODE, *(walk.secret for walk in logon.walks.values())]
    for answer in answers:
        assert not any(secret in answer.location for secret in secrets)
    assert not any(secret in page for page in pages for secret in secrets)
    assert answers[-1].location == "/signed-in"
    assert PUBLIC_URL not in answers[-1].location
