"""What is known of a person: handed out as a file, or erased."""

from typing import Final, Protocol, cast

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from authsms.administration.privacy import PrivacyDesk
from authsms.administration.rights import Right
from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from authsms.portals.admin.frame import NOTICES, AdminForm, actor, check_form, done
from authsms.portals.admin.frame import services as all_services
from authsms.portals.once import answer_once

blueprint = Blueprint("admin_privacy", __name__)
_LONGEST: Final = 300
NOTICES["person.erased"] = lazy_gettext("Erased. What has to stay is listed below.")
NOTICES["person.erased-here"] = lazy_gettext(
    "Erased, as far as this server goes; the directory still has the entry. What has to stay is listed below."
)


class PrivacyServices(Protocol):
    """The services these pages call."""

    privacy_desk: PrivacyDesk


@blueprint.get("/people/data/<path:person_key>")
def export(person_key: str) -> ResponseReturnValue:
    """Hand out what is known of a person."""
    response = Response(_desk().export(actor(), person_key[:_LONGEST]), mimetype="application/json")
    name = f"person-{all_services().clock.now():%Y%m%d-%H%M}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.post("/people/erase")
def erase() -> ResponseReturnValue:
    """Forget a person."""
    check_form(AdminForm())
    actor().require(Right.PEOPLE_ERASE)
    person_key = request.form.get("person_key", "")[:_LONGEST]
    reason = request.form.get("reason", "")[: _LONGEST + 1]
    if not person_key:
        raise NotFoundError("There is no such person.")
    onward = url_for("admin_people.show", person_key=person_key)

    def act() -> Response:
        try:
            erased = _desk().erase(actor(), person_key, reason)
        except ConflictError:
            return done(onward, "person.too-late")
        except InvalidInputError:
            return done(onward, "person.no-reason")
        return done(onward, "person.erased-here" if erased.is_account_left else "person.erased")

    return answer_once(act)


def _desk() -> PrivacyDesk:
    return cast("PrivacyServices", all_services()).privacy_desk
