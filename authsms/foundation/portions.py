"""Several rows in one statement: sixteen of them cost little more than one.

A statement for a number of rows has to be put together once, so there are statements for few numbers. Rows that
are more or fewer are divided among them; where answers are waited for, rows to join with are filled up with copies of
the last one, so that one statement takes them all.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeAlias

from sqlalchemy import CTE, Executable, Table, bindparam, column, insert, values
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from authsms.foundation import convoy
from authsms.foundation.db import post

Rows: TypeAlias = Sequence[Mapping[str, Any]]
MOST: Final = convoy.MOST
"""Rows that one statement takes at the most."""

_SIZES: Final = (MOST, 16, 8, 4, 2, 1)


def run(session: Session, statement: Callable[[int], Executable], rows: Rows) -> None:
    """Run a statement on all *rows*, whose answer nobody waits for; see `post`.

    Args:
        session: Where to run it.
        statement: Returns the statement for a number of rows, always the same one for the same number.
        rows: Values by the names that `insert_given` or `given` was told, in one order.
    """
    for portion in _portions(rows):
        post(session, statement(len(portion)), _values(portion))


def ask(session: Session, statement: Callable[[int], Executable], rows: Rows) -> list[Any]:
    """Run a statement like `run` with the names that `given` was told, and return the rows that come back.

    The statement must do the same when a row is there twice: a change does, and what is only read may come back twice.
    """
    found: list[Any] = []
    for start in range(0, len(rows), MOST):
        portion = _filled(rows[start : start + MOST])
        found += session.execute(statement(len(portion)), _values(portion))
    return found


def given(count: int, columns: Mapping[str, TypeEngine[Any]]) -> CTE:
    """Return *count* rows of a statement's own, to join with; each value is bound by its column and its row."""
    names = [column(name, kind) for name, kind in columns.items()]
    rows = [_bound(number, columns) for number in range(count)]
    return values(*names, name="given").data([tuple(row.values()) for row in rows]).cte("given")


def insert_given(table: Table, count: int, names: Sequence[str]) -> Executable:
    """Return the statement that inserts *count* rows; nobody asks for the keys they get."""
    columns = {name: table.c[name].type for name in names}
    return insert(table).values([_bound(number, columns) for number in range(count)]).inline()


def _bound(number: int, columns: Mapping[str, TypeEngine[Any]]) -> dict[str, Any]:
    return {name: bindparam(f"{name}_of_{number}", type_=kind) for name, kind in columns.items()}


def _values(portion: Rows) -> dict[str, Any]:
    names = _names(len(portion), tuple(portion[0]))
    return dict(zip(names, (value for row in portion for value in row.values()), strict=True))


@cache
def _names(count: int, columns: tuple[str, ...]) -> Sequence[str]:
    """Return the names under which rows are bound; made once, because there are hundreds of them."""
    return [f"{name}_of_{number}" for number in range(count) for name in columns]


def _filled(rows: Rows) -> Rows:
    size = min(size for size in _SIZES if size >= len(rows))
    return [*rows, *[rows[-1]] * (size - len(rows))]


def _portions(rows: Rows) -> Iterator[Rows]:
    start = 0
    for size in _SIZES:
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size
