"""A call with the help desk, in a real browser."""

from authsms.administration.rights import Role
from tests.browser.admin.conftest import Desk
from tests.integration.administration.people_at_work import PASSWORD, Work
from tests.parts.browser import accessibility_findings


def work_of(desk: Desk) -> Work:
    """Return the people of the desk, and their texts."""
    return Work(desk.office.services, desk.office.services.clock)  # type: ignore[arg-type]


def test_a_caller_is_proven_by_keyboard(desk: Desk):
    """From the button to the verdict, without a mouse; axe has nothing to say."""
    work = work_of(desk)
    alice = work.person()
    page = desk.open(Role.HELPDESK)
    page.goto(f"{desk.url}/admin/people/{alice.key}")
    page.get_by_role("button", name="Send this person a code").press("Enter")
    page.wait_for_selector("text=A code is on its way.")

    assert accessibility_findings(page) == []
    page.get_by_label("Code that the caller reads out").fill(work.code())
    page.keyboard.press("Enter")
    page.wait_for_selector("text=The code matches")

    assert accessibility_findings(page) == []


def test_an_emergency_password_is_issued_and_lets_somebody_in(desk: Desk, looks_good):
    """From the form of the help desk to the sign-in of the person; every page is fit for everybody."""
    work = work_of(desk)
    alice = work.person()
    page = desk.open(Role.HELPDESK)
    page.goto(f"{desk.url}/admin/people/{alice.key}")
    page.get_by_label("Good for").fill("30")
    page.get_by_label("Unit of time").select_option("minutes")
    page.get_by_role("button", name="Issue an emergency password").press("Enter")
    page.wait_for_selector("text=Read it out now")
    shown = page.locator("code").inner_text()

    assert [] == accessibility_findings(page)
    looks_good(f"/admin/people/{alice.key}", roles=(Role.HELPDESK,))
    person = desk.open(look="phone")
    person.context.clear_cookies()
    person.goto(f"{desk.url}/login/web")
    person.get_by_label("User name").fill("alice")
    person.locator("#password").fill(PASSWORD)
    person.keyboard.press("Enter")
    person.get_by_text("Sign in another way", exact=True).click()
    person.get_by_role("button", name="emergency password").click()
    person.wait_for_selector("text=Enter your emergency password")

    assert [] == accessibility_findings(person)
    person.get_by_label("Emergency password").fill(shown.upper())
    person.keyboard.press("Enter")
    person.wait_for_url("**/signed-in")
