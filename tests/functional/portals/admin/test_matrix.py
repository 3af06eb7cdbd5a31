"""Who may open what: every route of the portal, with every role and with none."""

import pytest
from werkzeug.routing import Map

from authsms.administration.rights import GRANTS, GUARDED, Right, Role
from tests.fakes import ManualClock
from tests.functional.portals.admin.matrix import MATRIX
from tests.functional.portals.admin.office import OVERDUE, Office

_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


def _routes(url_map: Map) -> dict[tuple[str, str], str]:
    """Return the portal's routes with an address for each; path parameters are filled with 1."""
    adapter = url_map.bind("127.0.0.1:8080")
    found = {}
    for rule in url_map.iter_rules():
        if rule.endpoint.startswith("admin_"):
            values = {name: 1 if "Integer" in type(rule._converters[name]).__name__ else "1" for name in rule.arguments}
            for method in (rule.methods or set()) & _METHODS:
                found[rule.endpoint, method] = adapter.build(rule.endpoint, values, method=method)
    return found


def test_every_route_stands_in_the_matrix(office: Office):
    """A page nobody has thought about is a page anybody may open."""
    assert set(MATRIX) == set(_routes(office.app.url_map))


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_what_its_rights_say_and_nothing_else(office: Office, role: Role):
    """The service layer decides; what is asked for does not exist, so nothing is changed by those who may."""
    clerk = office.clerk(role)
    token = clerk.token()
    for (endpoint, method), address in sorted(_routes(office.app.url_map).items()):
        right = MATRIX[endpoint, method]
        answer = clerk.get(address) if method == "GET" else clerk.post(address, token=token)
        expected = right is None or right in GRANTS[role]

        assert expected == (answer.status_code != 403), f"{role} {method} {address}: {answer.status_code}"
        assert answer.status_code < 500, f"{role} {method} {address}: {answer.status_code}"


def test_nobody_opens_anything_without_a_session(office: Office):
    """Pages lead to the sign-in; forms do nothing."""
    visitor = office.visitor()
    for (_, method), address in _routes(office.app.url_map).items():
        answer = visitor.get(address) if method == "GET" else visitor.post(address, token="x")

        assert answer.status_code == 303, address
        assert answer.location in {"/login/admin", "/admin/prove"}


def test_forms_of_others_are_refused(office: Office):
    """A token is bound to the session and its browser; without one nothing is done."""
    clerk, other = office.clerk(), office.clerk(Role.ADMINISTRATOR, login="other")
    foreign = other.token()
    for (endpoint, method), address in _routes(office.app.url_map).items():
        if method == "POST":
            assert clerk.post(address, token=foreign).status_code == 403, endpoint
            assert clerk.post(address, token="").status_code == 403, endpoint
            assert clerk.post(address, {}, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403, endpoint


def test_guarded_rights_want_a_fresh_proof(office: Office, clock: ManualClock):
    """A browser left open is not enough to change where passwords and codes go."""
    clerk = office.clerk()
    token = clerk.token()
    clock.advance(OVERDUE)
    for (endpoint, method), address in _routes(office.app.url_map).items():
        right = MATRIX[endpoint, method]
        if right in GUARDED and isinstance(right, Right):
            answer = clerk.get(address) if method == "GET" else clerk.post(address, token=token)

            assert (303, "/admin/prove") == (answer.status_code, answer.location), endpoint
