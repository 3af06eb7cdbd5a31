"""The pages of opt-outs: who wants no texts from which sender, and how that ends."""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from authsms.administration.opt_outs import OptOutList, read_place, write_place
from authsms.contacts.suppression import OptOut, Source
from authsms.foundation.errors import InvalidInputError, NotFoundError
from authsms.portals.admin.frame import NOTICES, AdminForm, actor, check_form, done, page, services
from authsms.portals.notes import take_note
from authsms.portals.once import answer_once

blueprint = Blueprint("admin_opt_outs", __name__)
NOTICES.update({"opt-out.lifted": lazy_gettext("Lifted. The number can be texted again.")})
_PROBLEMS: Final = {
    "opt-out.no-reason": lazy_gettext("Say why, in up to 300 characters."),
    "opt-out.gone": lazy_gettext("That opt-out has been lifted already."),
}
SOURCES: Final = {
    Source.REPLY: lazy_gettext("Reply of the person"),
    Source.PROVIDER: lazy_gettext("Answer of the provider"),
}
_LONGEST: Final = 300


@blueprint.get("/messages/opt-outs")
def listing() -> ResponseReturnValue:
    """Show the newest opt-outs, or those after a place."""
    after = read_place(request.args.get("after", "")[:100])
    found = services().opt_out_desk.portion(actor(), after=after)
    note = take_note()
    return _shown(found, problem=str(_PROBLEMS.get(note.key, "")) if note else "", is_first=after is None)


@blueprint.post("/messages/opt-outs")
def number() -> ResponseReturnValue:
    """Look a whole phone number up; it comes into no address."""
    actor_, typed = actor(), request.form.get("phone", "")[:64]
    check_form(AdminForm())
    try:
        items: Sequence[OptOut] = services().opt_out_desk.of_number(actor_, typed)
    except InvalidInputError:
        return _shown(OptOutList((), None), number_problem=gettext("This is no phone number."), is_searched=True)
    return _shown(OptOutList(items, None), is_searched=True)


@blueprint.get("/messages/opt-outs/export.csv")
def export() -> ResponseReturnValue:
    """Hand the opt-outs out as a table."""
    response = Response(services().opt_out_desk.export(actor()), mimetype="text/csv")
    name = f"opt-outs-{services().clock.now():%Y%m%d-%H%M}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.post("/messages/opt-outs/<opt_out_id>/lift")
def lift(opt_out_id: str) -> ResponseReturnValue:
    """Let a number be texted again."""
    check_form(AdminForm())
    onward = url_for(".listing")

    def act() -> Response:
        try:
            services().opt_out_desk.lift(actor(), opt_out_id, request.form.get("reason", "")[: _LONGEST + 1])
        except InvalidInputError:
            return done(onward, "opt-out.no-reason")
        except NotFoundError:
            return done(onward, "opt-out.gone")
        return done(onward, "opt-out.lifted")

    return answer_once(act)


def _shown(
    found: OptOutList, *, problem: str = "", number_problem: str = "", is_first: bool = False, is_searched: bool = False
) -> str:
    return page(
        "opt_outs.html",
        area="admin_messages",
        found=found,
        older=write_place(found.older),
        silent=services().opt_out_desk.silent_services(actor()),
        sources=SOURCES,
        problem=problem,
        number_problem=number_problem,
        is_first=is_first,
        is_searched=is_searched,
    )
