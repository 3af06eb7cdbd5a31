"""Clickatell: where its interfaces differ from others and from each other; requests and answers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from authsms.plugin_api import (
    Accepted,
    InvalidInputError,
    NotTaken,
    Outcome,
    PerhapsTaken,
    RefusalScope,
    Refused,
    SenderService,
)
from tests.plugins import clickatell_side as side
from tests.plugins import hostile
from tests.plugins.contract_suite import PHONE, SECRETS, SUBMISSION
from tests.plugins.hostile import HostileServer

DIGITS = PHONE.lstrip("+")
PLAIN = replace(SUBMISSION, text="739201 is your code.")
MESSAGE, CONFIGURATION = RefusalScope.MESSAGE, RefusalScope.CONFIGURATION


def _form(text: str = PLAIN.text, **changes) -> dict[str, list[str]]:
    """Return the form the classic interface gets."""
    request = side.http(**changes).build_request(replace(SUBMISSION, text=text))
    return parse_qs((request.body or b"").decode(), keep_blank_values=True)


def _met(outcome: Outcome) -> Any:
    return outcome.scope if isinstance(outcome, Refused) else type(outcome)


def _after(behave: hostile.Behaviour, make: Any) -> Outcome:
    with HostileServer(behave) as server:
        service: SenderService = make(base_url=server.url)
        return service.submit(SUBMISSION)


class TestClassicRequest:
    """What the classic interface gets."""

    def test_it_is_the_one_of_the_manual(self):
        """A POST, so that the password stands in no address; digits without the plus; our id in 32 characters."""
        request = side.http(sender="+447700900100", keep_sender=True).build_request(PLAIN)
        form = _form(sender="+447700900100", keep_sender=True)

        assert ("POST", "https://api.clickatell.com/http/sendmsg") == (request.method, request.url)
        assert {
            "user": ["me"],
            "password": [SECRETS[0]],
            "api_id": ["3400000"],
            "to": [DIGITS],
            "text": [PLAIN.text],
            "from": ["447700900100"],
            "mo": ["1"],
            "concat": ["3"],
            "cliMsgId": [SUBMISSION.message_id],
            "callback": ["7"],
        } == form

    def test_what_is_not_set_is_not_sent(self):
        """No empty sender, no callbacks where nobody can be reached, no id that is too long."""
        bare = replace(PLAIN, callback_url=None, message_id="m" * 33)
        request = side.http().build_request(bare)

        assert {"user", "password", "api_id", "to", "text", "concat"} == parse_qs((request.body or b"").decode()).keys()

    @pytest.mark.parametrize(
        ("text", "accents", "is_unicode"),
        [
            ("plain [text] ~", "unicode", False),
            ("für", "unicode", True),
            ("für", "utf8", False),
            ("5 €", "utf8", False),
            ("ç", "utf8", True),
            ("`", "unicode", True),
            ("😀", "utf8", True),
        ],
    )
    def test_what_the_alphabet_cannot_carry_goes_as_unicode(self, text, accents, is_unicode):
        """Accents do so, too, unless told otherwise: the manual names no charset for them."""
        form = _form(text, accents=accents)

        assert is_unicode is (form.get("unicode") == ["1"])
        assert text == (bytes.fromhex(form["text"][0]).decode("utf-16-be") if is_unicode else form["text"][0])

    def test_the_hexadecimal_text_is_not_shown(self):
        """Whoever can read it has the code."""
        with HostileServer(side.said("ERR: 116, 0037003300390032003000310020")) as server:
            trial = side.http(base_url=server.url).try_out(SUBMISSION)

        assert SUBMISSION.text.encode("utf-16-be", "replace").hex().upper()[:40] not in f"{trial}"
        assert "003700330039003200300031" not in f"{trial}"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"user": ""}, "user"),
            ({"password": ""}, "password"),
            ({"api_id": ""}, "api_id"),
            ({"parts": 4}, "parts"),
            ({"sender": "A name that is too long"}, "sender"),
            ({"sender": "+0123"}, "sender"),
            ({"accents": "latin1"}, "accents"),
            ({"callback_user": ""}, "callback_password"),
            ({"callback_password": ""}, "callback_password"),
            ({"base_url": "api.clickatell.com"}, "base_url"),
        ],
    )
    def test_settings_that_cannot_work_are_refused_by_name(self, changes, field):
        """The form shows the error beside its field."""
        with pytest.raises(InvalidInputError) as caught:
            side.http(**changes)

        assert field == caught.value.field


class TestClassicAnswers:
    """What ``ERR:`` within a good status means."""

    @pytest.mark.parametrize(
        ("codes", "expected"),
        [
            ("001 002 004 007 106 108 109 123 301", CONFIGURATION),
            ("101 102 103 104 105 107 113 114 115 116 120 121 128 201 202 999", MESSAGE),
            ("003 005 130 901", NotTaken),
        ],
    )
    def test_each_code_is_classified(self, codes, expected):
        """The status is 200 for all of them."""
        for code in codes.split():
            outcome = _after(side.said(f"ERR: {code}, Some words"), side.http)

            assert (expected, code, False) == (_met(outcome), outcome.code, getattr(outcome, "opted_out", False))  # type: ignore[union-attr]

    def test_an_opted_out_person_is_told_apart(self):
        """Nobody else may text that person either."""
        assert Refused(MESSAGE, "122", "Destination mobile opted out", opted_out=True) == _after(
            side.said("ERR: 122, Destination mobile opted out"), side.http
        )

    def test_a_recipient_behind_the_id_is_normal(self):
        """Answers to several recipients say whose id it is."""
        assert Accepted(side.NUMBER) == _after(side.said(f"ID: {side.NUMBER} To: {DIGITS}\r\n"), side.http)

    def test_the_limit_ends_when_the_answer_says(self):
        """A Unix time in its words; at most an hour, and never before now."""
        soon = int((datetime.now(UTC) + timedelta(minutes=10)).timestamp())
        waits = [
            _after(side.said(f"ERR: 130, Outbound limit reached. Try after: {moment}"), side.http).retry_after  # type: ignore[union-attr]
            for moment in (soon, soon + 86_400, 1_000_000_000, "later")
        ]

        assert waits[0] is not None
        assert timedelta(minutes=9) < waits[0] <= timedelta(minutes=10)
        assert [timedelta(hours=1), timedelta(), None] == waits[1:]

    def test_the_balance_is_told_in_credits(self):
        """The password goes in the body here, too."""
        with HostileServer(side.said("Credit: 12.3")) as server:
            balance = side.http(base_url=server.url).balance()

        assert balance is not None
        assert ("12.3", "credits") == (str(balance.amount), balance.currency)
        assert server.requests[0].startswith(b"POST /http/getbalance HTTP/1.1\r\n")

    @pytest.mark.parametrize("body", ["ERR: 001, Authentication failed", "Credit: much", "", "Credit: 1e99999"])
    def test_a_balance_nobody_can_read_is_none(self, body):
        """Errors come with 200 here as well."""
        with HostileServer(side.said(body)) as server:
            assert side.http(base_url=server.url).balance() is None


class TestNewerRequests:
    """What the two interfaces at platform.clickatell.com get."""

    def test_the_platform_gets_its_body(self):
        """The recipient is a list, the key stands bare in its header and nowhere else."""
        request = side.platform(sender="+447700900100").build_request(PLAIN)

        assert "https://platform.clickatell.com/messages" == request.url
        assert ("Authorization", SECRETS[0]) in request.headers
        assert request.body == (
            b'{"content": "739201 is your code.", "to": ["4915112345678"], "charset": "UTF-8", '
            b'"clientMessageId": "00000000000000000000000000000007", "from": "447700900100"}'
        )

    def test_the_one_api_gets_its_own(self):
        """The recipient is a text, in a list of messages."""
        request = side.one(sender="Example").build_request(PLAIN)

        assert "https://platform.clickatell.com/v1/message" == request.url
        assert request.body == (
            b'{"messages": [{"channel": "sms", "to": "4915112345678", "content": "739201 is your code.", '
            b'"clientMessageId": "00000000000000000000000000000007", "from": "Example"}]}'
        )

    @pytest.mark.parametrize("key", ["", "Bearer abc", "ключ", "a\nb"])
    @pytest.mark.parametrize("make", [side.platform, side.one])
    def test_a_key_with_a_word_before_it_is_refused_on_save(self, make, key):
        """Clickatell would not know it."""
        with pytest.raises(InvalidInputError) as caught:
            make(api_key=key)

        assert "api_key" == caught.value.field


class TestNewerAnswers:
    """What a message's own error means."""

    def test_a_number_that_is_refused_with_202_is_refused(self):
        """As the vendor's client gets it; the words reach the administrator."""
        lie = side.platform_answer(accepted=False, apiMessageId=None, error="Invalid destination address.")
        outcome = _after(lie, side.platform)

        assert Refused(MESSAGE, "not_accepted", "Invalid destination address.") == outcome
        assert side.platform().advice("not_accepted")

    @pytest.mark.parametrize(
        ("codes", "expected"),
        [
            ("1 2 3 7 20 28 44 45 46 101", CONFIGURATION),
            ("110 111", RefusalScope.DESTINATION),
            ("21 22 23 24 25 27 30 31 32 33 38 39 40 41 42 100", MESSAGE),
            ("18 19 43", NotTaken),
        ],
    )
    @pytest.mark.parametrize("status", [202, 207, 400])
    def test_each_code_of_the_one_api_is_classified(self, codes, expected, status):
        """Whether it stands with the message or over all of them."""
        for code in codes.split():
            error = {"code": int(code), "description": "Some words"}
            own = side.one_answer(status, accepted=False, apiMessageId=None, error=error)
            over_all = side.answered(status, {"messages": [], "error": error})

            assert [(expected, code)] * 2 == [
                (_met(outcome), outcome.code)  # type: ignore[union-attr]
                for outcome in (_after(own, side.one), _after(over_all, side.one))
            ]

    def test_an_opted_out_person_is_told_apart(self):
        """Also among messages of which others were accepted."""
        error = {"code": 26, "description": "Opted out"}
        lie = side.one_answer(207, accepted=False, apiMessageId=None, error=error)

        assert Refused(MESSAGE, "26", "Opted out", opted_out=True) == _after(lie, side.one)

    def test_an_unknown_error_of_the_one_api_is_still_a_refusal(self):
        """The message says that it was not accepted."""
        error = {"code": 777, "description": "New words"}
        lie = side.one_answer(207, accepted=False, apiMessageId=None, error=error)

        assert Refused(MESSAGE, "not_accepted", "New words") == _after(lie, side.one)

    def test_an_answer_that_says_nothing_about_the_message_leaves_it_open(self):
        """It may have been taken."""
        assert isinstance(_after(side.answered(202, {"messages": []}), side.platform), PerhapsTaken)
        assert isinstance(_after(side.one_answer(accepted=None), side.one), PerhapsTaken)

    def test_only_the_one_api_tells_the_balance(self):
        """For the Platform API nothing is published."""
        with HostileServer(side.answered(200, {"balance": 12.5, "currency": "EUR"})) as server:
            balance = side.one(base_url=server.url).balance()
            assert side.platform(base_url=server.url).balance() is None

        assert balance is not None
        assert ("12.5", "EUR") == (str(balance.amount), balance.currency)
        assert [True] == [request.startswith(b"GET /v1/balance HTTP/1.1") for request in server.requests]
