"""Where the bars of a chart stand: geometry in percent, so that a page can be as wide as it likes; the rules only.

A chart is drawn as SVG without any style of its own. Bars are given in percent of the drawing, words in the page's own
size: nothing is squeezed on a phone or blown up on a wide screen, and dark mode is a matter of the style sheet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor, log10
from typing import Final

_STEPS: Final = (1, 2, 5, 10)
_LINES: Final = 4
_WIDTH: Final = 0.74
_INNER_WIDTH: Final = 0.4
_TINY: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of thing that was counted.

    Attributes:
        kind: Which colour it has; a class of the style sheet.
        label: What it is called.
        values: One for each slot.
    """

    kind: str
    label: str
    values: Sequence[float]

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self.values)


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle; every measure is in percent of the drawing, from its upper left corner."""

    kind: str
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Column:
    """The bars of one slot, and where a pointer finds them."""

    at: datetime
    x: str
    width: str
    bars: Sequence[Bar]
    values: Sequence[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the grid with its number."""

    y: str
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Words below the slots: where they stand, and whether a narrow page does without them."""

    x: str
    at: datetime
    is_minor: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that is drawn."""

    series: Sequence[Series]
    columns: Sequence[Column]
    lines: Sequence[Line]
    marks: Sequence[Mark]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see."""
        return not any(one.total for one in self.series)


def stacked(
    series: Sequence[Series], moments: Sequence[datetime], marks: Sequence[Mark], *, whole: bool = True
) -> Chart:
    """Return bars that stand upon each other, the first series at the bottom; one that counts nothing is left out.

    The axis shows parts of one only where values are not *whole*.
    """
    series = [one for one in series if one.total] or series
    top = max((sum(values) for values in zip(*(one.values for one in series), strict=True)), default=0)
    scale = _Scale(top, whole=whole)
    columns = []
    for place, at in enumerate(moments):
        slot = _Slot(place, len(moments))
        below = 0.0
        bars = []
        for one in series:
            value = one.values[place]
            if value:
                bars.append(slot.bar(one.kind, below, value, scale, _WIDTH))
            below += value
        columns.append(slot.column(at, bars, series))
    return Chart(series, columns, scale.lines(), marks)


def nested(outer: Series, inner: Series, moments: Sequence[datetime], marks: Sequence[Mark]) -> Chart:
    """Return bars that stand in front of each other, each from the ground: how much of the one is the other."""
    scale = _Scale(max((*outer.values, *inner.values), default=0), whole=True)
    columns = []
    for place, at in enumerate(moments):
        slot = _Slot(place, len(moments))
        pairs = ((outer, _WIDTH), (inner, _INNER_WIDTH))
        bars = [slot.bar(one.kind, 0, one.values[place], scale, width) for one, width in pairs if one.values[place] > 0]
        columns.append(slot.column(at, bars, (outer, inner)))
    return Chart((outer, inner), columns, scale.lines(), marks)


def shares(series: Sequence[Series]) -> list[Bar]:
    """Return one lying bar, made of the total of each series after the other; one that counts nothing is left out."""
    whole = sum(one.total for one in series)
    bars = []
    before = 0.0
    for one in series:
        if one.total:
            bars.append(Bar(one.kind, _percent(before / whole * 100), "0", _percent(one.total / whole * 100), "100%"))
        before += one.total
    return bars


def marks_at(moments: Sequence[datetime], wanted: Sequence[int], *, slots_each: int = 1) -> list[Mark]:
    """Return words for the slots *wanted*, each in the middle of *slots_each* of them; every other one is minor."""
    width = 100 / len(moments)
    return [
        Mark(_percent((place + slots_each / 2) * width), moments[place], is_minor=bool(number % 2))
        for number, place in enumerate(wanted)
    ]


class _Scale:
    """From nothing to a round number that is not less than *top*."""

    def __init__(self, top: float, *, whole: bool) -> None:
        self._step = _round_step((top or 1) / _LINES)
        if whole:
            self._step = max(self._step, 1)
        self._count = max(ceil(top / self._step - _TINY), 1)

    @property
    def top(self) -> float:
        return self._step * self._count

    def share(self, value: float) -> float:
        return value / self.top * 100

    def lines(self) -> list[Line]:
        values = [self._step * number for number in range(self._count + 1)]
        return [Line(_percent(100 - self.share(value)), _number(value)) for value in values]


class _Slot:
    """The room of one slot among *count*."""

    def __init__(self, place: int, count: int) -> None:
        self._place = place
        self._left = place * 100 / count
        self._width = 100 / count

    def bar(self, kind: str, below: float, value: float, scale: _Scale, share: float) -> Bar:
        left = self._left + self._width * (1 - share) / 2
        height = scale.share(value)
        top = 100 - scale.share(below) - height
        return Bar(kind, _percent(left), _percent(top), _percent(self._width * share), _percent(height))

    def column(self, at: datetime, bars: Sequence[Bar], series: Sequence[Series]) -> Column:
        values = [(one.label, one.values[self._place]) for one in series]
        return Column(at, _percent(self._left), _percent(self._width), bars, values)


def _round_step(least: float) -> float:
    """Return the smallest of 1, 2, 5, 10 times a power of ten that is not less than *least*."""
    power = 10.0 ** floor(log10(least))
    return next(step * power for step in _STEPS if step * power >= least * (1 - _TINY))


def _percent(value: float) -> str:
    return f"{value:.3f}%"


def _number(value: float) -> str:
    """Return a number for the axis: short, for it has little room."""
    if value >= 10_000:  # noqa: PLR2004 - five digits are too wide
        return f"{value / 1000:g}k"
    return f"{value:.10g}"
