"""The audit trail in a real browser."""

from authsms.audit import AuditEntry, AuditTag
from tests.browser.admin.conftest import Desk


def _fill(desk: Desk) -> None:
    services = desk.office.services
    with services.database.write() as session:
        for number in range(60):
            entry = AuditEntry(
                AuditTag.LOGON_METHOD_FAILED,
                login="berta" if number == 7 else "a.very.long.login.name@directory.example",
                process_id=f"{number:032}",
                event="Authenticators management",
                address="2001:db8:1234:5678:9abc:def0:1234:5678",
                details={"reason": "wrong-code", "left": 3},
            )
            services.audit.record(session, entry)
    services.audit.seal()


def test_pages_are_fit_for_everybody(desk: Desk, looks_good):
    """Light and dark, phone and desktop, enlarged; axe has nothing to say."""
    _fill(desk)
    looks_good("/admin/audit", "/admin/audit?login=nobody&since=soon")


def test_a_record_is_found_and_the_chain_checked_by_keyboard(desk: Desk):
    """From the filter to the verdict."""
    _fill(desk)
    page = desk.open()
    page.goto(f"{desk.url}/admin/audit")
    page.locator("summary", has_text="Filter").press("Enter")
    page.get_by_label("User name").fill("berta")
    page.keyboard.press("Enter")
    page.wait_for_url("**login=berta**")
    rows = page.locator("tbody tr").count()
    page.get_by_role("button", name="Check the chain").press("Enter")
    page.wait_for_selector("text=The chain is whole")

    assert 1 == rows
