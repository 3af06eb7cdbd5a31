"""Methods that people set up from a program's own pages."""

import pyotp
import pytest

from authsms.client import RefusedError
from authsms.logon.enrollment import PENDING_LIFETIME
from tests.functional.protocols.rest.program import Program, serve
from tests.functional.protocols.rest.test_rest_client import open_client


def enroll(program: Program, session_id: str, method: str = "TOTP:1", **facts):
    """Begin to set a method up."""
    return program.call("POST", "/enroll", {"login_session_id": session_id, "method_id": method, **facts})


def hand_over(program: Program, session_id: str, process_id: str, typed: str = ""):
    """Hand over a code of the app."""
    body = {"login_session_id": session_id, "response": {"answer": typed}}
    return program.call("POST", f"/enroll/{process_id}/do_enroll", body)


def templates(program: Program, session_id: str):
    """Return what is set up."""
    found = program.call("GET", f"/templates?login_session_id={session_id}").get_json()["templates"]
    return [(one["method_id"], one["is_usable"], one["left"]) for one in found]


def code_of(house, secret: str, *, wrong: bool = False) -> str:
    """Return what the app shows, or something else."""
    shown = pyotp.TOTP(secret).at(house.clock.now())
    return f"{(int(shown) + 1) % 10**6:06d}" if wrong else shown


def test_an_app_is_set_up_step_by_step(house, program):
    """What it needs is told until the first code is right; then it is there, and a second one is refused."""
    session_id = program.log_in()["login_session_id"]
    began = enroll(program, session_id)
    state = began.get_json()
    process_id, secret = state["enroll_process_id"], state["data"]["secret"]
    again = hand_over(program, session_id, process_id).get_json()
    wrong = hand_over(program, session_id, process_id, code_of(house, secret, wrong=True)).get_json()
    odd = hand_over(program, session_id, process_id, "12").get_json()
    before = templates(program, session_id)
    done = hand_over(program, session_id, process_id, code_of(house, secret)).get_json()

    assert (201, "MORE_DATA", "app.ask") == (began.status_code, state["status"], state["reason"])
    assert state["data"]["address"].startswith("otpauth://totp/")
    assert state["data"] == again["data"]
    assert [("MORE_DATA", "app.refused", None), ("MORE_DATA", "code.malformed", None)] == [
        (one["status"], one["reason"], one["data"]) for one in (wrong, odd)
    ]
    assert ("OK", "app.ready") == (done["status"], done["reason"])
    assert ([], [("TOTP:1", True, None)]) == (before, templates(program, session_id))
    assert 409 == enroll(program, session_id).status_code
    assert 404 == hand_over(program, session_id, process_id, code_of(house, secret)).status_code
    assert "method.set-up" in house.tags()


def test_recovery_codes_are_ready_at_once(house, program):
    """New ones in the place of others only when that is wished."""
    session_id = program.log_in()["login_session_id"]
    made = enroll(program, session_id, "RECOVERY_CODE:1")
    state = made.get_json()
    twice = enroll(program, session_id, "RECOVERY_CODE:1").status_code
    anew = enroll(program, session_id, "RECOVERY_CODE:1", replace=True).get_json()["data"]["codes"]

    assert (201, "OK", None) == (made.status_code, state["status"], state["enroll_process_id"])
    assert 10 == len(set(state["data"]["codes"])) == len(set(anew) - set(state["data"]["codes"]))
    assert 409 == twice
    assert [("RECOVERY_CODE:1", True, 10)] == templates(program, session_id)


def test_new_codes_in_the_place_of_others_end_other_sessions(house, program):
    """One of them may be a thief's, opened with a code of the old sheet; the session that asked goes on."""
    before = program.log_in()["login_session_id"]
    house.wait(61)
    session_id = program.log_in()["login_session_id"]
    enroll(program, session_id, "RECOVERY_CODE:1")
    first = program.call("GET", f"/sessions/{before}").status_code
    enroll(program, session_id, "RECOVERY_CODE:1", replace=True)
    after = [program.call("GET", f"/sessions/{one}").status_code for one in (before, session_id)]

    assert (200, [404, 200]) == (first, after)


def test_only_whoever_has_just_logged_in_sets_something_up(house, program, stranger):
    """Another endpoint's session is nobody's, an old one is not proof enough, and another seed is another process."""
    session_id = program.log_in()["login_session_id"]
    began = enroll(program, session_id).get_json()
    other = [enroll(stranger, session_id), hand_over(stranger, session_id, began["enroll_process_id"])]
    guessed = hand_over(program, session_id, "0" * 32, "123456")
    house.wait(301)
    late = [enroll(program, session_id), enroll(program, session_id, "RECOVERY_CODE:1")]
    house.wait(PENDING_LIFETIME.total_seconds())
    program.open("another-salt")
    over = hand_over(program, session_id, began["enroll_process_id"])

    assert [404, 404, 404] == [one.status_code for one in (*other, guessed)]
    assert [(403, "proof-needed")] * 2 == [(one.status_code, one.get_json()["errors"][0]["name"]) for one in late]
    assert 404 == over.status_code


def test_no_secret_is_kept_or_logged(house, program, logged):
    """Neither of the app, nor the codes."""
    session_id = program.log_in()["login_session_id"]
    secret = enroll(program, session_id).get_json()["data"]["secret"]
    codes = enroll(program, session_id, "RECOVERY_CODE:1").get_json()["data"]["codes"]
    everything = house.dump() + logged.text

    assert not [word for word in (secret, *codes) if word in everything]


def test_the_client_sets_methods_up(house, program):
    """As a developer would."""
    with serve(program) as address, open_client(address, program) as client:
        logon = client.begin("alice")
        logon.answer("correct horse")
        logon.answer(house.code())
        assert logon.session_id is not None
        app = client.enroll(logon.session_id, "TOTP:1")
        app.answer(code_of(house, app.secret, wrong=True))
        is_open = app.is_open
        app.answer(code_of(house, app.secret))
        sheet = client.enroll(logon.session_id, "RECOVERY_CODE:1")
        with pytest.raises(RefusedError) as refused:
            client.enroll(logon.session_id, "TOTP:1")

        assert (True, False, True) == (is_open, app.is_open, app.is_done)
        assert 10 == len(sheet.codes)
        assert ("conflict", ("RECOVERY_CODE:1", "TOTP:1")) == (
            refused.value.name,
            tuple(sorted(client.methods(logon.session_id))),
        )
