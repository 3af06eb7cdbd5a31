"""The dashboard: alarms, the figures of a period, and its charts."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal, gettext

from authsms.administration.figures import Period, Report, reached
from authsms.portals.admin import dashboard_words as words
from authsms.portals.admin.alarm_words import told
from authsms.portals.admin.charts import Chart, Mark, Series, marks_at, nested, stacked
from authsms.portals.admin.frame import actor, page, services
from authsms.portals.admin.messages_words import REASONS

blueprint = Blueprint("admin_dashboard", __name__)
_MARKS: Final = {Period.DAY: range(2, 24, 3), Period.WEEK: range(0, 28, 4), Period.MONTH: range(2, 30, 4)}
_HALF, _NEARLY_ALL = 0.5, 0.95


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure that says how things are."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with its words; ``note`` is told below it."""

    key: str
    title: str
    chart: Chart
    note: str = ""
    decimals: bool = False


@blueprint.get("/dashboard")
def show() -> ResponseReturnValue:
    """Show how things are and have been."""
    return dashboard()


def dashboard() -> str:
    """Return the page; it is the first one of the portal, too."""
    watch = services().monitoring
    asked = request.args.get("period", "")
    period = Period(asked) if asked in set(Period) else Period.DAY
    report = watch.dashboard.report(actor(), period)
    return page(
        "dashboard.html",
        area=blueprint.name,
        alarms=[told(alarm, actor()) for alarm in watch.alarms.standing(actor())],
        report=report,
        tiles=_tiles(report),
        drawings=_drawings(report),
        words=words,
        reasons=REASONS,
        periods=words.PERIODS,
    )


def _tiles(report: Report) -> list[Tile]:
    fates = report.fates
    taken = sum(route.taken for route in report.routes)
    delivered = sum(route.delivered for route in report.routes)
    codes, used = report.total("codes"), report.total("used")
    lags = report.lags
    return [
        Tile(
            gettext("Logins"),
            words.count(report.total("finished")),
            gettext("of %(number)s begun", number=words.count(report.total("started"))),
        ),
        Tile(
            gettext("Texts sent"),
            words.count(taken),
            gettext("of %(number)s wanted", number=words.count(sum(fates.values()))),
        ),
        Tile(
            gettext("Delivered"),
            words.share(delivered, taken),
            gettext("%(number)s texts reported as delivered", number=words.count(delivered)),
        ),
        Tile(gettext("Time to the phone"), words.within(reached(lags, _HALF)), _most(reached(lags, _NEARLY_ALL))),
        Tile(
            gettext("Codes used"),
            words.share(used, codes),
            gettext("%(used)s of %(number)s sent codes", used=words.count(used), number=words.count(codes)),
        ),
        _cost(report),
    ]


def _most(lag: int | None) -> str:
    if lag is None:
        return str(gettext("no text reported as delivered"))
    return str(gettext("for half of them; 95 %% within %(time)s", time=words.within(lag)))


def _cost(report: Report) -> Tile:
    segments = words.count(report.total("segments"))
    if report.spent is None or report.price is None:
        return Tile(
            gettext("Cost, estimated"), words.NONE, gettext("%(number)s segments; no price is set", number=segments)
        )
    price = f"{format_decimal(report.price)} {report.currency}"
    return Tile(
        gettext("Cost, estimated"),
        _money(report.spent, report.currency),
        gettext("%(number)s segments at %(price)s", number=segments, price=price),
    )


def _money(amount: Decimal, currency: str) -> str:
    return f"{format_decimal(amount, '#,##0.00')} {currency}"


def _drawings(report: Report) -> list[Drawing]:
    slots = report.slots
    moments = [slot.start for slot in slots]
    marks = marks_at(moments, _MARKS[report.period], slots_each=4 if report.period is Period.WEEK else 1)
    logins = (
        Series("brand", gettext("Signed in"), [slot.finished for slot in slots]),
        Series("bad", gettext("Wrong password or code"), [slot.refused for slot in slots]),
        Series("warn", gettext("Stopped by a limit"), [slot.limited for slot in slots]),
    )
    texts = [
        Series(kind, str(label), [slot.fates[fate] for slot in slots]) for fate, (kind, label) in words.FATES.items()
    ]
    sent = Series("pale", gettext("Sent"), [slot.codes for slot in slots])
    used = Series("brand", gettext("Used"), [slot.used for slot in slots])
    return [
        Drawing("logins", gettext("Logins"), stacked(logins, moments, marks)),
        Drawing("texts", gettext("Texts and what became of them"), stacked(texts, moments, marks)),
        Drawing(
            "codes",
            gettext("Codes: sent and used"),
            nested(sent, used, moments, marks),
            gettext("A code counts as used when it was typed and was right."),
        ),
        _spending(report, moments, marks),
    ]


def _spending(report: Report, moments: Sequence[Any], marks: Sequence[Mark]) -> Drawing:
    if report.price is None:
        segments = Series("calm", gettext("Segments"), [slot.segments for slot in report.slots])
        note = gettext("Without a price for a segment in the sender policy there is no estimate of the cost.")
        return Drawing("cost", gettext("Segments sent"), stacked([segments], moments, marks), note)
    price = float(report.price)
    spent = Series("calm", report.currency, [round(slot.segments * price, 4) for slot in report.slots])
    note = gettext("An estimate: segments that providers took, times the price in the sender policy.")
    chart = stacked([spent], moments, marks, whole=False)
    return Drawing("cost", gettext("Estimated cost"), chart, note, decimals=True)
