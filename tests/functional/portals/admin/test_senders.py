"""The pages of the sender policy, as an administrator without JavaScript uses them."""

import re

import pytest

from authsms.administration.rights import Role
from authsms.foundation.db import Database
from tests.functional.portals.admin.office import open_office
from tests.functional.portals.admin.sender_forms import MAIN, SECRET, TYPED, make, stored, version_in


@pytest.fixture
def office(instance, sqlite_database_url, clock):
    """An installation that may speak to servers of this machine."""
    database = Database(sqlite_database_url)
    network = {"allowed": ["127.0.0.1"]}
    with open_office(instance, database, clock, home="http://127.0.0.1:8080", network=network) as opened:
        yield opened
    database.dispose()


def test_a_service_is_made_and_leads_to_its_test(office, admin):
    """The list says what to do while it is empty."""
    empty = admin.get("/admin/senders").text
    form = admin.get("/admin/senders/new?kind=twilio").text
    answer = make(admin)

    assert "No sender service yet" in empty
    assert 'name="setting-auth_token"' in form
    assert (303, f"{MAIN}/test") == (answer.status_code, answer.location)
    assert stored(office).rule.is_enabled
    assert "never tested" in admin.get("/admin/senders").text


def test_what_is_wrong_is_said_in_the_language_of_the_page(admin):
    """With the facts in it, errors within errors as well."""
    german = {"Accept-Language": "de"}
    name = admin.post("/admin/senders/new/twilio", TYPED | {"name": "Main"}, **german).text
    make(admin)
    moved = TYPED | {"setting-auth_token": "", "setting-base_url": "https://api.eu1.twilio.com", "version": "1"}
    address = admin.post(MAIN, moved, **german).text

    assert "Der Name darf höchstens 40 Kleinbuchstaben" in name
    assert "API address wurde geändert; geben Sie die Geheimnisse noch einmal ein." in address


def test_every_provider_and_every_preset_has_a_form(office, admin):
    """Made from what the plugin names."""
    kinds = office.services.senders.kinds()
    for kind in kinds.values():
        for preset in ("", *(one.name for one in kind.presets)):
            page = admin.get(f"/admin/senders/new?kind={kind.key}&preset={preset}")
            assert 200 == page.status_code
            for setting in kind.all_settings():
                assert f'name="setting-{setting.name}"' in page.text


def test_a_preset_names_its_secrets(office, admin):
    """So that only the values are missing; what was typed there does not come back with an error."""
    kind = office.services.senders.kinds()["generic_http"]
    preset = next(one for one in kind.presets if one.values.get("secure_parameters"))
    page = admin.get(f"/admin/senders/new?kind=generic_http&preset={preset.name}").text
    failed = admin.post("/admin/senders/new/generic_http", {"setting-secure_parameters": f"key={SECRET}"})

    assert f"{preset.values['secure_parameters'][0][0]}=" in page
    assert 400 == failed.status_code
    assert SECRET not in failed.text


def test_secrets_never_come_back(office, admin):
    """Neither in the form, nor masked, nor in the history, nor in the file."""
    make(admin)
    pages = [admin.get(address).text for address in ("/admin/senders", MAIN, "/admin/senders/history")]
    pages.append(admin.get("/admin/senders/export").text)
    failed = admin.post(MAIN, TYPED | {"version": "1", "setting-account_sid": "nonsense"})

    assert all(SECRET not in page for page in [*pages, failed.text])
    assert 400 == failed.status_code
    assert "nonsense" in failed.text
    assert "by administrator" in pages[1]


def test_an_empty_secret_is_kept_and_a_ticked_one_removed(office, admin):
    """The tick says so."""
    make(admin)
    kept = TYPED | {"setting-auth_token": "", "setting-sender_phone": "12345", "version": "1"}
    admin.post(MAIN, kept)
    after_keeping = "auth_token" in stored(office).secrets
    answer = admin.post(MAIN, kept | {"version": "2", "clear-auth_token": "y"})

    assert after_keeping
    assert 400 == answer.status_code
    assert "auth_token" in stored(office).secrets


def test_another_host_asks_for_the_secret_again(office, admin):
    """In words, and the stored one is not sent there."""
    make(admin)
    changed = TYPED | {"setting-auth_token": "", "setting-base_url": "https://127.0.0.1", "version": "1"}
    answer = admin.post(MAIN, changed)

    assert 400 == answer.status_code
    assert "type the secrets again" in answer.text


def test_an_address_inside_the_network_is_refused_in_words(office, admin):
    """The form is no way to the cloud's metadata."""
    answer = make(admin, **{"setting-base_url": "https://169.254.169.254"})

    assert 400 == answer.status_code
    assert "network.allowed" in answer.text
    assert [] == office.services.senders.services()


def test_the_second_administrator_sees_both_values(office, admin):
    """Nothing of his is lost, nothing of the other's is overwritten unseen; a second save holds."""
    make(admin)
    version = version_in(admin.get(MAIN).text)
    first = TYPED | {"setting-auth_token": "", "version": version}
    admin.post(MAIN, first | {"setting-sender_phone": "11111"})
    other = office.clerk(Role.POLICY_EDITOR, login="berta")
    late = other.post(MAIN, first | {"setting-sender_phone": "22222"})

    assert 409 == late.status_code
    assert "administrator has changed this service meanwhile" in late.text
    assert 'value="22222"' in late.text
    assert "11111" in late.text
    assert "11111" == stored(office).settings["sender_phone"]

    other.post(MAIN, first | {"setting-sender_phone": "22222", "version": version_in(late.text)})
    assert "22222" == stored(office).settings["sender_phone"]


def test_two_administrators_with_the_same_policy(office, admin):
    """The second sees what the first has stored beside what he typed."""
    version = version_in(admin.get("/admin/senders/policy").text)
    typed = {"version": version, "wording": "standard", "currency": "EUR", "masks_recipients": "on"}
    admin.post("/admin/senders/policy", typed | {"template-de": "Erster: {otp}"})
    late = office.clerk(login="berta").post("/admin/senders/policy", typed | {"template-de": "Zweiter: {otp}"})

    assert 409 == late.status_code
    assert "Erster: {otp}" in late.text
    assert "Zweiter: {otp}" in late.text
    assert {"de": "Erster: {otp}"} == dict(office.services.senders.policy().templates)


def test_a_preview_saves_nothing_and_counts(office, admin):
    """With alphabet, segments and an estimate."""
    typed = {"version": "0", "wording": "standard", "currency": "EUR", "segment_price": "0.08"}
    page = admin.post(
        "/admin/senders/policy", typed | {"template-en": "Code {otp} ✓" + "x" * 70, "act": "preview"}
    ).text

    assert "UCS-2" in page
    assert "2 segments" in page
    assert "about 0.16 EUR" in page
    assert "482915" in page
    assert 0 == office.services.senders.policy().version


@pytest.mark.parametrize("text", ["no code here", "{otp} {otp.__class__}", "{otp} {unknown}", "{otp} {"])
def test_a_template_that_cannot_be_used_is_refused(office, admin, text):
    """It stays in the field."""
    typed = {"version": "0", "wording": "standard", "currency": "EUR", "template-en": text}
    answer = admin.post("/admin/senders/policy", typed)

    assert 400 == answer.status_code
    assert text in answer.text
    assert 0 == office.services.senders.policy().version


def test_fields_the_form_does_not_name_are_not_read(office, admin):
    """Neither place and switch, nor version, author or other settings."""
    make(admin)
    admin.post(
        MAIN,
        TYPED
        | {
            "version": "1",
            "is_enabled": "",
            "position": "7",
            "updated_by": "root",
            "setting-evil": "x",
            "kind": "generic_http",
        }
        | {"purposes": "everything", "name": "renamed"},
    )

    saved = stored(office)
    assert (0, True, "twilio", "administrator") == (
        saved.rule.position,
        saved.rule.is_enabled,
        saved.kind,
        saved.updated_by,
    )
    assert "evil" not in saved.settings
    assert frozenset() == saved.rule.purposes


def test_services_are_switched_moved_and_removed(office, admin):
    """Each with a button; what somebody else has changed since is left alone."""
    make(admin)
    make(admin, name="second")
    admin.post(f"{MAIN}/switch", {"version": "1", "on": "off"})
    late = admin.post(f"{MAIN}/remove", {"version": "1"})
    version = office.services.senders.policy().version
    admin.post("/admin/senders/services/second/move", {"version": version, "to": "up"})
    order = [one.rule.name for one in office.services.senders.services()]

    assert 409 == late.status_code
    assert "Somebody else has changed" in late.text
    assert not stored(office).rule.is_enabled
    assert ["second", "main"] == order

    admin.post(f"{MAIN}/remove", {"version": stored(office).version})
    assert ["second"] == [one.rule.name for one in office.services.senders.services()]


def test_going_back_shows_first_what_it_does(office, admin):
    """Then a button does it."""
    make(admin)
    admin.post(MAIN, TYPED | {"version": "1", "setting-auth_token": "", "setting-sender_phone": "12345"})
    plan = admin.get("/admin/senders/history/1").text
    before = stored(office).settings["sender_phone"]
    admin.post("/admin/senders/history/1", {"version": version_in(plan)})

    assert "12345" in plan
    assert "12345" == before
    assert "+14155550100" == stored(office).settings["sender_phone"]
    assert "went back to version 1" in admin.get("/admin/senders/history").text


def test_a_file_goes_out_and_comes_back(office, admin):
    """Taking in what was just handed out changes nothing; other files show first what they do."""
    make(admin)
    text = admin.get("/admin/senders/export").text
    same = admin.post("/admin/senders/import", {"text": text}).text
    other = text.replace("+14155550100", "12345")
    plan = admin.post("/admin/senders/import", {"text": other}).text
    digest = re.findall(r'name="looked_at" value="(\w+)"', plan)[0]
    sent = {"act": "apply", "version": version_in(plan), "looked_at": digest}
    admin.post("/admin/senders/import", sent | {"text": other.replace("12345", "66666")})
    unseen = stored(office).settings["sender_phone"]
    admin.post("/admin/senders/import", sent | {"text": other})

    assert "Nothing: it says what holds already." in same
    assert "+14155550100" == unseen
    assert "12345" == stored(office).settings["sender_phone"]
    assert "auth_token" in stored(office).secrets


def test_a_file_may_be_chosen_instead_of_pasted(admin):
    """What is chosen counts, and is shown as text before anything changes; a picture is none."""
    make(admin)
    text = admin.get("/admin/senders/export").text.replace("+14155550100", "12345")
    plan = admin.upload("/admin/senders/import", "file", text.encode("utf-8-sig"), {"text": "was here before"}).text
    picture = admin.upload("/admin/senders/import", "file", b"\x89PNG\r\n\xff\xfe")

    assert "What would change" in plan
    assert "12345" in plan
    assert "was here before" not in plan
    assert (400, True) == (picture.status_code, "no text file" in picture.text)


def test_a_hostile_file_is_shown_as_text(admin):
    """Its words are never markup."""
    answer = admin.post("/admin/senders/import", {"text": '"<script>alert(1)</script>" = 1'})

    assert 400 == answer.status_code
    assert "<script>alert(1)" not in answer.text


def test_help_desk_does_not_see_the_area(office):
    """Not even in the navigation."""
    clerk = office.clerk(Role.HELPDESK)

    assert 403 == clerk.get("/admin/senders").status_code
    assert "/admin/senders" not in clerk.get("/admin/").text


def test_an_auditor_sees_and_has_no_buttons(office, admin):
    """What leads nowhere is not shown."""
    make(admin)
    page = office.clerk(Role.AUDITOR).get("/admin/senders").text

    assert "main" in page
    assert "Switch off" not in page
    assert f'href="{MAIN}"' not in page
