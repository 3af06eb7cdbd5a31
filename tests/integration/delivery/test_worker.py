"""The whole way of a message, with a worker in a thread."""

from tests.integration.delivery.twins import PHONE, Office


def test_a_committed_message_is_handed_over_at_once(office: Office) -> None:
    """The doorbell wakes the worker; nobody waits for a poll."""
    with office.worker():
        message_id = office.post("Your code is 123456")
        view = office.wait_for(message_id, "accepted")

    [submission] = office.first.submissions
    assert ("Your code is 123456", PHONE, message_id) == (submission.text, submission.recipient, submission.message_id)
    assert ("first", 1, "") == (view.service, view.attempts, view.reason)
