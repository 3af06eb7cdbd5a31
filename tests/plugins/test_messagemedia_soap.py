"""MessageMedia's SOAP interface: counts that decide, faults, reports that are fetched, and hostile XML."""

import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from authsms.plugin_api import (
    Accepted,
    Balance,
    InvalidInputError,
    NotTaken,
    PerhapsTaken,
    Polled,
    Receipt,
    ReceiptState,
    Refused,
)
from tests.plugins import hostile
from tests.plugins import messagemedia_side as side
from tests.plugins.contract_suite import PHONE, SUBMISSION
from tests.plugins.hostile import HostileServer

_GOOD = side.envelope(side.sent()).decode()
_ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
_BOMB = f'<!DOCTYPE a [<!ENTITY e0 "boom">{_ENTITIES}]>'
_QUADRATIC = f'<!DOCTYPE a [<!ENTITY e "{"x" * 20_000}">]>'
_FILE = '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


def _submit(behave: hostile.Behaviour):
    with HostileServer(behave) as server:
        return side.soap(base_url=server.url).submit(SUBMISSION)


def _answer(body: str | bytes):
    return hostile.answer(200, body.encode() if isinstance(body, str) else body, side.XML)


def _poll(behave: hostile.Behaviour):
    with HostileServer(behave) as server:
        return side.soap(base_url=server.url).poll()


def _sent(service, submission=SUBMISSION):
    """Return the message in a request, element by element."""
    body = service.build_request(submission).body or b""
    found = ET.fromstring(body).find(f".//{{{side.SPACE}}}message")  # noqa: S314 - ours
    assert found is not None
    return {one.tag.partition("}")[2]: one for one in found}


class TestRequest:
    """What goes out."""

    def test_numbers_are_digits_and_carry_a_number_of_ours(self):
        """Which a second try repeats, and another text does not share."""
        recipient = _sent(side.soap())["recipients"][0]
        again = _sent(side.soap(), replace(SUBMISSION, text="other"))["recipients"][0]
        other = _sent(side.soap(), replace(SUBMISSION, message_id="8" * 32))["recipients"][0]

        assert PHONE.lstrip("+") == recipient.text
        assert recipient.get("uid") == again.get("uid") != other.get("uid")
        assert 0 < int(recipient.get("uid", "")) < 2**32

    def test_a_numeric_sender_loses_its_plus(self):
        """As in MessageMedia's samples; without one MessageMedia chooses."""
        sender = _sent(side.soap(sender="+491715550100"))["origin"]

        assert "491715550100" == sender.text
        assert "origin" not in _sent(side.soap(sender=""))

    @pytest.mark.parametrize(
        ("minutes", "expected"), [(1, "0"), (5, "0"), (10, "1"), (14, "1"), (15, "2"), (719, "142"), (720, None)]
    )
    def test_the_validity_counts_steps_of_five_minutes_where_that_is_chosen(self, minutes, expected):
        """GSM 03.40, 9.2.3.12.1; beyond twelve hours the steps are others."""
        submission = replace(SUBMISSION, lifetime=timedelta(minutes=minutes))
        found = _sent(side.soap(validity="gsm"), submission).get("validityPeriod")

        assert expected == (None if found is None else found.text)
        assert "validityPeriod" not in _sent(side.soap(), submission)

    def test_characters_that_xml_cannot_hold_are_replaced(self):
        """One of them in a template must not stop every login."""
        content = _sent(side.soap(), replace(SUBMISSION, text="1\x00\x0b\ufffe\ud800 739201\r\n\t<>&"))["content"]

        assert "1???? 739201\r\n\t<>&" == content.text

    @pytest.mark.parametrize(
        "url", ["https://api.messagemedia.com", "https://eu.app.api.sinch.com/", "https://au.app.api.sinch.com"]
    )
    def test_the_address_of_the_rest_api_is_refused_in_plain_words(self, url):
        """One account speaks one of the two."""
        with pytest.raises(InvalidInputError, match="either REST or SOAP") as caught:
            side.soap(base_url=url)

        assert "base_url" == caught.value.field

    def test_a_process_without_soap_does_not_load_it(self):
        """It takes half a second and some memory, and most have no use for it."""
        program = "import sys, authsms_messagemedia_soap; print([*{'zeep', 'lxml'} & set(sys.modules)])"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)

        assert "[]" == done.stdout.strip()


class TestAnswer:
    """What comes back."""

    def test_one_text_sent_is_acceptance(self):
        """With our number: the interface gives none."""
        uid = _sent(side.soap())["recipients"][0].get("uid", "")

        assert Accepted(uid, "sent") == _submit(side.enveloped(side.sent()))
        assert Accepted(uid, "scheduled") == _submit(side.enveloped(side.sent((0, 1, 0))))

    @pytest.mark.parametrize(
        ("code", "expected", "opted_out"),
        [
            ("invalidRecipient", Refused, False),
            ("recipientBlocked", Refused, True),
            ("emptyMessageContent", Refused, False),
            ("messageLengthLimit", Refused, False),
            ("other", NotTaken, False),
            ("unheardOf", PerhapsTaken, False),
        ],
    )
    def test_a_count_of_failures_says_why(self, code, expected, opted_out):
        """With status 200."""
        outcome = _submit(side.enveloped(side.sent((0, 0, 1), code)))

        assert isinstance(outcome, expected)
        assert code == outcome.code
        assert opted_out == getattr(outcome, "opted_out", False)

    @pytest.mark.parametrize("status", [200, 500])
    @pytest.mark.parametrize(
        ("code", "expected", "scope"),
        [
            ("authenticationFailed", Refused, "configuration"),
            ("invalidDataFormat", Refused, "message"),
            ("requestSizeLimit", Refused, "message"),
            ("perDayMessageLimit", NotTaken, ""),
            ("unheardOf", PerhapsTaken, ""),
        ],
    )
    def test_a_fault_says_why(self, status, code, expected, scope):
        """Whatever its status."""
        outcome = _submit(side.enveloped(side.fault(code, "Words of theirs"), status))

        assert isinstance(outcome, expected)
        assert (code, "Words of theirs") == (outcome.code, outcome.detail)
        assert scope == getattr(outcome, "scope", "")

    def test_a_fault_with_a_detail_nobody_knows_is_a_failure_all_the_same(self):
        """It may come from something in between."""
        strange = side.fault("x").replace(side.SPACE, "http://gateway.example/")

        assert isinstance(_submit(side.enveloped(strange, 500)), PerhapsTaken)
        assert isinstance(_submit(side.enveloped(strange, 401)), Refused)

    def test_the_credit_is_told(self):
        """Of the day."""
        body = side.result("checkUser", "", side.DETAILS)
        with HostileServer(side.enveloped(body)) as server:
            assert Balance(Decimal(496), "credits") == side.soap(base_url=server.url).balance()
        with HostileServer(side.enveloped(side.fault("authenticationFailed"), 500)) as server:
            assert side.soap(base_url=server.url).balance() is None


class TestReports:
    """What is fetched."""

    def test_each_status_has_its_meaning(self):
        """Reports of texts that carried no number are confirmed without being ours."""
        lines = [
            side.line(7, 1, "pending"),
            side.line(7, 2, "delivered", "2010-11-03T22:49:02+11:00"),
            side.line(8, 3, "failed", "2010-11-03T11:49:02"),
            side.line(9, 4, "teleported"),
            side.line(0, 5, "delivered"),
        ]
        moment = datetime(2010, 11, 3, 11, 49, 2, tzinfo=UTC)
        expected = (
            Receipt("7", ReceiptState.SENT, "pending", "", moment),
            Receipt("7", ReceiptState.DELIVERED, "delivered", "", moment),
            Receipt("8", ReceiptState.FAILED, "failed", "not_delivered"),
            Receipt("9", ReceiptState.UNKNOWN_WORD, "teleported", "", moment),
        )

        assert Polled(expected, ("1", "2", "3", "4", "5"), has_more=True) == _poll(
            side.enveloped(side.reports(*lines, remaining=3))
        )
        assert side.soap().advice("not_delivered")

    def test_what_was_stored_is_confirmed_by_its_receipt(self):
        """Each of them once."""
        body = side.soap().confirm_request(("1", "4294967295")).body or b""
        reports = ET.fromstring(body).iter(f"{{{side.SPACE}}}report")  # noqa: S314 - ours

        assert ["1", "4294967295"] == [report.get("receiptId") for report in reports]

    @pytest.mark.parametrize(
        "behave",
        [
            side.enveloped(side.reports()),
            side.enveloped(side.reports(side.line("x", "y", "delivered"))),
            side.enveloped(side.fault("authenticationFailed")),
            side.enveloped(side.fault("authenticationFailed"), 500),
            side.enveloped(side.sent()),
            hostile.answer(200, b"no XML", side.XML),
            hostile.hang_up,
        ],
    )
    def test_what_holds_no_reports_brings_nothing(self, behave):
        """And breaks nothing."""
        polled = _poll(behave)

        assert polled is None or Polled() == polled


class TestHostileXml:
    """Answers made to do harm; a text they speak of may have been sent."""

    @pytest.mark.parametrize(
        "body",
        [
            _BOMB + _GOOD.replace('"daily"', '"&e9;"'),
            _BOMB + _GOOD.replace("<result", "<result>&e9;</result><result"),
            _QUADRATIC + _GOOD.replace('"daily"', f'"{"&e;" * 5_000}"'),
            _FILE + _GOOD.replace('"daily"', '"&e;"'),
            _FILE + _GOOD,
            '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd">' + _GOOD,
            '<!DOCTYPE a PUBLIC "-//X" "http://127.0.0.1:1/x.dtd">' + _GOOD,
            "<!DOCTYPE a>" + _GOOD,
            f'<?xml version="1.0" encoding="UTF-16"?>{_BOMB}{_GOOD}'.encode("utf-16"),
            f'<?xml version="1.0" encoding="UTF-7"?>{_FILE}{_GOOD}'.encode("utf-7"),
            f'<?xml version="1.0" encoding="IBM037"?>{_FILE}{_GOOD}'.encode("cp037"),
            '<?xml-stylesheet href="http://127.0.0.1:1/"?>' + _GOOD[:-9],
            _GOOD.replace(
                "<result", '<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="/etc/passwd"/><result'
            ),
            _GOOD.replace("<result", '<result xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:type="m:Nothing"'),
            _GOOD.replace("m4u.com.au", "m4u.example"),
            _GOOD.replace("schemas.xmlsoap.org/soap/envelope", "www.w3.org/2003/05/soap-envelope"),
            _GOOD.replace("SOAP-ENV:Body", "SOAP-ENV:Header"),
            _GOOD.replace("sendMessagesResponse", "sendMessages"),
            _GOOD.replace('sent="1"', 'sent="one"'),
            _GOOD.replace('sent="1"', 'sent="-1"'),
            _GOOD.replace('sent="1"', f'sent="{"1" * 9_000}"'),
            _GOOD.replace('sent="1"', 'sent="1" sent="1"'),
            _GOOD.replace("<result", "<result><result").replace("</result>", "</result></result>"),
            _GOOD.replace("<SOAP-ENV:Envelope", "<a>" * 5_000 + "<SOAP-ENV:Envelope"),
            "<a>" * 9_000 + "</a>" * 9_000,
            _GOOD[:-1],
            _GOOD + "<again/>",
            _GOOD + " " * 70_000,
            _GOOD.replace("daily", "d\x00aily"),
            _GOOD.encode().replace(b"daily", b"d\xffaily"),
            f"<SOAP-ENV:Envelope xmlns:SOAP-ENV='{side.SOAP}'/>",
            f"<SOAP-ENV:Envelope xmlns:SOAP-ENV='{side.SOAP}'><SOAP-ENV:Body/></SOAP-ENV:Envelope>",
        ],
        ids=range(32),
    )
    def test_it_is_no_acceptance_and_takes_no_time(self, body, caplog, capfd):
        """Nothing is expanded, fetched or logged."""
        started = time.process_time()
        outcome = _submit(_answer(body))

        assert isinstance(outcome, PerhapsTaken)
        assert "root:" not in outcome.detail
        assert time.process_time() - started < 2
        assert "translation" not in caplog.text + "".join(capfd.readouterr())

    @pytest.mark.parametrize(
        "body",
        [
            "\ufeff" + _GOOD,
            f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- a comment -->\n{_GOOD}',
            _GOOD.replace("<SOAP-ENV:Body", "<SOAP-ENV:Header><x/></SOAP-ENV:Header><SOAP-ENV:Body"),
            _GOOD.replace("><result", ">\n  <result").replace("</result><", "</result>\n<"),
        ],
    )
    def test_ordinary_varieties_are_read(self, body):
        """They are what other servers make of the same answer."""
        assert isinstance(_submit(_answer(body)), Accepted)
