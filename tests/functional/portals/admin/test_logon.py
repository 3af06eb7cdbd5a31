"""The pages of events and chains, without JavaScript."""

import re

import pytest

from authsms.administration.rights import Role
from authsms.identity.drafts import PersonDraft
from authsms.identity.local_people import LocalPeople
from authsms.logon.catalog import Chain
from authsms.logon.overdue import OverdueRule
from tests.functional.portals.admin.office import PASSWORD, found_in


def form_of(page):
    """Return the fields a browser would send with a form of an event or a chain."""
    main = page.text.partition("<main")[2].partition("</main>")[0]
    return {
        "seen": found_in(r'name="seen" value="([^"]*)"', main),
        "title": found_in(r'name="title" value="([^"]*)"', main),
        "order": re.findall(r'name="order" value="([^"]+)"', main),
        "chosen": re.findall(r'name="chosen" value="([^"]+)" checked', main),
    }


def chains_of(office, event):
    return [chain.name for chain in office.services.catalog.event(event).chains]


def test_everything_is_shown_with_what_is_odd(office, admin):
    office.services.catalog.save_chain(Chain("texts", "Texts alone", ("SMS_OTP:1",)))
    page = admin.get("/admin/events").text

    assert "Web login" in page
    assert "A text message is the only factor" in page
    assert "No event uses it." in page


def test_chains_are_ordered_with_buttons_alone(office, admin):
    office.services.catalog.save_event("web", "Web login", ["directory-sms", "local-sms"])
    address = "/admin/events/of/web"
    fields = form_of(admin.get(address))
    moved = admin.post(address, {**fields, "move": "up:local-sms"})
    before = chains_of(office, "web")
    answer = admin.post(address, form_of(moved))

    assert before == ["directory-sms", "local-sms"]
    assert 'value="up:local-sms" autofocus' in moved.text
    assert answer.status_code == 303
    assert chains_of(office, "web") == ["local-sms", "directory-sms"]


def test_a_chain_is_made_and_offered(office, admin):
    made = admin.post(
        "/admin/chains/new",
        {
            "name": "staff",
            "title": "Staff",
            "seen": "",
            "order": ["SMS_OTP:1", "PASSWORD:1"],
            "chosen": ["PASSWORD:1", "SMS_OTP:1"],
            "groups": "Staff\nBoard\n",
        },
    )
    fields = form_of(admin.get("/admin/events/of/web"))
    admin.post("/admin/events/of/web", {**fields, "chosen": [*fields["chosen"], "staff"]})
    chain = office.services.catalog.event("web").chain("staff")

    assert made.status_code == 303
    assert (chain.methods, chain.groups) == (("SMS_OTP:1", "PASSWORD:1"), {"Staff", "Board"})
    tags = {(view.entry.tag.value, view.entry.login) for view in office.services.audit.search()}
    assert {("chain.saved", "administrator"), ("event.saved", "administrator")} <= tags


def test_an_event_says_what_becomes_of_passwords_that_must_be_changed(office, admin):
    """Refused unless somebody chooses otherwise, and whatever is no choice refuses them, too."""
    address = "/admin/events/of/web"
    before = admin.get(address).text
    admin.post(address, {**form_of(admin.get(address)), "overdue": "ask"})
    chosen = office.services.catalog.event("web").overdue
    shown = admin.get(address).text
    admin.post(address, {**form_of(admin.get(address)), "overdue": "whatever"})

    assert 'value="deny" selected' in before
    assert OverdueRule.ASK is chosen
    assert 'value="ask" selected' in shown
    assert OverdueRule.DENY is office.services.catalog.event("web").overdue
    assert "ask" in [view.entry.details.get("overdue") for view in office.services.audit.search()]


def test_a_chain_that_completes_sign_ins_is_offered_to_nobody(office, admin):
    """It is ticked, warned of by nobody, shown as what it is when a login is tried, and told in the audit trail."""
    office.person("berta")
    chain = {"name": "code", "title": "Code only", "seen": "", "order": ["SMS_OTP:1"], "chosen": ["SMS_OTP:1"]}
    admin.post("/admin/chains/new", {**chain, "supplement": "on"})
    fields = form_of(admin.get("/admin/events/of/web"))
    admin.post("/admin/events/of/web", {**fields, "chosen": [*fields["chosen"], "code"]})
    overview = admin.get("/admin/events").text
    trial = admin.post("/admin/events/try", {"user": "berta", "event": "web"}).text

    assert re.search(r'name="supplement" value="on" checked', admin.get("/admin/chains/of/code").text)
    assert "A text message is the only factor" not in overview
    assert "Only for applications that have checked the password themselves." in trial
    assert "code" not in chains_of(office, "web")
    assert [("Code only", True)] == [
        (one.title, one.is_supplement) for one in office.services.catalog.event("web", supplement=True).chains
    ]
    assert "yes" in [view.entry.details.get("supplement") for view in office.services.audit.search()]


def test_two_administrators_do_not_overwrite_each_other(office, admin):
    address = "/admin/events/of/web"
    first, second = form_of(admin.get(address)), form_of(admin.get(address))
    admin.post(address, {**first, "title": "First"})
    late = admin.post(address, {**second, "title": "Second"})

    assert late.status_code == 409
    assert "Stored now: First" in late.text
    assert 'value="Second"' in late.text
    assert office.services.catalog.event("web").title == "First"
    assert admin.post(address, {**form_of(late), "title": "Second"}).status_code == 303


def test_what_is_in_use_stays_and_the_page_says_where(office, admin):
    office.services.endpoints.create("Wiki", event="web", redirect_uris=("https://wiki.example.test/",))
    chain = admin.post("/admin/chains/of/local-sms/remove")
    event = admin.post("/admin/events/of/web/remove")

    assert (chain.status_code, event.status_code) == (409, 409)
    assert "This chain is used by: " in chain.text
    assert "Web login" in chain.text
    assert "used by these endpoints: Wiki" in event.text


def test_what_nobody_uses_is_removed(office, admin):
    office.services.catalog.save_chain(Chain("spare", "Spare", ("PASSWORD:1", "SMS_OTP:1")))
    office.services.catalog.save_event("spare", "Spare", ["spare"])
    event = admin.post("/admin/events/of/spare/remove")
    chain = admin.post("/admin/chains/of/spare/remove")

    assert (event.status_code, chain.status_code) == (303, 303)
    assert "spare" not in {event.name for event in office.services.catalog.events()}


@pytest.mark.parametrize(
    ("address", "changes", "words"),
    [
        ("/admin/chains/of/local-sms", {"chosen": ["PASSWORD:1"]}, "Two are needed"),
        ("/admin/chains/of/local-sms", {"chosen": ["SMS_OTP:1"]}, "Two are needed"),
        ("/admin/chains/of/local-sms", {"groups": "Nobody"}, "could not sign in any more"),
        ("/admin/chains/of/setup-local", {"chosen": ["PASSWORD:1", "SMS_OTP:1"]}, "first set-up"),
        ("/admin/chains/of/local-sms", {"supplement": "on"}, "for nobody else"),
        ("/admin/events/of/admin", {"chosen": ["directory-sms"]}, "could not sign in any more"),
        ("/admin/events/of/admin", {"chosen": ["setup-local"]}, "Two are needed"),
        ("/admin/events/of/admin", {"chosen": []}, "at least one chain"),
        ("/admin/events/of/admin-setup", {"title": "Other"}, "first set-up"),
    ],
)
def test_the_portal_stays_safe_and_open(office, admin, address, changes, words):
    """Neither the event nor its chains become something that locks everybody out or asks for one factor."""
    before = office.services.catalog.event("admin")
    fields = form_of(admin.get(address))
    answer = admin.post(address, {**fields, **changes})

    assert answer.status_code == 400
    assert words in answer.text
    assert office.services.catalog.event("admin") == before


def test_the_event_of_the_portal_is_not_kept_for_endpoints(office, admin):
    wiki, _ = office.services.endpoints.create("Wiki", event="web", redirect_uris=("https://wiki.example.test/",))
    fields = form_of(admin.get("/admin/events/of/admin"))
    answer = admin.post("/admin/events/of/admin", {**fields, "endpoint": wiki.id})

    assert answer.status_code == 400
    assert admin.post("/admin/events/of/admin/remove").status_code == 409
    assert admin.post("/admin/events/of/admin-setup/remove").status_code == 409


@pytest.mark.parametrize(
    "changes",
    [{"name": "a/b"}, {"name": ""}, {"title": ""}, {"chosen": []}, {"order": ["NO:1"], "chosen": ["NO:1"]}],
)
def test_what_cannot_be_used_is_not_stored(office, admin, changes):
    fields = {"name": "new", "title": "New", "order": ["PASSWORD:1"], "chosen": ["PASSWORD:1"], "seen": ""}
    answer = admin.post("/admin/chains/new", {**fields, **changes})

    assert answer.status_code == 400
    assert "new" not in office.services.logon_desk._arrangement.read().chains


def test_titles_with_script_are_shown_as_they_are(office, admin):
    office.services.catalog.save_chain(Chain("odd", "<script>alert(1)</script>", ("PASSWORD:1", "SMS_OTP:1")))
    for address in ("/admin/events", "/admin/events/of/web", "/admin/chains/of/odd"):
        page = admin.get(address).text

        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_those_who_may_only_look_see_no_buttons(office):
    page = office.clerk(Role.AUDITOR).get("/admin/events")

    assert page.status_code == 200
    assert "<button" not in page.text.partition("<main")[2]


def test_a_login_is_tried_on_paper(office, admin):
    office.person("berta")
    office.services.catalog.save_chain(Chain("staff", "Staff way", ("PASSWORD:1", "SMS_OTP:1"), frozenset({"Staff"})))
    office.services.catalog.save_event("web", "Web login", ["directory-sms", "staff", "local-sms", "setup-local"])
    shown = admin.post("/admin/events/try", {"user": "berta", "event": "web"}).text

    places = [
        shown.index(words)
        for words in (
            "can log in",
            "Not for people of this repository.",
            "Only for members of other groups.",
            "The login begins with this chain.",
            "Can be chosen instead.",
        )
    ]
    assert places == sorted(places)
    assert "5550142" not in shown
    (entry,) = [view.entry for view in office.services.audit.search() if view.entry.tag == "logon.tried"]
    assert (entry.login, entry.event, entry.details) == ("administrator", "web", {"tried": "berta"})


def test_somebody_without_a_number_is_told_to_be_stuck(office, admin):
    people = LocalPeople(office.services.database, office.services.vault, office.services.clock)
    people.create(PersonDraft("carl", "Carl", (), password=PASSWORD))
    shown = admin.post("/admin/events/try", {"user": "carl", "event": "web"}).text

    assert "cannot log in" in shown
    assert "there is no number a code could be sent to" in shown


def test_nobody_is_told_as_such(admin):
    answer = admin.post("/admin/events/try", {"user": "nobody-at-all", "event": "web"})

    assert answer.status_code == 400
    assert "There is nobody of that name." in answer.text


LESS = ("PASSWORD:1", "TOTP:1")
SHORT = {"name": "short", "title": "Password", "seen": "", "order": ["PASSWORD:1"], "chosen": ["PASSWORD:1"]}


def test_a_stronger_chain_unlocks_a_shorter_one(office, admin):
    """It is arranged with a warning, told when a login is tried, and holds in one browser for its minutes alone."""
    office.person("carla", "+12025550177")
    made = admin.post("/admin/chains/new", {**SHORT, "required": "local-sms", "grace_minutes": "5"})
    fields = form_of(admin.get("/admin/events/of/web"))
    admin.post("/admin/events/of/web", {**fields, "chosen": [*fields["chosen"], "short"]})
    tried = admin.post("/admin/events/try", {"user": "LOCAL\\carla", "event": "web"}).text
    removed = admin.post("/admin/chains/of/local-sms/remove")
    chain = office.services.catalog.event("web").chain("short")
    saved = next(one for one in office.services.audit.search() if one.entry.details.get("chain") == "short")

    assert made.status_code == 303
    assert (chain.required, chain.grace_minutes) == ("local-sms", 5)
    assert "a stolen password is enough for that long" in admin.get("/admin/chains/of/short").text
    assert "Lets people in with less" in admin.get("/admin/events").text
    assert "Local password + SMS code, 5 min" in tried
    assert removed.status_code == 409
    assert (saved.entry.details["required"], saved.entry.details["minutes"]) == ("local-sms", "5")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"required": "local-sms", "grace_minutes": "0"}, "between 1 and 720 minutes"),
        ({"required": "local-sms", "grace_minutes": "721"}, "between 1 and 720 minutes"),
        ({"required": "local-sms", "grace_minutes": "-5"}, "between 1 and 720 minutes"),
        ({"required": "setup-local", "grace_minutes": "5"}, "must ask for two factors each time"),
        ({"required": "nothing", "grace_minutes": "5"}, "Choose another chain"),
        ({"required": "short", "grace_minutes": "5"}, "Choose another chain"),
        ({"required": "local-sms", "grace_minutes": "5", "supplement": "on"}, "neither unlocks others"),
    ],
)
def test_what_cannot_be_unlocked_is_refused(admin, changes, told):
    """A weak chain unlocks nothing, and nothing is unlocked without an end."""
    answer = admin.post("/admin/chains/new", {**SHORT, **changes})

    assert answer.status_code == 400
    assert told in answer.text


def test_administrators_are_never_let_in_by_less(office, admin):
    """Whatever is unlocked."""
    office.services.catalog.save_chain(Chain("short", "Less", LESS, required="local-sms", grace_minutes=5))
    fields = form_of(admin.get("/admin/events/of/admin"))
    answer = admin.post("/admin/events/of/admin", {**fields, "chosen": [*fields["chosen"], "short"]})

    assert answer.status_code == 400
    assert "always sign in with a whole chain" in answer.text
