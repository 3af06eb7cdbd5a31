"""The choice among chains, as an administrator sets it."""

from authsms.logon.catalog import Chain, Wanted
from authsms.logon.selection import Selection
from tests.functional.portals.admin.test_logon import form_of


def test_an_event_says_whether_people_choose(office, admin):
    """They may unless somebody says otherwise; what is no choice leaves it to them. The trail keeps what was chosen."""
    address = "/admin/events/of/web"
    before = admin.get(address).text
    admin.post(address, {**form_of(admin.get(address)), "selection": "off"})
    chosen = office.services.catalog.event("web").selection
    shown = admin.get(address).text
    stale = admin.post(address, {**form_of(admin.get(address)), "seen": "0", "selection": "on"})
    admin.post(address, {**form_of(admin.get(address)), "selection": "whatever"})

    assert 'value="optional" selected' in before
    assert Selection.OFF is chosen
    assert 'value="off" selected' in shown
    assert (409, True) == (stale.status_code, "Off: only the first one" in stale.text)
    assert Selection.OPTIONAL is office.services.catalog.event("web").selection
    assert "off" in [view.entry.details.get("selection") for view in office.services.audit.search()]


def test_administrators_keep_every_way(office, admin):
    """A lost phone must not lock the last of them out."""
    address = "/admin/events/of/admin"
    refused = admin.post(address, {**form_of(admin.get(address)), "selection": "off"})
    admin.post(address, {**form_of(admin.get(address)), "selection": "on"})

    assert 400 == refused.status_code
    assert "Administrators keep every way to sign in" in refused.text
    assert Selection.ON is office.services.catalog.event("admin").selection


def test_a_login_on_paper_tells_it(office, admin):
    office.person("berta")
    both, names = Chain("other-sms", "Another", ("PASSWORD:1", "SMS_OTP:1")), ("local-sms", "other-sms")
    told = {}
    for selection in Selection:
        office.services.catalog.save_all([both], [Wanted("web", "Web", names, selection=selection)])
        told[selection] = admin.post("/admin/events/try", {"user": "berta", "event": "web"}).text

    assert all("The login begins with this chain." in one for one in told.values())
    assert "Can be chosen instead." in told[Selection.OPTIONAL]
    assert "Can be chosen when the person is asked" in told[Selection.ON]
    assert "Not here: this event takes the first chain only." in told[Selection.OFF]
