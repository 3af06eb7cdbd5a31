"""What the log tells of a message that is handed over, and what it must not."""

import pytest
from structlog.testing import capture_logs

from authsms.senders.submission import RefusalScope, Refused
from tests.integration.delivery.twins import Office


def test_the_log_tells_the_providers_code(still_office: Office):
    """A field called ``code`` would be blanked, and with it what the administrator looks for."""
    still_office.first.answer = lambda _submission: Refused(RefusalScope.MESSAGE, code="21211", detail="Bad")
    still_office.post()
    with capture_logs() as logs:
        still_office.deliver()

    attempted = next(line for line in logs if line["event"] == "message.attempted")
    assert "21211" == attempted["provider_code"]
    assert "code" not in attempted


def test_a_plugin_that_breaks_leaves_doubt_and_no_words(still_office: Office, caplog: pytest.LogCaptureFixture):
    """It may have sent before it broke, and its error may quote the text."""

    def break_down(submission):
        raise KeyError(submission.text)

    still_office.first.answer = break_down
    message_id = still_office.post("Your code is 123456")
    still_office.deliver()

    assert still_office.view(message_id).state == "attempting"
    assert "123456" not in caplog.text
    assert "123456" not in str(still_office.view(message_id))
