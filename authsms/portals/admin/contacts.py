"""Consents as a table; the contacts of a person stand on his page."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from authsms.portals.admin.frame import actor, services

blueprint = Blueprint("admin_contacts", __name__)


@blueprint.get("/contacts/consents.csv")
def export() -> ResponseReturnValue:
    """Hand every consent record out."""
    response = Response(services().contact_desk.export(actor()), mimetype="text/csv")
    name = f"consents-{services().clock.now():%Y%m%d-%H%M}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
