"""SignalWire: the contract, its request, and what its answers mean."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from authsms_signalwire import SignalWireService
from typing_extensions import override

from authsms.plugin_api import (
    Accepted,
    InvalidInputError,
    NotTaken,
    PerhapsTaken,
    RefusalScope,
    Refused,
    SenderService,
    WebhookRequest,
)
from tests.plugins import hostile, signalwire_side
from tests.plugins.contract_suite import SECRETS, SUBMISSION, SenderServiceContract
from tests.plugins.hostile import HostileServer
from tests.plugins.webhook_suite import WebhookContract


def _sent(submission=SUBMISSION, **changes) -> dict[str, list[str]]:
    """Return the form SignalWire gets."""
    request = signalwire_side.service(**changes).build_request(submission)
    return parse_qs((request.body or b"").decode(), keep_blank_values=True)


class TestContract(SenderServiceContract, WebhookContract):
    """What every provider must stand."""

    kind = SignalWireService
    success = signalwire_side.created()
    lies = (
        signalwire_side.created(sid=None),
        signalwire_side.created(sid="SM0123456789abcdef0123456789abcdef"),
        signalwire_side.created(status="failed", error_code="30007", error_message="filtered"),
        hostile.answer(200, b'{"code": 21211, "message": "invalid"}'),
        hostile.answer(200, b'{"errors": [{"code": "30010", "message": "too dear"}]}'),
    )

    @override
    def settings(self, url: str) -> Mapping[str, object]:
        return signalwire_side.SETTINGS | {"base_url": url}

    @override
    def read_request(self, request: bytes) -> tuple[str, str]:
        form = parse_qs(request.partition(b"\r\n\r\n")[2].decode(), strict_parsing=True)
        assert all(len(values) == 1 for values in form.values())
        return form["To"][0], form["Body"][0]

    @override
    def read_sender(self, request: bytes) -> str:
        return parse_qs(request.partition(b"\r\n\r\n")[2].decode())["From"][0]

    @override
    def receiver(self) -> SenderService:
        return signalwire_side.service()

    @override
    def signed(self, state: str = "delivered") -> WebhookRequest:
        return signalwire_side.signed(signalwire_side.report(state))

    @override
    def altered(self) -> Sequence[WebhookRequest]:
        good = self.signed("sent")
        return [
            replace(good, form=(("MessageStatus", "delivered"), *good.form[1:])),
            replace(good, form=(*good.form, ("Extra", "1"))),
            replace(good, form=(*good.form, good.form[0])),
            replace(good, form=good.form[1:]),
            replace(good, form=(), body=b"x"),
            replace(good, headers={}),
            replace(good, headers={"X-SignalWire-Signature": ""}),
            replace(good, headers={"X-SignalWire-Signature": "ä" * 28}),
            replace(good, url=signalwire_side.URL.replace("https:", "http:")),
            replace(good, url=signalwire_side.URL + "?a=b"),
            signalwire_side.signed(good.form, key="another key"),
            signalwire_side.signed(good.form, key=SECRETS[0]),
            signalwire_side.signed(signalwire_side.report("delivered", project="f" * 8 + signalwire_side.PROJECT[8:])),
        ]


class TestRequest:
    """What SignalWire gets."""

    def test_it_is_the_one_of_the_published_description(self):
        """Path without an ending, project and token, parameters in their spelling."""
        request = signalwire_side.service().build_request(SUBMISSION)
        address = f"https://example.signalwire.com/api/laml/2010-04-01/Accounts/{signalwire_side.PROJECT}/Messages"

        assert ("POST", address) == (request.method, request.url)
        assert (signalwire_side.PROJECT, SECRETS[0]) == request.basic
        assert {"To", "Body", "From", "StatusCallback", "ValidityPeriod"} == _sent().keys()

    def test_the_space_may_be_typed_with_its_domain(self):
        """As it stands in the browser."""
        request = signalwire_side.service(space="example.signalwire.com").build_request(SUBMISSION)

        assert request.url.startswith("https://example.signalwire.com/api/laml/")

    def test_no_callback_is_asked_for_that_could_not_be_verified(self):
        """It would be refused, and carries the text."""
        assert "StatusCallback" not in _sent(signing_key="")

    @pytest.mark.parametrize(
        ("chosen", "sent"),
        [
            ("", {"MessagingServiceSid": [signalwire_side.GROUP]}),
            ("+14155550199", {"From": ["+14155550199"]}),
            (signalwire_side.PROJECT, {"MessagingServiceSid": [signalwire_side.PROJECT]}),
        ],
    )
    def test_a_text_is_from_a_number_or_a_number_group(self, chosen, sent):
        """What the policy chose takes the place of both settings."""
        form = _sent(replace(SUBMISSION, sender=chosen), number_group=signalwire_side.GROUP)

        assert sent == {name: form[name] for name in ("From", "MessagingServiceSid") if name in form}

    @pytest.mark.parametrize(("typed", "sent"), [(r"1\4155550100", "+14155550100"), ("12345", "12345")])
    def test_the_sender_phone_is_taken_in_every_usual_form(self, typed, sent):
        """Also as country code, backslash, number."""
        assert [sent] == _sent(sender_phone=typed)["From"]

    @pytest.mark.parametrize(
        ("lifetime", "period"),
        [(timedelta(milliseconds=5), "1"), (timedelta(seconds=30.9), "30"), (timedelta(days=3), "172800")],
    )
    def test_the_validity_period_stays_within_signalwires_bounds(self, lifetime, period):
        """From 1 to 172,800 seconds; Twilio ends at 36,000."""
        assert [period] == _sent(replace(SUBMISSION, lifetime=lifetime))["ValidityPeriod"]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"space": "https://example.signalwire.com"}, "space"),
            ({"space": "evil.example/x"}, "space"),
            ({"project_key": "AC12"}, "project_key"),
            ({"token": ""}, "token"),
            ({"sender_phone": ""}, "sender_phone"),
            ({"sender_phone": "EXAMPLE"}, "sender_phone"),
            ({"number_group": "MG12"}, "number_group"),
        ],
    )
    def test_settings_that_cannot_work_are_refused_by_name(self, changes, field):
        """The form shows the error beside its field; names as senders are not known here."""
        with pytest.raises(InvalidInputError) as caught:
            signalwire_side.service(**changes)

        assert field == caught.value.field


class TestAnswers:
    """What SignalWire's answers mean."""

    def test_segments_are_a_number_here(self):
        """Twilio writes text; ids may end in letters that are no hexadecimal digits."""
        with HostileServer(signalwire_side.created(sid=signalwire_side.GROUP, num_segments=2)) as server:
            outcome = signalwire_side.service(base_url=server.url).submit(SUBMISSION)

        assert Accepted(signalwire_side.GROUP, "queued", 2) == outcome

    @pytest.mark.parametrize(
        ("code", "status", "expected"),
        [
            (20003, 401, RefusalScope.CONFIGURATION),
            (20404, 404, RefusalScope.CONFIGURATION),
            (20429, 429, NotTaken),
            (20504, 500, PerhapsTaken),
            (4001, 422, RefusalScope.CONFIGURATION),
            (21210, 422, RefusalScope.CONFIGURATION),
            (21211, 422, RefusalScope.MESSAGE),
            (21219, 422, RefusalScope.DESTINATION),
            (21408, 422, RefusalScope.CONFIGURATION),
            (21606, 422, RefusalScope.MESSAGE),
            (21610, 422, RefusalScope.MESSAGE),
            (21611, 422, NotTaken),
            (21612, 422, RefusalScope.MESSAGE),
            (21705, 422, RefusalScope.CONFIGURATION),
            (21717, 422, RefusalScope.CONFIGURATION),
            (30002, 422, RefusalScope.CONFIGURATION),
            (35125, 422, NotTaken),
            (63011, 422, NotTaken),
            (99999, 422, RefusalScope.MESSAGE),
        ],
    )
    def test_each_code_has_signalwires_meaning(self, code, status, expected):
        """21606 is about the recipient here, about the sender at Twilio."""
        with HostileServer(signalwire_side.refused(code, status)) as server:
            outcome = signalwire_side.service(base_url=server.url).submit(SUBMISSION)

        assert expected == (outcome.scope if isinstance(outcome, Refused) else type(outcome))
        assert not isinstance(outcome, Accepted)
        assert str(code) == outcome.code
        assert (code == 21610) == getattr(outcome, "opted_out", False)

    @pytest.mark.parametrize(
        ("body", "code", "words"),
        [
            (b'{"errors": [{"code": "21701", "message": "Which group?"}]}', "21701", "Which group?"),
            (b'{"errors": ["Which group?"]}', "http_422", "Which group?"),
        ],
    )
    def test_a_list_of_errors_is_read_too(self, body, code, words):
        """Some of its servers answer so."""
        with HostileServer(hostile.answer(422, body)) as server:
            outcome = signalwire_side.service(base_url=server.url).submit(SUBMISSION)

        assert isinstance(outcome, Refused)
        assert (code, words) == (outcome.code, outcome.detail)
