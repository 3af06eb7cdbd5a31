"""Durations: arithmetic with moments in queries, which each database writes its own way, and what is usual of many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Any, Final

from sqlalchemy import ColumnElement, Double
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_MEDIAN: Final = 0.5
_NEARLY_ALL: Final = 0.95


@dataclass(frozen=True, slots=True)
class Times:
    """Durations of *count* cases: half of them took no longer than *median*, 95 of 100 no longer than *nearly_all*."""

    count: int
    median: timedelta
    nearly_all: timedelta


class SecondsSinceEpoch(FunctionElement[float]):
    """Seconds from 1970 to a moment; to the millisecond."""

    type = Double()
    inherit_cache = True
    name = "seconds_since_epoch"

    def __init__(self, moment: ColumnElement[Any]) -> None:
        super().__init__(moment)


class SecondsBetween(FunctionElement[float]):
    """Seconds from one moment to a later one; to the millisecond."""

    type = Double()
    inherit_cache = True
    name = "seconds_between"

    def __init__(self, earlier: ColumnElement[Any], later: ColumnElement[Any]) -> None:
        super().__init__(earlier, later)


def times_of(seconds: Sequence[float]) -> Times | None:
    """Return what is usual of durations, or None when there are none; both are durations that occurred."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    median, nearly_all = (ordered[ceil(len(ordered) * share) - 1] for share in (_MEDIAN, _NEARLY_ALL))
    return Times(len(ordered), timedelta(seconds=median), timedelta(seconds=nearly_all))


@compiles(SecondsSinceEpoch, "postgresql")
def _epoch_on_postgresql(element: SecondsSinceEpoch, compiler: SQLCompiler, **further: Any) -> str:
    (moment,) = (compiler.process(clause, **further) for clause in element.clauses)
    return f"EXTRACT(EPOCH FROM {moment})::double precision"


@compiles(SecondsSinceEpoch, "sqlite")
def _epoch_on_sqlite(element: SecondsSinceEpoch, compiler: SQLCompiler, **further: Any) -> str:
    (moment,) = (compiler.process(clause, **further) for clause in element.clauses)
    # Text is cut off after the milliseconds; a number of days would be rounded, at a whole minute perhaps downwards.
    return f"(CAST(strftime('%s', {moment}) AS REAL) + CAST(substr(strftime('%f', {moment}), 3) AS REAL))"


@compiles(SecondsBetween, "postgresql")
def _between_on_postgresql(element: SecondsBetween, compiler: SQLCompiler, **further: Any) -> str:
    earlier, later = (compiler.process(clause, **further) for clause in element.clauses)
    return f"EXTRACT(EPOCH FROM {later} - {earlier})::double precision"


@compiles(SecondsBetween, "sqlite")
def _between_on_sqlite(element: SecondsBetween, compiler: SQLCompiler, **further: Any) -> str:
    earlier, later = (compiler.process(clause, **further) for clause in element.clauses)
    return f"ROUND((julianday({later}) - julianday({earlier})) * 86400, 3)"
