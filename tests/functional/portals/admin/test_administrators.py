"""Making and unmaking administrators."""

from authsms.administration.rights import Role
from tests.functional.portals.admin.office import Clerk, Office


def _roles(office: Office) -> dict[str, frozenset[Role]]:
    return {one.login: one.roles for one in office.services.administrators.all()}


def test_somebody_is_found_and_gets_a_role(office: Office, admin: Clerk):
    """The name is looked up as at a sign-in."""
    person = office.person("berta")
    page = admin.get("/admin/administrators/add?user=berta").text
    answer = admin.post("/admin/administrators/save", {"person_key": person.key, "version": 0, "role": "helpdesk"})

    assert person.key in page
    assert answer.location == "/admin/administrators"
    assert _roles(office)["berta"] == {Role.HELPDESK}
    assert "Saved." in admin.get("/admin/administrators").text


def test_nobody_is_found_by_a_wrong_name(admin: Clerk):
    """It is said, and the name stays in the field."""
    page = admin.get("/admin/administrators/add?user=<b>nobody").text

    assert "Nobody of that name was found." in page
    assert "&lt;b&gt;nobody" in page


def test_two_who_change_the_same_roles_do_not_overwrite_each_other(office: Office, admin: Clerk):
    """The second one is told."""
    person = office.person("berta")
    first = {"person_key": person.key, "version": 0, "role": "helpdesk"}
    admin.post("/admin/administrators/save", first)
    answer = admin.post("/admin/administrators/save", {**first, "role": "auditor"})

    assert answer.status_code == 409
    assert _roles(office)["berta"] == {Role.HELPDESK}


def test_nobody_takes_the_last_key_from_himself(office: Office, admin: Clerk):
    """The server must not be left without an administrator."""
    own = office.services.people.find("administrator")
    assert own is not None
    save = {"person_key": own.key, "version": 1, "role": "auditor"}
    answers = [
        admin.post("/admin/administrators/save", save).status_code,
        admin.post("/admin/administrators/remove", {"person_key": own.key}).status_code,
    ]

    assert answers == [400, 400]
    assert _roles(office)["administrator"] == {Role.ADMINISTRATOR}


def test_an_administrator_who_is_removed_is_out_at_once(office: Office, admin: Clerk):
    """His open session opens nothing any more."""
    other = office.clerk(Role.HELPDESK, login="carla")
    carla = office.services.people.find("carla")
    assert carla is not None
    before = other.get("/admin/").status_code
    admin.post("/admin/administrators/remove", {"person_key": carla.key})

    assert [200, 403] == [before, other.get("/admin/").status_code]


def test_unknown_roles_and_further_fields_are_not_read(office: Office, admin: Clerk):
    """Only what the form names is taken."""
    person = office.person("berta")
    wishes = {
        "person_key": person.key,
        "version": 0,
        "role": ["helpdesk", "god"],
        "login": "root",
        "setup_until": "2999",
    }
    admin.post("/admin/administrators/save", wishes)
    [berta] = [one for one in office.services.administrators.all() if one.login == "berta"]

    assert (frozenset({Role.HELPDESK}), None) == (berta.roles, berta.setup_until)
