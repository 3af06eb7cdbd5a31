"""Logging people in by REST, step by step."""

from authsms.logon.catalog import Chain
from tests.integration.logon.house import PASSWORD

OVER = {
    "status": "error",
    "errors": [{"name": "not-found", "description": "There is no such thing."}],
}


def test_password_then_code_brings_a_login_session(program, house):
    """The walk of the manual: begin, password, empty answer for the code, code, look up, log out."""
    began = program.begin(event="web", method_id="LDAP_PASSWORD:1")
    passed = program.do(began, PASSWORD)
    asked = program.do(passed)
    done = program.do(asked, house.code())
    address = f"/sessions/{done['login_session_id']}"
    session = program.call("GET", address).get_json()

    assert ("MORE_DATA", "LDAP_PASSWORD:1", []) == _where(began)
    assert ("NEXT", "SMS_OTP:1", ["LDAP_PASSWORD:1"]) == _where(passed)
    assert ("MORE_DATA", "SMS_OTP:1", ["LDAP_PASSWORD:1"]) == _where(asked)
    assert ("OK", None, ["LDAP_PASSWORD:1", "SMS_OTP:1"]) == _where(done)
    assert ("alice", ["pwd", "otp", "sms"]) == (session["user_name"], session["methods"])
    assert ["Staff"] == session["groups"]
    assert 204 == program.call("DELETE", address).status_code
    assert 404 == program.call("GET", address).status_code
    assert {"Kiosk"} == {view.entry.endpoint for view in house.audit.search() if "endpoint" not in view.entry.tag}


def test_chains_that_need_a_browser_are_not_offered_and_alone_refused_by_that_name(program, house):
    """No program can ask for a passkey."""
    refused = program.call("POST", "/logon", {"user_name": "alice", "chain": "directory-passkey"})
    house.catalog.save_event("web", "Web", ["directory-passkey"])
    listed = program.call("GET", "/logon/chains?user_name=alice")

    assert [400, 400] == [refused.status_code, listed.status_code]
    assert "needs a browser" in refused.text
    assert "needs a browser" in listed.text


def test_the_first_empty_answer_tells_where_the_code_went_and_a_later_one_brings_another(program, house):
    """The text is on its way since the password passed; a program that asks for it pays for no second one."""
    asked = program.do(program.at_code())
    early = program.do(asked, "")
    first = house.code()
    house.wait(31)
    again = program.do(early, " ")
    refused = program.do(again, first)

    assert "•••••••42" == asked["details"]["recipient"]
    assert ("code.sent", "sending") == (asked["reason"], asked["details"]["delivery"])
    assert "code.wait" == early["reason"]
    assert 2 == len(house.sent)
    assert ("MORE_DATA", "code.refused") == (refused["status"], refused["reason"])
    assert "OK" == program.do(refused, house.code())["status"]


def test_an_empty_answer_is_never_a_try(program, house):
    """Neither of a password nor of a code."""
    state = program.do(program.begin())
    program.do(program.do(program.do(state, PASSWORD)))

    assert ("MORE_DATA", "password.ask") == (state["status"], state["reason"])
    assert "logon.method-failed" not in house.tags()


def test_a_wrong_answer_is_asked_again_in_words_for_the_person(program, house):
    """Expected outcomes are no errors; limits are."""
    wrong = program.do(program.begin(), "nope")
    code = program.do(program.do(wrong, PASSWORD), house.wrong_code())

    assert ("MORE_DATA", "password.refused") == (wrong["status"], wrong["reason"])
    assert wrong["msg"].startswith("User name or password is not right.")
    assert ("MORE_DATA", "code.refused") == (code["status"], code["reason"])
    assert "OK" == program.do(code, house.code())["status"]


def test_an_unknown_name_looks_like_a_known_one(program, house):
    """A-04, ATK-17: chains, first step and refusal tell nobody who exists."""
    seen = []
    for name in ("alice", "mallory"):
        chains = program.call("GET", f"/logon/chains?user_name={name}&event=web")
        began = program.begin(name)
        refused = program.do(began, "nope")
        for state in (began, refused):
            state.pop("logon_process_id")
        seen.append((chains.status_code, chains.get_json(), began, refused))

    assert seen[0] == seen[1]
    assert [] == house.sent


def test_chains_are_what_may_be_begun_with(program, house):
    """Those for everybody; a name from the list is taken literally."""
    house.catalog.save_chain(Chain("directory-only", "Password", ("LDAP_PASSWORD:1",)))
    house.catalog.save_chain(Chain("directory-vip", "Important people", ("SMS_OTP:1",), frozenset({"vip"})))
    house.catalog.save_event("web", "Web", ["directory-sms", "directory-only", "directory-vip", "local-sms"])
    listed = program.call("GET", "/logon/chains?user_name=alice").get_json()
    done = program.do(program.begin(chain="directory-only"), PASSWORD)

    assert ["directory-sms", "directory-only"] == [chain["name"] for chain in listed["chains"]]
    assert ("OK", ["LDAP_PASSWORD:1"]) == (done["status"], done["completed_methods"])


def test_a_code_may_come_first_where_a_chain_says_so(program, house):
    """Before anything is proven, nothing is told of the text."""
    house.catalog.save_chain(Chain("code-first", "Code, then password", ("SMS_OTP:1", "LDAP_PASSWORD:1")))
    house.catalog.save_event("web", "Web", ["directory-sms", "code-first"])
    began = program.begin(method_id="SMS_OTP:1")
    asked = program.do(began)

    assert ("SMS_OTP:1", "") == (began["current_method"], began["details"]["delivery"])
    assert 1 == len(house.sent)
    assert "LDAP_PASSWORD:1" == program.do(asked, house.code())["current_method"]


def test_another_way_is_taken_by_chain_or_by_method(program, house):
    """What has passed is not asked again."""
    house.catalog.save_chain(Chain("directory-only", "Password", ("LDAP_PASSWORD:1", "PASSWORD:1")))
    house.catalog.save_chain(Chain("directory-plain", "Code and password", ("SMS_OTP:1", "LDAP_PASSWORD:1")))
    house.catalog.save_event("web", "Web", ["directory-sms", "directory-plain"])
    began = program.begin()
    address = f"/logon/{began['logon_process_id']}/next"
    stays = program.call("POST", address, {"method_id": "LDAP_PASSWORD:1"}).get_json()
    other = program.call("POST", address, {"method_id": "SMS_OTP:1"}).get_json()
    back = program.call("POST", address, {"chain": "directory-sms"}).get_json()

    assert ["LDAP_PASSWORD:1", "SMS_OTP:1", "LDAP_PASSWORD:1"] == [
        one["current_method"] for one in (stays, other, back)
    ]
    assert 404 == program.call("POST", address, {"chain": "nothing"}).status_code
    assert 404 == program.call("POST", address, {"method_id": "PASSWORD:1"}).status_code
    assert 400 == program.call("POST", address, {}).status_code


def test_steps_in_a_wrong_order_lead_nowhere(program, house):
    """ATK-08: no method is skipped, nothing that is over goes on."""
    began = program.begin()
    skipped = program.do(began, "123456")
    done = program.do(program.do(skipped, PASSWORD), house.code())
    address = f"/logon/{done['logon_process_id']}"

    assert ("MORE_DATA", []) == (skipped["status"], skipped["completed_methods"])
    for method, path in (("GET", address), ("DELETE", address), ("POST", f"{address}/do_logon")):
        answer = program.call(method, path)
        assert (404, OVER) == (answer.status_code, answer.get_json())


def test_a_logon_ends_when_it_is_given_up_and_after_ten_minutes(program, house):
    """Nothing goes on behind either."""
    given_up, old = program.begin(), program.begin()

    assert 204 == program.call("DELETE", f"/logon/{given_up['logon_process_id']}").status_code
    house.wait(601)
    for state in (given_up, old):
        assert 404 == program.call("GET", f"/logon/{state['logon_process_id']}").status_code
    assert "logon.cancelled" in house.tags()


def test_a_logon_belongs_to_the_endpoint_session_that_began_it(program, stranger, house):
    """Neither another endpoint nor another session of the same one can use its id."""
    state = program.at_code()
    address = f"/logon/{state['logon_process_id']}"
    own, other = program.token, stranger.token
    second = program.open("another-salt").token
    for token in (other, second):
        for method, path in (("GET", address), ("DELETE", address), ("POST", f"{address}/do_logon")):
            answer = program.call(method, path, token=token)
            assert (404, OVER) == (answer.status_code, answer.get_json())
        assert 404 == program.call("POST", f"{address}/next", {"method_id": "SMS_OTP:1"}, token=token).status_code
    program.token = own

    assert "OK" == program.do(state, house.code())["status"]


def test_a_login_session_belongs_to_its_endpoint(program, stranger, house):
    """ATK-43: an id that was seen elsewhere opens nothing; another session of the same endpoint may use it."""
    done = program.log_in()
    house.wait(31)
    elsewhere = house.log_in()
    direct = house.sessions.find(elsewhere.session_token).id
    address = f"/sessions/{done['login_session_id']}"

    assert [404, 404] == [
        program.call(method, address, token=stranger.token).status_code for method in ("GET", "DELETE")
    ]
    assert 404 == program.call("GET", f"/sessions/{direct}").status_code
    assert 200 == program.open("another-salt").call("GET", address).status_code


def test_looking_somebody_up_counts_as_use(program, house):
    """Otherwise everybody would be logged out an hour later, however busy."""
    address = f"/sessions/{program.log_in()['login_session_id']}"
    seen = []
    for salt in ("second-salt", "third-salt"):
        house.wait(3000)
        seen.append(program.open(salt).call("GET", address).status_code)
    house.wait(3601)

    assert [200, 200] == seen
    assert 404 == program.open("fourth-salt").call("GET", address).status_code


def test_guesses_are_limited_by_the_persons_own_address(program, house):
    """The same limits as behind every door; the endpoint tells where the person is."""
    for _ in range(10):
        program.do(program.begin(client_ip="198.51.100.7"), "nope")
    state = program.begin(client_ip="198.51.100.7")
    limited = program.call("POST", f"/logon/{state['logon_process_id']}/do_logon", {"response": {"answer": PASSWORD}})
    elsewhere = program.do(program.begin(client_ip="2001:db8::7"), PASSWORD)

    assert (429, "too-many-requests") == (limited.status_code, limited.get_json()["errors"][0]["name"])
    assert int(limited.headers["Retry-After"]) > 0
    assert "NEXT" == elsewhere["status"]


def test_a_directory_that_is_away_decides_nothing(program, house):
    """F-17: 503 and the same step again, never a refusal."""
    state = program.begin()
    house.people.away = True
    away = program.call("POST", f"/logon/{state['logon_process_id']}/do_logon", {"response": {"answer": PASSWORD}})
    house.people.away = False

    assert 503 == away.status_code
    assert "NEXT" == program.do(state, PASSWORD)["status"]


def test_an_event_that_admits_only_some_endpoints_is_kept_for_them(program, stranger, house):
    """An endpoint logs people on to its own event, and only if that wants it."""
    house.catalog.save_event("web", "Web", ["directory-sms"], [program.endpoint.id])
    heard = [one.call("POST", "/logon", {"user_name": "alice"}).status_code for one in (program, stranger)]

    assert [201, 404] == heard
    assert 404 == stranger.call("GET", "/logon/chains?user_name=alice").status_code
    assert 404 == program.call("POST", "/logon", {"user_name": "alice", "event": "admin"}).status_code


def _where(state):
    return state["status"], state["current_method"], state["completed_methods"]
