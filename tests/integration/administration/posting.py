"""Messages of all kinds for the tests of the log."""

from datetime import timedelta

from authsms.administration.messages_filter import MessageFilter
from authsms.delivery.outbox import Draft
from authsms.senders.submission import Purpose, RefusalScope, Refused
from tests.integration.administration.people_at_work import ADMINISTRATOR, PHONE


def ids(desk, **wanted):
    """Return the ids of the messages that fit, newest first."""
    return [one.id for one in desk.portion(ADMINISTRATOR, MessageFilter(**wanted)).items]


def refused(code="21610", *, opted_out=True):
    """Return an answer of the provider that refuses."""
    return lambda _submission: Refused(RefusalScope.MESSAGE, code, "no", opted_out=opted_out)


def enqueue(work, **changes):
    """Commit a message and return its id."""
    services = work.services
    draft = Draft(
        **{
            "id": services.vault.new_id(),
            "purpose": Purpose.AUTHENTICATION,
            "recipient": PHONE,
            "text": "words",
            "expires_at": work.clock.now() + timedelta(minutes=2),
            **changes,
        }
    )
    with services.database.write() as session:
        services.outbox.enqueue(session, draft)
    return draft.id
