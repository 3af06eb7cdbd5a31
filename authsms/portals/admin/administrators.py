"""The page of administrators: who is one, and with which roles."""

from dataclasses import dataclass

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from authsms.administration.rights import Right, Role
from authsms.foundation.errors import InvalidInputError, NotFoundError
from authsms.identity.repository import Person, PersonKey
from authsms.portals.admin.frame import AdminForm, act_with, actor, check_form, done, page, services, told

blueprint = Blueprint("admin_administrators", __name__)
_LONGEST_NAME = 256
_LONGEST_VERSION = 9
ROLES = {
    Role.ADMINISTRATOR: (lazy_gettext("Full administrator"), lazy_gettext("May see and change everything.")),
    Role.POLICY_EDITOR: (
        lazy_gettext("Policy editor"),
        lazy_gettext("Sender policy, events, chains and endpoints; sees repositories."),
    ),
    Role.HELPDESK: (lazy_gettext("Help desk"), lazy_gettext("Looks people up, unlocks them, sees messages.")),
    Role.AUDITOR: (lazy_gettext("Auditor"), lazy_gettext("Sees everything, changes nothing.")),
    Role.MESSAGING_OPERATOR: (
        lazy_gettext("Messaging operator"),
        lazy_gettext("Watches messages and notices, cancels, sends codes again."),
    ),
}


@blueprint.get("/administrators")
def listing() -> ResponseReturnValue:
    """List the administrators."""
    return page("administrators.html", administrators=services().administrators.list(actor()), roles=ROLES)


@blueprint.get("/administrators/add")
def add() -> ResponseReturnValue:
    """Find somebody and choose his roles."""
    actor().require(Right.ADMINISTRATORS_EDIT)
    typed = request.args.get("user", "").strip()[:_LONGEST_NAME]
    person = services().people.find(typed) if typed else None
    return _form(_Who.of(person) if person else None, typed=typed)


@blueprint.get("/administrators/<path:person_key>")
def edit(person_key: str) -> ResponseReturnValue:
    """Show the roles of one administrator."""
    actor().require(Right.ADMINISTRATORS_EDIT)
    for one in services().administrators.list(actor()):
        if one.person_key == person_key:
            return _form(_Who(one.person_key, one.login, one.display_name), chosen=one.roles, version=one.version)
    raise NotFoundError("There is no such administrator.")


@blueprint.post("/administrators/save")
def save() -> ResponseReturnValue:
    """Store the roles of one person."""
    check_form(AdminForm())
    actor().require(Right.ADMINISTRATORS_EDIT)
    person = services().people.get(PersonKey(request.form.get("person_key", "")[:_LONGEST_NAME]))
    if person is None:
        raise NotFoundError("There is no such person.")
    chosen = frozenset(Role(word) for word in request.form.getlist("role") if word in set(Role))
    seen = request.form.get("version", "")
    version = int(seen) if seen.isascii() and seen.isdigit() and len(seen) <= _LONGEST_VERSION else -1
    try:
        services().administrators.change(actor(), person, chosen, expected_version=version)
    except InvalidInputError as error:
        return _form(_Who.of(person), chosen=chosen, version=version, problem=told(error)), 400
    return done(url_for("admin_administrators.listing"))


@blueprint.post("/administrators/remove")
def remove() -> ResponseReturnValue:
    """Take all roles from one person."""
    person_key = request.form.get("person_key", "")[:_LONGEST_NAME]
    onward = url_for("admin_administrators.listing")
    return act_with(lambda: services().administrators.remove(actor(), person_key), onward, "removed")


@dataclass(frozen=True, slots=True)
class _Who:
    key: str
    login: str
    name: str

    @classmethod
    def of(cls, person: Person) -> "_Who":
        return cls(person.key, person.login, person.display_name)


def _form(
    who: _Who | None, *, typed: str = "", chosen: frozenset[Role] = frozenset(), version: int = 0, problem: str = ""
) -> str:
    return page(
        "administrator.html", who=who, typed=typed, chosen=chosen, version=version, problem=problem, roles=ROLES
    )
