"""The words of the dashboard, and how its numbers and moments are written."""

from datetime import datetime
from typing import Final

from babel import Locale
from flask_babel import format_datetime, format_decimal, format_percent, gettext, lazy_gettext

from authsms.administration.figures import Fate, Period
from authsms.administration.traffic import LONGER
from authsms.portals.language import language

PERIODS: Final = {
    Period.DAY: lazy_gettext("24 hours"),
    Period.WEEK: lazy_gettext("7 days"),
    Period.MONTH: lazy_gettext("30 days"),
}
FATES: Final = {
    Fate.DELIVERED: ("calm", lazy_gettext("Delivered")),
    Fate.TAKEN: ("pale", lazy_gettext("Taken, no report")),
    Fate.WAITING: ("faint", lazy_gettext("Waiting")),
    Fate.LOST: ("bad", lazy_gettext("Not delivered")),
    Fate.UNSENT: ("warn", lazy_gettext("Not sent")),
}
NONE: Final = "\N{EN DASH}"
"""Stands where there is no number."""

_DAY_NAME: Final = "EEE d"
_DAY: Final = "d MMM"
_WHOLE_DAY: Final = "EEE d MMM"
_HOUR: Final = "HH:mm"


def mark(period: Period, at: datetime) -> str:
    """Return the short name of a slot, for the axis."""
    return str(format_datetime(at, {Period.DAY: _HOUR, Period.WEEK: _DAY_NAME, Period.MONTH: _DAY}[period]))


def span(period: Period, at: datetime) -> str:
    """Return the whole name of a slot."""
    if period is Period.MONTH:
        return str(format_datetime(at, _WHOLE_DAY))
    end = format_datetime(at + period.step, _HOUR)
    if period is Period.DAY:
        return f"{format_datetime(at, _HOUR)}{NONE}{end}"
    return f"{format_datetime(at, _WHOLE_DAY)}, {format_datetime(at, _HOUR)}{NONE}{end}"


def country(code: str) -> str:
    """Return the name of a country."""
    if code in {"", "ZZ"}:
        return str(gettext("Unknown country"))
    return str(Locale.parse(language()).territories.get(code, code))


def share(part: float, whole: float) -> str:
    """Return *part* of *whole* in percent; a dash when there is no whole."""
    if not whole:
        return NONE
    exact = part / whole
    # Nobody shall read "all" where one is missing, or "none" where there is one.
    rounded = min(max(round(exact, 2), 0.01 if part else 0.0), 1.0 if part >= whole else 0.99)
    return str(format_percent(rounded))


def within(lag: int | None) -> str:
    """Return a time that was not exceeded, as it was counted; a dash when nothing was."""
    if lag is None:
        return NONE
    if lag >= LONGER:
        return str(gettext("over 10 min"))
    if lag > 60:  # noqa: PLR2004 - seconds of a minute
        return str(gettext("%(number)s min", number=format_decimal(lag // 60)))
    return str(gettext("%(number)s s", number=format_decimal(lag)))


def count(number: float) -> str:
    """Return *number* as people write it."""
    return str(format_decimal(number))


def money(amount: float) -> str:
    """Return *amount* as prices are written; less than one may need more digits."""
    return str(format_decimal(round(amount, 4), "#,##0.00" if amount >= 1 else "0.00##"))


def clock(at: datetime) -> str:
    """Return hour and minute."""
    return str(format_datetime(at, _HOUR))
