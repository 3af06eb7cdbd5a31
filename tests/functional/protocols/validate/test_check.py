"""Logging in through a plug-in made for privacyIDEA."""

import threading
from collections import Counter

import pytest

from authsms.identity.repository import PasswordVerdict
from authsms.logon.catalog import Wanted
from authsms.logon.kinds import ValidateProfile
from authsms.logon.overdue import OverdueRule
from tests.functional.protocols.validate.plug_in import PlugIn, open_app
from tests.integration.logon.house import ALICE, PASSWORD

ADDRESSES = ("/validate/check", "/validate/triggerchallenge", "/auth")

REFUSED = "User name, password or code is not right."
OVER = "That took too long. Please sign in again."


def test_password_then_code_lets_a_person_in(plug_in, house):
    """With every member that the Java, C++, C# and Perl clients read."""
    challenge = plug_in.check()
    accepted = plug_in.check(house.code(), transaction=challenge.transaction)
    detail = challenge.body["detail"]

    assert {"status": True, "value": False, "authentication": "CHALLENGE"} == challenge.body["result"]
    assert {"status": True, "value": True, "authentication": "ACCEPT"} == accepted.body["result"]
    assert "*******42" in challenge.message
    assert ("SMS_OTP", "sms", "interactive") == (detail["serial"], detail["type"], detail["preferred_client_mode"])
    assert [challenge.transaction] == detail["transaction_ids"]
    assert [challenge.message] == detail["messages"]
    (one,) = detail["multi_challenge"]
    assert {"interactive", challenge.transaction, challenge.message, "sms", "SMS_OTP"} <= set(one.values())
    assert ("2.0", "authsms") == (challenge.body["jsonrpc"], challenge.body["version"])
    assert "signature" not in challenge.body
    assert len(challenge.transaction) <= 253
    assert [] == house.sessions.list(ALICE.key)
    assert "logon.finished" in house.tags()


def test_a_password_that_must_be_changed_is_refused_by_that_name(plug_in, house):
    """No plug-in can ask for a new one."""
    house.people.verdicts["alice"] = PasswordVerdict.PASSWORD_EXPIRED
    house.catalog.save_all([], [Wanted("web", "Web", ("directory-sms",), overdue=OverdueRule.ASK)])
    refused = plug_in.check()

    assert {"status": True, "value": False, "authentication": "REJECT"} == refused.body["result"]
    assert "Your password must be changed first, on a web page or with the help desk." == refused.message


def test_an_event_that_needs_a_browser_is_refused_by_that_name(plug_in, house):
    """No plug-in can ask for a passkey here."""
    house.catalog.save_event("web", "Web", ["directory-passkey"])
    refused = plug_in.check()

    assert {"status": True, "value": False, "authentication": "REJECT"} == refused.body["result"]
    assert "Signing in here takes a browser. Please ask your help desk." == refused.message


def test_a_transaction_is_also_called_state_and_forms_may_be_json(plug_in, house):
    """The FreeRADIUS plug-in says state, and encodes twice; others send JSON."""
    agent = {"User-Agent": "FreeRADIUS"}
    twice = {"user": "alice", "pass": PASSWORD.replace(" ", "%20")}
    challenge = plug_in.send("/validate/check", twice, headers=agent).json
    state = challenge["detail"]["transaction_id"]
    sent = {"user": "alice", "pass": house.code(), "state": state}
    auth = (plug_in.endpoint.id, plug_in.secret)
    accepted = plug_in.http.post(f"{plug_in.base}/validate/check", json=sent, auth=auth).json

    assert accepted["result"]["value"] is True


def test_a_wrong_code_may_be_corrected_under_the_same_id(plug_in, house):
    """Plug-ins keep the id they know; every try is charged."""
    challenge = plug_in.check()
    wrong = plug_in.check(house.wrong_code(), transaction=challenge.transaction)
    accepted = plug_in.check(house.code(), transaction=challenge.transaction)
    again = plug_in.check(house.code(), transaction=challenge.transaction)

    assert ("REJECT", False) == (wrong.outcome, wrong.value)
    assert wrong.message.startswith("That was not right.")
    assert "transaction_id" not in wrong.body["detail"]
    assert "ACCEPT" == accepted.outcome
    assert ("REJECT", OVER) == (again.outcome, again.message)


def test_guessing_ends(plug_in, house):
    """ATK-01: after five wrong codes the right one is refused, too."""
    challenge = plug_in.check()
    for _ in range(5):
        plug_in.check(house.wrong_code(), transaction=challenge.transaction)

    assert "REJECT" == plug_in.check(house.code(), transaction=challenge.transaction).outcome


def test_a_wrong_password_and_an_unknown_name_are_refused_alike(plug_in, house):
    """A-04: no answer tells who exists, whatever is asked."""
    for ask in (plug_in.check, lambda password, user: plug_in.check(password, user, realm="corp")):
        wrong, unknown = ask("nope", "alice"), ask("nope", "mallory")

        assert ("REJECT", REFUSED) == (wrong.outcome, wrong.message)
        assert wrong.body == unknown.body
    assert [] == house.sent


def test_a_transaction_belongs_to_an_endpoint_and_a_name(plug_in, house):
    """What was seen on the way is worth nothing elsewhere, and is not spoilt by trying."""
    other = PlugIn.register(house, open_app(house), "Other")
    challenge = plug_in.check()
    elsewhere = other.check(house.code(), transaction=challenge.transaction)
    somebody = plug_in.check(house.code(), user="nina", transaction=challenge.transaction)
    forged = [plug_in.check(house.code(), transaction=text) for text in ("x", "A" * 200, "A" * 900, "=", "é")]

    assert {OVER} == {one.message for one in (elsewhere, somebody, *forged)}
    assert "ACCEPT" == plug_in.check(house.code(), transaction=challenge.transaction).outcome


def test_one_code_lets_in_once(plug_in, house):
    """ATK-05: the right code many times at once."""
    challenge = plug_in.check()
    code, app = house.code(), plug_in.http.application
    outcomes: Counter[str] = Counter()
    barrier = threading.Barrier(8)

    def answer() -> None:
        mine = PlugIn(app.test_client(), plug_in.endpoint, plug_in.secret)
        barrier.wait()
        outcomes[mine.check(code, transaction=challenge.transaction).outcome] += 1

    threads = [threading.Thread(target=answer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {"ACCEPT": 1, "REJECT": 7} == outcomes


def test_the_same_password_again_does_not_kill_the_code(plug_in, house):
    """A plug-in that tries twice: one text, and its code stays good."""
    first, second = plug_in.check(), plug_in.check()

    assert 1 == len(house.sent)
    assert ["CHALLENGE", "CHALLENGE"] == [first.outcome, second.outcome]
    assert "ACCEPT" == plug_in.check(house.code(), transaction=second.transaction).outcome


def test_another_code_can_be_asked_for(plug_in, house):
    challenge = plug_in.check()
    house.wait(120)
    again = plug_in.check("new", transaction=challenge.transaction)

    assert "CHALLENGE" == again.outcome
    assert 2 == len(house.sent)
    assert "ACCEPT" == plug_in.check(house.code(), transaction=again.transaction).outcome


def test_password_and_code_in_one_only_where_told_so(plug_in, house):
    """And only while that very password has brought a code on its way."""
    joining = PlugIn.register(house, open_app(house), "Joining", profile=ValidateProfile(joins_codes=True))
    early = joining.check(f"{PASSWORD}123456")
    joining.check()
    wrong = joining.check(f"{PASSWORD}{house.wrong_code()}")
    not_the_password = joining.check(f"nope{house.code()}")
    both = joining.check(f"{PASSWORD}{house.code()}")
    house.wait(3600)
    plug_in.check()
    not_told = plug_in.check(f"{PASSWORD}{house.code()}")

    assert ["REJECT", "REJECT"] == [early.outcome, not_the_password.outcome]
    assert wrong.message.startswith("That was not right.")
    assert "ACCEPT" == both.outcome
    assert "REJECT" == not_told.outcome


def test_a_challenge_without_a_password_where_the_chain_begins_with_a_code(plug_in, house):
    """The first factor was checked by who asks; nobody learns who exists."""
    code_only = PlugIn.register(house, open_app(house), "Code", event="code")
    triggered, unknown = code_only.trigger(), code_only.trigger("mallory")
    by_empty_password = code_only.check("", user="nina")
    accepted = code_only.check(house_code := house.outbox.drafts[0].text[-6:], transaction=triggered.transaction)

    assert [("CHALLENGE", 1)] * 2 == [(one.outcome, one.value) for one in (triggered, unknown)]
    assert set(triggered.body["detail"]) == set(unknown.body["detail"])
    assert "CHALLENGE" == by_empty_password.outcome
    assert house_code.isdigit()
    assert "ACCEPT" == accepted.outcome


def test_no_text_goes_out_before_a_password_that_the_chain_asks_for(plug_in, house):
    """ATK-03."""
    triggered = plug_in.trigger()
    empty = plug_in.check("")

    assert ("REJECT", 0) == (triggered.outcome, triggered.value)
    assert [] == triggered.body["detail"]["transaction_ids"]
    assert ("REJECT", REFUSED) == (empty.outcome, empty.message)
    assert [] == house.sent


def test_polling_tells_nothing(plug_in, house):
    """Whatever is polled for is pending: known, used, unknown, empty."""
    challenge = plug_in.check()
    auth = (plug_in.endpoint.id, plug_in.secret)
    address = f"{plug_in.base}/validate/polltransaction"
    ids = (challenge.transaction, "unknown", "")
    heard = [plug_in.http.get(f"{address}?transaction_id={text}", auth=auth) for text in ids]
    plug_in.check(house.code(), transaction=challenge.transaction)
    heard.append(plug_in.http.get(f"{address}/{challenge.transaction}", auth=auth))

    assert 1 == len({one.data for one in heard})
    assert {"status": True, "value": False, "authentication": "REJECT"} == heard[0].json["result"]
    assert {"challenge_status": "pending"} == heard[0].json["detail"]
    assert "REJECT" == plug_in.check("", transaction=challenge.transaction).outcome


def test_radiuscheck_answers_by_status_alone(plug_in, house):
    challenge = plug_in.check()
    fields = {"user": "alice", "pass": house.code(), "transaction_id": challenge.transaction}
    accepted = plug_in.send("/validate/radiuscheck", fields)
    refused = plug_in.send("/validate/radiuscheck", {"user": "alice", "pass": "nope"})

    assert [(204, b""), (400, b"")] == [(one.status_code, one.data) for one in (accepted, refused)]


@pytest.mark.parametrize("fields", [{}, {"user": "alice"}, {"pass": "x"}, {"user": "", "pass": "x"}, {"serial": "x"}])
def test_a_request_that_lacks_something_is_an_error(plug_in, fields):
    answer = plug_in.send("/validate/check", fields)

    assert 400 == answer.status_code
    assert 905 == answer.json["result"]["error"]["code"]
    assert answer.json["result"]["status"] is False


def test_odd_bodies_are_errors(plug_in):
    """ATK-07, ATK-50: numbers, lists, objects, half a surrogate pair, megabytes, depths and nothing at all."""
    auth = (plug_in.endpoint.id, plug_in.secret)
    for body in ('{"user":"alice","pass":1}', '{"user":["alice"],"pass":"x"}', "[]", "{", '"x"', "null"):
        answer = plug_in.http.post(
            f"{plug_in.base}/validate/check", data=body, content_type="application/json", auth=auth
        )
        assert 400 == answer.status_code
    halved = ('{"user":"\\ud800","pass":"x"}', '{"user":"alice","pass":"\\ud800"}')
    for path, body in [*((path, "[" * 50_000) for path in ADDRESSES), *(("/validate/check", one) for one in halved)]:
        answer = plug_in.http.post(f"{plug_in.base}{path}", data=body, content_type="application/json", auth=auth)
        assert 400 == answer.status_code
    assert 400 == plug_in.send("/validate/check", {"user": "alice", "pass": "x" * 5000}).status_code
    address = f"{plug_in.base}/validate/check?user=alice&pass=x"
    assert 405 == plug_in.http.get(address, auth=auth).status_code
    assert 400 == plug_in.http.post(address, auth=auth).status_code


def test_a_directory_that_is_away_is_no_refusal(plug_in, house):
    house.people.away = True
    answer = plug_in.send("/validate/check", {"user": "alice", "pass": PASSWORD})

    assert 503 == answer.status_code
    assert answer.json["result"]["status"] is False


def test_answers_are_in_the_language_of_the_person(plug_in):
    fields = {"user": "alice", "pass": "nope"}
    answer = plug_in.send("/validate/check", fields, headers={"Accept-Language": "de-DE,de;q=0.9"})

    assert "Benutzername, Passwort oder Code ist nicht richtig." == answer.json["detail"]["message"]
