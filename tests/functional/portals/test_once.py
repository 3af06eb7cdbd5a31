"""A form that is sent twice acts once, also when both copies are worked on at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from authsms.foundation.errors import DirectoryUnavailableError
from tests.fakes import ManualClock
from tests.functional.portals.conftest import PUBLIC_URL, Visitor
from tests.functional.portals.twin import CODE, PASSWORD, ScriptedLogon


def _copies(app, visitor: Visitor, address: str, fields: dict[str, str], count: int):
    """Send the same form *count* times at once, as one browser would, and return the answers."""
    cookies = {f"__Host-authsms-{word}": value for word, value in visitor.cookies().items()}
    line = "; ".join(f"{name}={value}" for name, value in cookies.items())
    gate = threading.Barrier(count)

    def send(_: int):
        client = app.test_client(use_cookies=False)
        gate.wait()
        return client.post(address, base_url=PUBLIC_URL, data=fields, headers={"Cookie": line, "Origin": PUBLIC_URL})

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(send, range(count)))


def test_a_double_click_on_continue_sends_one_text(visitor: Visitor, logon: ScriptedLogon, app):
    """Both answers lead to the same process, with the same right to go on."""
    fields = {"csrf_token": visitor.token("/login/web"), "user_name": "alice", "password": PASSWORD}
    answers = _copies(app, visitor, "/login/web", fields, 4)

    assert len(logon.sent) == 1
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.getlist("Set-Cookie"))) for answer in answers}) == 1


def test_a_double_click_on_the_code_leaves_the_person_signed_in(visitor: Visitor, logon: ScriptedLogon, app):
    """The browser shows the second answer; without its twin's it would say that nothing is open here."""
    path = visitor.reach_code()
    answers = _copies(app, visitor, path, {"csrf_token": visitor.token(path), "code": CODE}, 2)

    assert {answer.location for answer in answers} == {"/signed-in"}
    assert len(app.extensions["authsms"].sessions.list("local:alice")) == 1
    assert all(any("authsms-session=" in line for line in a.headers.getlist("Set-Cookie")) for a in answers)


def test_a_doubled_wrong_code_is_one_try(visitor: Visitor, logon: ScriptedLogon, app):
    """Tries are few."""
    path = visitor.reach_code()
    before = len(logon.answers)
    _copies(app, visitor, path, {"csrf_token": visitor.token(path), "code": "000000"}, 2)

    assert len(logon.answers) == before + 1


def test_a_doubled_resend_sends_one_text(visitor: Visitor, logon: ScriptedLogon, clock: ManualClock, app):
    """And is no refusal either."""
    path = visitor.reach_code()
    clock.advance(timedelta(seconds=31))
    answers = _copies(app, visitor, f"{path}/resend", {"csrf_token": visitor.token(path)}, 2)

    assert len(logon.sent) == 2
    assert {answer.location for answer in answers} == {path}


def test_something_else_typed_on_the_same_page_is_another_form(visitor: Visitor, logon: ScriptedLogon):
    """Back, and another code."""
    path = visitor.reach_code()
    token = visitor.token(path)

    assert visitor.post(path, {"csrf_token": token, "code": "000000"}).location == path
    assert visitor.post(path, {"csrf_token": token, "code": CODE}).location == "/signed-in"


def test_a_form_that_failed_can_be_sent_again(visitor: Visitor, logon: ScriptedLogon):
    """The directory was away; the same page works when it is back."""
    fields = {"csrf_token": visitor.token("/login/web"), "user_name": "alice", "password": PASSWORD}
    logon.failure = DirectoryUnavailableError("away")
    assert visitor.post("/login/web", fields).status_code == 503
    logon.failure = None

    assert visitor.post("/login/web", fields).status_code == 303
    assert len(logon.sent) == 1


def test_the_answer_is_not_kept_for_another_browser(visitor: Visitor, stranger: Visitor, logon: ScriptedLogon):
    """Who has seen the form but has not the cookie gets nothing."""
    fields = {"csrf_token": visitor.token("/login/web"), "user_name": "alice", "password": PASSWORD}
    visitor.post("/login/web", fields)
    stranger.get("/login/web")

    assert stranger.post("/login/web", fields).status_code == 403


@pytest.mark.parametrize("seconds", [61, 600])
def test_the_answer_is_forgotten_after_a_minute(visitor, logon, clock, app, seconds):
    """It holds cookies, sealed; none is kept longer than a double click needs."""
    fields = {"csrf_token": visitor.token("/login/web"), "user_name": "alice", "password": PASSWORD}
    first = visitor.post("/login/web", fields).location
    clock.advance(timedelta(seconds=seconds))

    assert visitor.post("/login/web", fields).location != first
