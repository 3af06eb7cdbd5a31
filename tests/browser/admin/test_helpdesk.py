"""A call with the help desk, in a real browser."""

from authsms.administration.rights import Role
from tests.browser.admin.conftest import Desk
from tests.integration.administration.people_at_work import Work


def work_of(desk: Desk) -> Work:
    """Return the people of the desk, and their texts."""
    return Work(desk.office.services, desk.office.services.clock)  # type: ignore[arg-type]


def test_a_caller_is_proven_by_keyboard(desk: Desk, looks_good):
    """From the button to the verdict, without a mouse; every state is fit for everybody."""
    work = work_of(desk)
    alice = work.person()
    page = desk.open(Role.HELPDESK)
    page.goto(f"{desk.url}/admin/people/{alice.key}")
    page.get_by_role("button", name="Send this person a code").press("Enter")
    page.wait_for_selector("text=A code is on its way.")
    looks_good(f"/admin/people/{alice.key}", Role.HELPDESK)
    page.get_by_label("Code that the caller reads out").fill(work.code())
    page.keyboard.press("Enter")
    page.wait_for_selector("text=The code matches")

    looks_good(f"/admin/people/{alice.key}", Role.HELPDESK)
