"""Limits and spending: what may be sent in an hour or a day, what has been, and how fast services are given texts."""

from decimal import Decimal

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal, gettext
from wtforms import BooleanField, StringField

from authsms.administration.rights import Right
from authsms.administration.spending import SpendingDesk, TypedCap
from authsms.delivery.caps import SCALE, Standing
from authsms.foundation.errors import InvalidInputError
from authsms.portals.admin import limits_words
from authsms.portals.admin.frame import AdminForm, act_with, actor, check_form, done, page, told
from authsms.portals.admin.senders import blueprint, services

_LONGEST = 100
_NOBODY = ("", "")
_WORDS = ("id", "target", "country", "period", "most_texts", "most_cost", "reserve_percent", "alarm_percent")


class CapForm(AdminForm):
    """A cap."""

    id = StringField()
    target = StringField()
    country = StringField()
    period = StringField()
    most_texts = StringField()
    most_cost = StringField()
    reserve_percent = StringField()
    alarm_percent = StringField()
    is_brake = BooleanField()


@blueprint.get("/senders/limits")
def limits() -> ResponseReturnValue:
    """Show every cap and rate, and the form of one cap."""
    return _show(_desk().typed(actor(), request.args.get("cap", "")[:_LONGEST]))


@blueprint.post("/senders/limits")
def save_cap() -> ResponseReturnValue:
    """Store a cap."""
    actor().require(Right.SENDERS_EDIT)
    form = CapForm()
    check_form(form)
    words = {name: str(form[name].data or "")[:_LONGEST] for name in _WORDS}
    typed = TypedCap(**words, is_brake=bool(form.is_brake.data))
    try:
        _desk().save_cap(actor(), typed)
    except InvalidInputError as error:
        return _show(typed, (error.field, told(error))), 400
    return done(url_for(".limits"))


@blueprint.post("/senders/limits/<cap_id>/remove")
def remove_cap(cap_id: str) -> ResponseReturnValue:
    """Forget a cap."""
    return act_with(lambda: _desk().remove_cap(actor(), cap_id), url_for(".limits"), "removed")


@blueprint.post("/senders/services/<name>/rate")
def save_rate(name: str) -> ResponseReturnValue:
    """Store how many texts a second a service may be given."""
    actor().require(Right.SENDERS_EDIT)
    check_form(AdminForm())
    per_second, burst = (request.form.get(field, "")[:_LONGEST] for field in ("per_second", "burst"))
    try:
        _desk().save_rate(actor(), name, per_second, burst)
    except InvalidInputError as error:
        return _show(TypedCap(), wrong_rate=(name, told(error))), 400
    return done(url_for(".limits"))


def _desk() -> SpendingDesk:
    return SpendingDesk(services().gate, services().senders)


def _show(typed: TypedCap, problem: tuple[str, str] = _NOBODY, *, wrong_rate: tuple[str, str] = _NOBODY) -> str:
    overview = _desk().overview(actor())
    return page(
        "senders_limits.html",
        overview=overview,
        lines=[
            (one, limits_words.target(one.cap.scope, one.cap.name), _used(one, overview.currency))
            for one in overview.standings
        ],
        typed=typed,
        problem=problem,
        wrong_rate=wrong_rate,
        targets=limits_words.targets(list(overview.rates)),
        periods=limits_words.PERIODS,
        may_edit=actor().may(Right.SENDERS_EDIT),
    )


def _used(standing: Standing, currency: str) -> list[str]:
    """Return what has been used, in texts and in money, as far as either is bounded."""
    cap, words = standing.cap, []
    if cap.most_texts is not None:
        used, most = format_decimal(standing.texts), format_decimal(cap.most_texts)
        words.append(gettext("%(used)s of %(most)s texts", used=used, most=most))
    if cap.most_cost is not None:
        used, most = (format_decimal(Decimal(cost) / SCALE, "#,##0.00") for cost in (standing.cost, cap.most_cost))
        words.append(gettext("%(used)s of %(most)s %(currency)s", used=used, most=most, currency=currency))
    return words
