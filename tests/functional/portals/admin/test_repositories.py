"""The pages of repositories, without JavaScript, over a real directory."""

import pytest

from authsms.administration.repositories import TESTS
from authsms.administration.rights import Role
from tests.integration.identity.conftest import person_ldif
from tests.parts.slapd import READER_DN, READER_PASSWORD, SUFFIX


@pytest.fixture
def fields(slapd):
    """What is typed to add a directory with a private authority."""
    slapd.add(person_ldif("alice", "wonderland", mobile="0171 2345678", displayName="<script>alert(1)</script>"))
    return {
        "name": "STAFF",
        "preset": "openldap",
        "servers": slapd.tls_url,
        "ca_file": str(slapd.ca_file),
        "base": SUFFIX,
        "bind_dn": READER_DN,
        "secret": READER_PASSWORD,
        "phone_attributes": "mobile, telephoneNumber",
        "default_region": "DE",
    }


def changed(office, **more):
    """Return what the form of the stored directory would send."""
    view = next(view for view in office.services.people.repositories() if view.name == "STAFF")
    typed = {
        "version": str(view.version),
        "known": "STAFF",
        "servers": "\n".join(view.settings["servers"]),
        "phone_attributes": ", ".join(view.settings["phone_attributes"]),
        **{key: str(view.settings.get(key, "")) for key in ("preset", "ca_file", "base", "bind_dn", "default_region")},
        **more,
    }
    return view, {name: value for name, value in typed.items() if value is not None}


def tags(office):
    return [(view.entry.tag.value, view.entry.login, view.entry.details) for view in office.services.audit.search()]


def test_a_directory_is_added_and_tried(office, admin, fields):
    answer = admin.post("/admin/repositories/new", fields)
    person = office.services.people.find("STAFF\\alice")
    listed = admin.get("/admin/repositories").text
    tried = admin.post("/admin/repositories/of/STAFF/test", {"sample": "alice"}).text

    assert (303, "/admin/repositories/of/STAFF/test") == (answer.status_code, answer.location)
    assert person.phones == ("+491712345678",)
    assert "by administrator" in listed
    assert READER_PASSWORD not in listed + tried + admin.get("/admin/repositories/of/STAFF").text
    assert "Found, with a number for codes." in tried
    assert "2345678" not in tried
    assert ("repository.saved", "administrator") in {entry[:2] for entry in tags(office)}
    assert ("repository.tested", "administrator") in {entry[:2] for entry in tags(office)}


def test_script_in_a_directory_is_shown_as_it_is(admin, fields):
    admin.post("/admin/repositories/new", fields)
    tried = admin.post("/admin/repositories/of/STAFF/test", {"sample": "alice"}).text

    assert "<script>alert(1)" not in tried
    assert "&lt;script&gt;alert(1)" in tried


def test_what_is_typed_is_tried_without_being_stored(office, admin, fields):
    tried = admin.post("/admin/repositories/try", {**fields, "sample": "alice"})

    assert "Tested as typed; nothing was stored." in tried.text
    assert "Found, with a number for codes." in tried.text
    assert READER_PASSWORD not in tried.text
    assert [view.name for view in office.services.people.repositories()] == ["LOCAL"]


def test_the_stored_password_never_goes_to_what_is_typed(office, admin, fields):
    """Otherwise whoever types another server gets it."""
    admin.post("/admin/repositories/new", fields)
    _, typed = changed(office, servers="ldaps://elsewhere.invalid")
    answer = admin.post("/admin/repositories/try", typed)

    assert answer.status_code == 400
    assert "type the password" in answer.text


@pytest.mark.parametrize(
    ("name", "value"),
    [("servers", "ldaps://other.example.test"), ("servers", "ldaps://127.0.0.1:6360"), ("ca_file", "")],
)
def test_another_place_or_trust_forgets_the_password(office, admin, fields, name, value):
    admin.post("/admin/repositories/new", fields)
    _, typed = changed(office, **{name: value})
    answer = admin.post("/admin/repositories/of/STAFF", typed)
    view, _ = changed(office)

    assert answer.status_code == 303
    assert view.secret_set_at is None
    assert "Password missing" in admin.get("/admin/repositories").text


def test_other_trusted_certificates_forget_the_password(office, admin, fields, slapd):
    """Pasted ones decide as much as those of a file."""
    admin.post("/admin/repositories/new", fields)
    _, typed = changed(office, certificates=slapd.ca_file.read_text())
    admin.post("/admin/repositories/of/STAFF", typed)
    view, _ = changed(office)

    assert view.settings["certificates"] == slapd.ca_file.read_text().strip()
    assert view.secret_set_at is None


def test_another_filter_keeps_the_password(office, admin, fields):
    admin.post("/admin/repositories/new", fields)
    _, typed = changed(office, person_filter="(&(objectClass=inetOrgPerson)(uid={login}))", secret="")
    admin.post("/admin/repositories/of/STAFF", typed)
    view, _ = changed(office)

    assert view.secret_set_by == "administrator"
    assert view.settings["person_filter"] == "(&(objectClass=inetOrgPerson)(uid={login}))"


def test_two_administrators_do_not_overwrite_each_other(office, admin, fields):
    admin.post("/admin/repositories/new", fields)
    _, first = changed(office, base=f"ou=people,{SUFFIX}")
    _, second = changed(office, phone_attributes="pager")
    admin.post("/admin/repositories/of/STAFF", first)
    late = admin.post("/admin/repositories/of/STAFF", second)
    view, _ = changed(office)

    assert late.status_code == 409
    assert "Somebody else has changed this directory" in late.text
    assert f"ou=people,{SUFFIX}" in late.text
    assert 'value="pager"' in late.text
    assert view.settings["phone_attributes"] == ["mobile", "telephoneNumber"]


def test_a_name_that_is_taken_changes_nothing(office, admin, fields):
    admin.post("/admin/repositories/new", fields)
    answer = admin.post("/admin/repositories/new", {**fields, "base": "dc=other"})
    view, _ = changed(office)

    assert answer.status_code == 400
    assert view.settings["base"] == SUFFIX


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("servers", "ldap://127.0.0.1", "would carry passwords unprotected"),
        ("servers", "https://127.0.0.1", "a server is written"),
        ("name", "a b", "repository&#39;s name"),
        ("name", "local", "built-in repository has this name"),
        ("person_filter", "(uid={login}", "person_filter"),
        ("base", "", "base"),
    ],
)
def test_what_cannot_be_used_is_told_and_not_stored(office, admin, fields, name, value, words):
    answer = admin.post("/admin/repositories/new", {**fields, name: value})

    assert answer.status_code == 400
    assert words in answer.text
    assert READER_PASSWORD not in answer.text
    assert [view.name for view in office.services.people.repositories()] == ["LOCAL"]


def test_the_default_is_moved_and_then_cannot_be_removed(office, admin, fields):
    admin.post("/admin/repositories/new", fields)
    view, _ = changed(office)
    admin.post("/admin/repositories/of/STAFF/default", {"version": view.version})
    view, _ = changed(office)
    refused = admin.post("/admin/repositories/of/STAFF/remove", {"version": view.version})

    assert view.is_default
    assert view.secret_set_at is not None
    assert office.services.people.split("alice") == ("STAFF", "alice")
    assert refused.status_code == 409
    assert "default repository" in refused.text


def test_a_directory_is_removed_when_nothing_changed_meanwhile(office, admin, fields):
    admin.post("/admin/repositories/new", fields)
    late = admin.post("/admin/repositories/of/STAFF/remove", {"version": "0"})
    view, _ = changed(office)
    answer = admin.post("/admin/repositories/of/STAFF/remove", {"version": view.version})

    assert (late.status_code, answer.status_code) == (409, 303)
    assert [view.name for view in office.services.people.repositories()] == ["LOCAL"]


def test_the_repository_of_the_last_full_administrator_stays(office, admin, fields):
    admin.post("/admin/repositories/new", fields)
    person = office.services.people.find("STAFF\\alice")
    office.services.administrators.grant(person, [Role.ADMINISTRATOR])
    guest = office.visitor(office.session_token(person))
    view, _ = changed(office)
    answer = guest.post("/admin/repositories/of/STAFF/remove", {"version": view.version})

    assert answer.status_code == 409
    assert "lock you out" in answer.text


def test_tests_are_limited(admin, fields):
    """The page is no port scanner, whoever sits before it."""
    typed = {**fields, "servers": "ldaps://127.0.0.1:9"}
    answers = [admin.post("/admin/repositories/try", typed) for _ in range(TESTS.count + 1)]

    assert {answer.status_code for answer in answers[:-1]} == {200}
    assert answers[-1].status_code in {400, 429}


def test_those_who_may_only_look_see_no_buttons(office, admin, fields):
    admin.post("/admin/repositories/new", fields)
    page = office.clerk(Role.AUDITOR).get("/admin/repositories")

    assert page.status_code == 200
    assert "STAFF" in page.text
    assert "<button" not in page.text.partition("<main")[2]
