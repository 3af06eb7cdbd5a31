"""Twilio: what its answers mean."""

import pytest

from authsms.plugin_api import Accepted, NotTaken, PerhapsTaken, RefusalScope, Refused
from tests.plugins import hostile, twilio_side
from tests.plugins.contract_suite import SUBMISSION
from tests.plugins.hostile import HostileServer


class TestAnswers:
    """What Twilio's answers mean."""

    def test_the_answer_of_a_messaging_service_has_no_segments_yet(self):
        """Twilio says "0" until a sender is chosen."""
        with HostileServer(twilio_side.created(status="accepted", num_segments="0")) as server:
            outcome = twilio_side.service(base_url=server.url).submit(SUBMISSION)

        assert Accepted(twilio_side.SID, "accepted", None) == outcome

    @pytest.mark.parametrize(
        ("code", "status", "expected"),
        [
            (20003, 401, RefusalScope.CONFIGURATION),
            (20005, 403, RefusalScope.CONFIGURATION),
            (10001, 403, RefusalScope.CONFIGURATION),
            (90010, 403, RefusalScope.CONFIGURATION),
            (20404, 404, RefusalScope.CONFIGURATION),
            (20429, 429, NotTaken),
            (20500, 500, PerhapsTaken),
            (20503, 503, NotTaken),
            (21211, 400, RefusalScope.MESSAGE),
            (21212, 400, RefusalScope.CONFIGURATION),
            (21408, 400, RefusalScope.DESTINATION),
            (21602, 400, RefusalScope.MESSAGE),
            (21603, 400, RefusalScope.CONFIGURATION),
            (21604, 400, RefusalScope.MESSAGE),
            (21606, 400, RefusalScope.DESTINATION),
            (21608, 400, RefusalScope.DESTINATION),
            (21609, 400, RefusalScope.CONFIGURATION),
            (21610, 400, RefusalScope.MESSAGE),
            (21611, 429, NotTaken),
            (21612, 400, RefusalScope.MESSAGE),
            (21614, 400, RefusalScope.MESSAGE),
            (21617, 400, RefusalScope.MESSAGE),
            (21701, 400, RefusalScope.CONFIGURATION),
            (21703, 400, RefusalScope.CONFIGURATION),
            (21704, 400, RefusalScope.CONFIGURATION),
            (21705, 400, RefusalScope.CONFIGURATION),
            (21709, 400, RefusalScope.CONFIGURATION),
            (63038, 429, NotTaken),
            (99999, 400, RefusalScope.MESSAGE),
        ],
    )
    def test_each_code_is_classified(self, code, status, expected):
        """Several refusals share status 400; the code decides."""
        with HostileServer(twilio_side.refused(code, status)) as server:
            outcome = twilio_side.service(base_url=server.url).submit(SUBMISSION)

        assert expected == (outcome.scope if isinstance(outcome, Refused) else type(outcome))
        assert not isinstance(outcome, Accepted)
        assert str(code) == outcome.code
        assert (code == 21610) == getattr(outcome, "opted_out", False)

    def test_the_balance_is_told(self):
        """A text in Twilio's answer."""
        with HostileServer(hostile.answer(200, b'{"balance": "0.05", "currency": "USD"}')) as server:
            balance = twilio_side.service(base_url=server.url).balance()

        assert balance is not None
        assert ("0.05", "USD") == (str(balance.amount), balance.currency)

    @pytest.mark.parametrize("body", [b"{}", b'{"balance": "much", "currency": "USD"}', b"[]"])
    def test_a_balance_nobody_can_read_is_none(self, body):
        """Subaccounts have none."""
        with HostileServer(hostile.answer(200, body)) as server:
            assert twilio_side.service(base_url=server.url).balance() is None
