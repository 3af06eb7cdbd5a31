"""The dashboard and the queue in a real browser."""

from playwright.sync_api import Route, expect

from authsms.delivery.conditions import Breaker
from tests.browser.admin.conftest import Desk
from tests.browser.admin.scene import morning

_RENEW = """
const place = document.querySelector('#queue');
void htmx.ajax('GET', place.getAttribute('hx-get'), { source: place, target: place, swap: 'outerHTML' });
"""
"""What the page does every ten seconds."""


def test_the_pages_are_fit_for_everybody(desk: Desk, looks_good):
    """Light and dark, phone and desktop, enlarged; axe has nothing to say."""
    morning(desk)
    desk.office.services.monitoring.traffic.count()
    looks_good("/admin/", "/admin/queue")


def test_a_service_is_paused_by_keyboard_and_the_page_renews_itself(desk: Desk):
    """Renewing waits while somebody is at work in it."""
    morning(desk)
    page = desk.open()
    page.goto(f"{desk.url}/admin/queue")
    row = page.locator("tr", has_text="twilio")
    row.locator("summary", has_text="Pause").press("Enter")
    row.get_by_role("button", name="Pause").press("Enter")
    page.wait_for_selector("text=Paused. What is being handed over now is finished.")
    row.get_by_role("button", name="Resume").press("Enter")
    page.wait_for_selector("text=It goes on.")

    assert Breaker.CLOSED is desk.office.services.conditions.all()["twilio"].breaker
    assert desk.office.services.conditions.all()["twilio"].paused_at is None


def test_news_that_come_late_disturb_nobody(desk: Desk):
    """They were asked for before somebody was at work there."""
    morning(desk)
    page = desk.open()
    page.goto(f"{desk.url}/admin/queue")
    page.evaluate("document.addEventListener('htmx:afterRequest', () => { document.body.dataset.has = 'come'; })")
    held: list[Route] = []
    page.route("**/admin/queue/now*", lambda route, _request: held.append(route))
    with page.expect_request("**/admin/queue/now*"):
        page.evaluate(_RENEW)
    question = page.locator("tr", has_text="twilio").locator("details")
    question.locator("summary", has_text="Pause").press("Enter")
    expect(question).to_have_attribute("open", "")
    held.pop().continue_()
    expect(page.locator("body")).to_have_attribute("data-has", "come")
    page.unroute_all()

    expect(question).to_have_attribute("open", "")


def test_charts_tell_hours_of_the_reader(desk: Desk):
    """And their figures without a pointer."""
    hours = {desk.office.services.clock.now().hour}
    morning(desk)
    desk.office.services.monitoring.traffic.count()
    page = desk.open(timezone_id="Asia/Tokyo")
    page.goto(f"{desk.url}/admin/dashboard")
    page.locator("#chart-logins summary").press("Enter")
    page.wait_for_selector("#chart-logins table")
    shown = page.locator("#chart-logins tbody th").first.inner_text()
    hours.add(desk.office.services.clock.now().hour)

    assert shown.startswith(tuple(f"{(hour + 9) % 24:02d}:" for hour in hours))
