"""The first page of the portal, and the page that asks for a fresh proof."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from authsms.administration.rights import Right
from authsms.portals.admin.dashboard import dashboard
from authsms.portals.admin.frame import actor, page, services, sign_in_address

blueprint = Blueprint("admin_start", __name__)


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Show how things are; whoever may not see that, or has to set things up first, gets the areas to choose from."""
    if actor().may(Right.DASHBOARD_SEE) and not _is_in_set_up():
        return dashboard()
    repositories = [view.name for view in services().people.repositories()]
    return page("start.html", is_in_set_up=_is_in_set_up(), repositories=repositories)


@blueprint.get("/prove")
def prove() -> ResponseReturnValue:
    """Say why a fresh sign-in is needed, and lead there."""
    actor()
    return render_template("portals/admin/prove.html", onward=sign_in_address())


def _is_in_set_up() -> bool:
    present = actor()
    return any(
        one.setup_until is not None for one in services().administrators.all() if one.person_key == present.person_key
    )
