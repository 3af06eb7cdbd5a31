"""The pages of notices and offers: what was sent, how far it is, and how the rest is taken back."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from authsms.administration.notices import NoticeDesk
from authsms.administration.notices_orders import NoticeOrderDesk
from authsms.foundation.errors import NotFoundError
from authsms.portals.admin import dashboard_words, live, messages_words, notices_words
from authsms.portals.admin.charts import shares
from authsms.portals.admin.frame import (
    NOTICES,
    AdminForm,
    actor,
    check_form,
    done,
    listing_request,
    page,
    services,
)

blueprint = Blueprint("admin_notices", __name__)
NOTICES.update(notices_words.NOTICES)


@blueprint.get("/notices")
def listing() -> ResponseReturnValue:
    """List notices, newest first."""
    asked = listing_request()
    result = _desk().list(actor(), asked)
    return page(
        "notices.html",
        result=result,
        asked=asked,
        drafts=_orders().drafts(actor()),
        now=services().clock.now(),
        purposes=messages_words.PURPOSES,
        words=notices_words,
        counts=dashboard_words,
    )


@blueprint.get("/notices/<name>")
def show(name: str) -> ResponseReturnValue:
    """Show how far a notice is."""
    return page("notice.html", **_values(name, live.begin()))


@blueprint.get("/notices/<name>/now")
def now(name: str) -> ResponseReturnValue:
    """Answer the page that renews itself."""
    until = live.read(request.args.get("live_until", ""))
    shown = page("notice_now.html", **_values(name, until))
    return shown if until else (shown, live.STOP_ASKING)


@blueprint.get("/notices/<name>/export.csv")
def export(name: str) -> ResponseReturnValue:
    """Hand out who was sent a notice, when, and what became of it."""
    response = Response(_desk().export(actor(), name), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="notice-{name}.csv"'
    return response


@blueprint.post("/notices/<name>/cancel")
def cancel(name: str) -> ResponseReturnValue:
    """Take back what has not gone out."""
    check_form(AdminForm())
    onward = url_for(".show", name=name)
    try:
        _desk().cancel(actor(), name)
    except NotFoundError:
        return done(onward, "notice.cancelled-before")
    return done(onward, "notice.cancelled")


def _values(name: str, until: datetime | None) -> dict[str, Any]:
    state = _desk().state(actor(), name)
    parts = notices_words.parts(state.counts)
    return {
        "state": state,
        "parts": parts,
        "bars": shares(parts),
        "drawing": notices_words.drawing(state.spans),
        "through": notices_words.through(state.counts),
        "total": sum(state.counts.values()),
        "live_until": live.write(until),
        "purposes": messages_words.PURPOSES,
        "words": notices_words,
        "counts": dashboard_words,
    }


def _desk() -> NoticeDesk:
    return services().notice_desk


def _orders() -> NoticeOrderDesk:
    return services().notice_orders_desk
