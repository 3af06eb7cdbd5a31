"""A morning at the desk: people who got their codes, and people who did not."""

from authsms.identity.repository import Person
from authsms.senders.submission import NotTaken, RefusalScope, Refused
from authsms.senders.webhook import ReceiptState
from tests.browser.admin.conftest import Desk
from tests.integration.administration.people_at_work import Work


def morning(desk: Desk) -> tuple[Work, Person]:
    """Let people sign in; return the work and the person whose code arrived and was typed wrong."""
    work = Work(desk.office.services, desk.office.services.clock)  # type: ignore[arg-type]
    work.configure_twilio()
    work.person("bob", display_name="Bob <b>Builder</b>", phones=("+12025550143",))
    work.at_code("bob")
    work.deliver(lambda _submission: Refused(RefusalScope.MESSAGE, "21610", "Attempt to send", opted_out=True))
    work.person("carol", phones=())
    work.at_code("carol")
    work.person("dave", phones=("+12025550144",))
    work.at_code("dave")
    work.deliver(lambda _submission: NotTaken("connect", "no route to host"))
    alice = work.person("alice", display_name="Alice Example", phones=("+12025550145",), mail="alice@example.test")
    step = work.at_code("alice")
    wrong = f"{(int(work.code()) + 1) % 10**8:08d}"[-len(work.code()) :]
    work.provider.answer = work.provider._accept
    work.deliver()
    work.report(work.newest().provider_id, ReceiptState.DELIVERED, "delivered")
    for _ in range(3):
        work.type_code(step, wrong)
    return work, alice
