"""The queue: what waits, what goes through, who carries it, and the buttons that stop it and let it go on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from authsms.administration.queue import QueueDesk
from authsms.administration.rights import Right
from authsms.delivery.throughput import Pace
from authsms.portals.admin import dashboard_words, live, messages_words, queue_words
from authsms.portals.admin.charts import Series, marks_at, nested
from authsms.portals.admin.dashboard import Drawing
from authsms.portals.admin.frame import NOTICES, act_with, actor, page, services

blueprint = Blueprint("admin_queue", __name__)
NOTICES.update(queue_words.NOTICES)


@blueprint.get("/queue")
def show() -> ResponseReturnValue:
    """Show how things stand."""
    return page("queue.html", **_values(live.begin()))


@blueprint.get("/queue/now")
def now() -> ResponseReturnValue:
    """Answer the page that renews itself."""
    until = live.read(request.args.get("live_until", ""))
    shown = page("queue_now.html", **_values(until))
    return shown if until else (shown, live.STOP_ASKING)


@blueprint.post("/queue/services/<name>")
def change_service(name: str) -> ResponseReturnValue:
    """Pause a service, let it go on, or try it at once."""
    desk = _desk()
    acts = {"pause": desk.pause_service, "resume": desk.resume_service, "retry": desk.retry_service}
    act = request.form.get("act", "")
    work = acts.get(act, desk.resume_service)
    return act_with(lambda: work(actor(), name), url_for(".show"), f"queue.{act if act in acts else 'resume'}")


@blueprint.post("/queue/purposes/<purpose>")
def change_purpose(purpose: str) -> ResponseReturnValue:
    """Let messages of a purpose wait, or go on."""
    act = "pause" if request.form.get("act") == "pause" else "resume"
    work = _desk().pause_purpose if act == "pause" else _desk().resume_purpose
    return act_with(lambda: work(actor(), purpose), url_for(".show"), f"queue.{act}")


def _values(until: datetime | None) -> dict[str, Any]:
    state = _desk().state(actor())
    return {
        "state": state,
        "services": [(one, queue_words.condition(one, state.at)) for one in state.services],
        "drawing": _drawing(state.minutes),
        "live_until": live.write(until),
        "purposes": messages_words.PURPOSES,
        "words": queue_words,
        "counts": dashboard_words,
        "sees_policy": actor().may(Right.SENDERS_SEE),
    }


def _drawing(minutes: Sequence[Pace]) -> Drawing:
    moments = [one.since for one in minutes]
    queued = Series("pale", gettext("Queued"), [one.queued for one in minutes])
    taken = Series("brand", gettext("Taken by providers"), [one.handed_over for one in minutes])
    chart = nested(queued, taken, moments, marks_at(moments, range(0, len(moments), 5)))
    return Drawing("minutes", gettext("Texts a minute"), chart)


def _desk() -> QueueDesk:
    return services().monitoring.queue
