"""The pages of offers: what was asked, who has answered what, and how an offer is made, decided and ended."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from authsms.administration.offers import OfferDesk
from authsms.administration.rights import Right
from authsms.foundation.errors import AuthsmsError, ConflictError, InvalidInputError
from authsms.identity.preferences import LANGUAGES
from authsms.portals.admin import dashboard_words, live, notices_words, offers_words
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
    told,
)
from authsms.portals.admin.offers_form import TypedOffer, typed_offer
from authsms.portals.once import answer_once

blueprint = Blueprint("admin_offers", __name__)
NOTICES.update(offers_words.NOTICES)
_MOST_CHOSEN = 1000


@blueprint.get("/offers")
def listing() -> ResponseReturnValue:
    """List offers, newest first."""
    asked = listing_request()
    result = _desk().list(actor(), asked)
    return page("offers.html", result=result, asked=asked, words=offers_words, counts=dashboard_words)


@blueprint.get("/new-offer")
def new() -> ResponseReturnValue:
    """Show an empty form."""
    return _form(TypedOffer())


@blueprint.post("/new-offer")
def create() -> ResponseReturnValue:
    """Show what would be sent, or send it, or go back to the form."""
    actor().require(Right.NOTICES_SEND)
    check_form(AdminForm())
    typed, act = typed_offer(), request.form.get("act", "")
    if act == "change":
        return _form(typed)
    try:
        return answer_once(lambda: _made(typed)) if act == "send" else _preview(typed)
    except (InvalidInputError, ConflictError) as error:
        return _form(typed, error), 400


@blueprint.get("/offers/<name>")
def show(name: str) -> ResponseReturnValue:
    """Show where an offer stands."""
    return page("offer.html", problem="", **_values(name, live.begin()))


@blueprint.get("/offers/<name>/now")
def now(name: str) -> ResponseReturnValue:
    """Answer the page that renews itself."""
    until = live.read(request.args.get("live_until", ""))
    shown = page("offer_now.html", **_values(name, until))
    return shown if until else (shown, live.STOP_ASKING)


@blueprint.post("/offers/<name>/choose")
def choose(name: str) -> ResponseReturnValue:
    """Give places to those who were ticked."""
    keys = request.form.getlist("person")[:_MOST_CHOSEN]
    return _act(name, "offer.chosen", lambda: _desk().choose(actor(), name, keys))


@blueprint.post("/offers/<name>/close")
def close(name: str) -> ResponseReturnValue:
    """Take no more answers."""
    return _act(name, "offer.closed", lambda: _desk().close(actor(), name))


@blueprint.post("/offers/<name>/cancel")
def cancel(name: str) -> ResponseReturnValue:
    """Withdraw it."""
    return _act(name, "offer.cancelled", lambda: _desk().cancel(actor(), name))


def _act(name: str, key: str, work: Callable[[], None]) -> ResponseReturnValue:
    actor().require(Right.NOTICES_SEND)
    check_form(AdminForm())

    def act() -> Response:
        work()
        return done(url_for(".show", name=name), key)

    try:
        return answer_once(act)
    except (InvalidInputError, ConflictError) as error:
        return page("offer.html", problem=told(error), **_values(name, live.begin())), 409


def _made(typed: TypedOffer) -> Response:
    _desk().make(actor(), typed.draft(), typed.audience())
    return done(url_for(".show", name=typed.name), "offer.made")


def _preview(typed: TypedOffer) -> str:
    draft = typed.draft()
    return page(
        "offer_preview.html",
        typed=typed,
        draft=draft,
        preview=_desk().preview(actor(), draft, typed.audience()),
        words=offers_words,
        common=notices_words,
        counts=dashboard_words,
    )


def _form(typed: TypedOffer, problem: AuthsmsError | None = None) -> str:
    at_fault = problem.field if isinstance(problem, InvalidInputError) else ""
    return page(
        "offer_new.html",
        typed=typed,
        repositories=[(one, one) for one in _desk().repositories(actor())],
        languages=LANGUAGES,
        problem=(at_fault, told(problem)) if problem else ("", ""),
        words=offers_words,
    )


def _values(name: str, until: datetime | None) -> dict[str, Any]:
    state = _desk().state(actor(), name)
    parts = offers_words.parts(state.offer.counts)
    return {
        "state": state,
        "parts": parts,
        "bars": shares(parts),
        "texts": sum(state.texts.values()),
        "through": notices_words.through(state.texts),
        "live_until": live.write(until),
        "words": offers_words,
        "counts": dashboard_words,
    }


def _desk() -> OfferDesk:
    return services().offer_desk
