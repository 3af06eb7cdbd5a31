"""Where the bars stand: within the drawing, on the ground, and upon each other."""

from datetime import UTC, datetime, timedelta

import pytest

from authsms.portals.admin.charts import Series, marks_at, nested, shares, stacked

HOURS = [datetime(2026, 11, 21, tzinfo=UTC) + timedelta(hours=hour) for hour in range(4)]


def _share(text: str) -> float:
    return float(text.removesuffix("%"))


def test_bars_stand_upon_each_other():
    good, bad = Series("good", "Good", [3, 0, 1, 0]), Series("bad", "Bad", [1, 0, 0, 2])
    chart = stacked([good, bad], HOURS, [])
    lower, upper = chart.columns[0].bars

    assert pytest.approx(100) == _share(lower.y) + _share(lower.height)
    assert pytest.approx(_share(lower.y)) == _share(upper.y) + _share(upper.height)
    assert pytest.approx(0) == _share(upper.y)
    assert [[], ["good"], ["bad"]] == [[bar.kind for bar in column.bars] for column in chart.columns[1:]]
    assert (("Good", 3), ("Bad", 1)) == tuple(chart.columns[0].values)


@pytest.mark.parametrize(
    ("top", "labels"),
    [
        (0, ["0", "1"]),
        (1, ["0", "1"]),
        (3, ["0", "1", "2", "3"]),
        (4, ["0", "1", "2", "3", "4"]),
        (7, ["0", "2", "4", "6", "8"]),
        (45, ["0", "20", "40", "60"]),
        (900, ["0", "500", "1000"]),
        (65_000, ["0", "20k", "40k", "60k", "80k"]),
    ],
)
def test_the_axis_ends_at_a_round_number(top: int, labels: list[str]):
    """Nobody counts two and a half logins."""
    chart = stacked([Series("good", "Good", [top, 0, 0, 0])], HOURS, [])

    assert labels == [line.label for line in chart.lines]


def test_small_sums_of_money_have_an_axis_too():
    chart = stacked([Series("calm", "EUR", [0.15, 0, 0, 0])], HOURS, [], whole=False)

    assert ["0", "0.05", "0.1", "0.15"] == [line.label for line in chart.lines]
    assert pytest.approx(100) == _share(chart.columns[0].bars[0].height)


def test_a_series_of_nothing_is_left_out_unless_all_are():
    """A legend of what did not happen is noise; a chart without any legend is a riddle."""
    some, none = Series("good", "Good", [1, 0, 0, 0]), Series("bad", "Bad", [0, 0, 0, 0])

    assert [some] == list(stacked([some, none], HOURS, []).series)
    assert stacked([none], HOURS, []).is_empty


def test_the_inner_bar_stands_in_the_middle_of_the_outer_one():
    chart = nested(Series("pale", "Sent", [4, 0, 0, 0]), Series("brand", "Used", [2, 0, 0, 0]), HOURS, [])
    outer, inner = chart.columns[0].bars

    assert _share(inner.height) == _share(outer.height) / 2
    assert pytest.approx(_share(outer.x) + _share(outer.width) / 2) == _share(inner.x) + _share(inner.width) / 2


def test_every_other_mark_gives_way_on_a_narrow_page():
    marks = marks_at(HOURS, [0, 2])

    assert [(12.5, False), (62.5, True)] == [(_share(mark.x), mark.is_minor) for mark in marks]


def test_shares_lie_one_after_the_other_and_fill_the_bar():
    """What counts nothing is not drawn, and nothing at all is no bar."""
    parts = [Series("good", "Good", [3]), Series("bad", "Bad", [0]), Series("pale", "Waiting", [1])]
    first, last = shares(parts)

    assert ("good", 0, 75) == (first.kind, _share(first.x), _share(first.width))
    assert ("pale", 75, 25) == (last.kind, _share(last.x), _share(last.width))
    assert [] == shares([Series("good", "Good", [0])])
