"""Runs a statement that was built once without putting it together again each time.

SQLAlchemy spends several times what the driver needs on every execution: it looks the statement up in a cache of
strings, and builds a context and a result for cases that do not arise here. So the second time one and the same
statement object comes by, its string, its converters and its columns are kept beside it, and from then on it goes
straight to the driver, on a cursor of its own: there the driver keeps how to convert the values and the columns of just
this statement. Whatever needs more than that (ORM entities, lists in ``IN``, defaults made in Python, somebody who
listens to executions) takes SQLAlchemy's own way. Errors are wrapped as SQLAlchemy wraps them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Connection, Dialect, Executable, IteratorResult, Result
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.selectable import Select

_Values: TypeAlias = Mapping[str, Any]
_Convert: TypeAlias = Callable[[Any], Any]
_CURSORS = "authsms_cursors"
_MOST_KEPT_ROWS = 100
"""A cursor keeps what it has fetched last; one that has fetched more rows than this is not used again."""

_MOST_SHAPES = 8
"""A statement that is run with more sets of parameters than this is not worth keeping."""


class PlainResult(IteratorResult[Any]):
    """Rows of a statement that went straight to the driver, and how many rows it changed."""

    def __init__(self, metadata: SimpleResultMetaData, rows: Iterator[Any], rowcount: int) -> None:
        super().__init__(metadata, rows)
        self.rowcount = rowcount


@dataclass(slots=True, eq=False, weakref_slot=True)
class _Prepared:
    """A statement for one kind of database and one set of parameters.

    Attributes:
        fixed: Values that stand in the statement itself, converted.
        converted: Names of those of the caller's values that are not handed on as they are, with what converts them.
        arrange: Brings all values into the order in which the driver wants them.
        metadata: Names of the columns that come back, or None when there are none.
        columns: The columns that come back.
        converts: What converts them, by number; known when the driver has told its types.
    """

    sql: str
    fixed: _Values
    converted: tuple[tuple[str, _Convert], ...]
    arrange: Callable[[_Values], Sequence[Any]]
    metadata: SimpleResultMetaData | None
    columns: Sequence[ColumnElement[Any]]
    converts: Sequence[tuple[int, _Convert]] | None = None

    def values(self, parameters: _Values) -> Sequence[Any]:
        """Return what the driver wants for *parameters*."""
        values = {**self.fixed, **parameters}
        for name, convert in self.converted:
            values[name] = convert(values[name])
        return self.arrange(values)

    def rows(self, cursor: DBAPICursor, dialect: Dialect) -> list[Any]:
        """Return what came back, converted."""
        if self.metadata is None:
            return []
        if self.converts is None:
            self.converts = _converts(self.columns, cursor, dialect)
        found = cursor.fetchall()
        if not self.converts:
            return list(found)
        rows = []
        for row in found:
            columns = list(row)
            for index, convert in self.converts:
                columns[index] = convert(columns[index])
            rows.append(tuple(columns))
        return rows


_Shapes: TypeAlias = dict[tuple[str, ...], _Prepared | None]
_kept: WeakKeyDictionary[ClauseElement, _Shapes] = WeakKeyDictionary()
"""By statement, then by kind of database and names of the parameters; None: it takes SQLAlchemy's way."""


class PlainConnection:
    """A connection for statements on tables."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, statement: Executable, parameters: Any = None) -> Result[Any]:
        """Run *statement* as `sqlalchemy.Connection.execute` does.

        Raises:
            DBAPIError: As there.
        """
        connection = self._connection
        prepared = self._prepared(statement, parameters)
        if prepared is None:
            return connection.execute(statement, parameters)
        is_many = isinstance(parameters, list)
        values = [prepared.values(one) for one in parameters] if is_many else prepared.values(parameters or {})
        cursor: Any = None
        try:
            cursor = self._cursor(prepared)
            (cursor.executemany if is_many else cursor.execute)(prepared.sql, values)
            rows = prepared.rows(cursor, connection.dialect)
            changed = cursor.rowcount
            if len(rows) > _MOST_KEPT_ROWS:
                self._drop(prepared)
        except Exception as error:  # noqa: BLE001 - whatever it is, SQLAlchemy decides what it means and raises it
            if cursor is not None:
                self._drop(prepared)
            connection._handle_dbapi_exception(error, prepared.sql, None, cursor, None)  # noqa: SLF001 - as its own executions do
        return PlainResult(prepared.metadata or _NO_COLUMNS, iter(rows), changed)

    def _cursor(self, prepared: _Prepared) -> DBAPICursor:
        """Return the cursor of a statement on this connection; it goes when either of them goes."""
        connection = self._connection.connection
        cursors = connection.info.get(_CURSORS)
        if cursors is None:
            cursors = connection.info[_CURSORS] = WeakKeyDictionary[_Prepared, DBAPICursor]()
        cursor: DBAPICursor | None = cursors.get(prepared)
        if cursor is None:
            cursor = cursors[prepared] = connection.cursor()
        return cursor

    def _drop(self, prepared: _Prepared) -> None:
        self._connection.info[_CURSORS].pop(prepared, None)

    def _prepared(self, statement: Executable, parameters: Any) -> _Prepared | None:
        if not isinstance(statement, Select | UpdateBase) or self._connection.engine.dispatch.before_cursor_execute:
            return None
        names = parameters[0] if isinstance(parameters, list) else parameters or ()
        shape = (self._connection.dialect.name, "many" if isinstance(parameters, list) else "one", *names)
        shapes = _kept.get(statement)
        if shapes is None:
            _kept[statement] = {}  # most statements are never seen again
            return None
        if shape not in shapes:
            if len(shapes) >= _MOST_SHAPES:
                return None
            shapes[shape] = _prepare(self._connection, statement, tuple(names), is_many=shape[1] == "many")
        return shapes[shape]


_NO_COLUMNS = SimpleResultMetaData(())


def _prepare(
    connection: Connection, statement: Select[Any] | UpdateBase, names: tuple[str, ...], *, is_many: bool
) -> _Prepared | None:
    """Return *statement* ready for the driver, or None when it needs more than the driver gives."""
    dialect = connection.dialect
    compiled = statement.compile(dialect=dialect, column_keys=list(names), for_executemany=is_many)
    columns = list(statement.exported_columns)
    if _is_too_much(compiled, names) or (is_many and columns) or compiled.positiontup is None:
        return None
    if isinstance(statement, Select):
        is_told = len(columns) == len(list(statement.inner_columns))  # columns in the words of SQL are not told
    else:
        is_told = bool(columns) or not compiled.effective_returning  # a key that SQLAlchemy wants back by itself
    if not is_told:
        return None
    binds = {name: bind.type.dialect_impl(dialect) for bind, name in compiled.bind_names.items()}
    converters = {name: kind.bind_processor(dialect) for name, kind in binds.items()}
    own = {name: value for name, value in compiled.params.items() if name not in names}
    fixed = {name: convert(value) if (convert := converters.get(name)) else value for name, value in own.items()}
    return _Prepared(
        compiled.string,
        fixed,
        tuple((name, convert) for name in names if (convert := converters.get(name))),
        _arranger(compiled.positiontup),
        SimpleResultMetaData([column.key or "" for column in columns]) if columns else None,
        columns,
    )


def _arranger(names: Sequence[str]) -> Callable[[_Values], Sequence[Any]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: [values[name] for name in names]


def _converts(
    columns: Sequence[ColumnElement[Any]], cursor: DBAPICursor, dialect: Dialect
) -> Sequence[tuple[int, _Convert]]:
    return [
        (index, convert)
        for index, (column, told) in enumerate(zip(columns, cursor.description, strict=True))
        if (convert := column.type.dialect_impl(dialect).result_processor(dialect, told[1]))
    ]


def _is_too_much(compiled: SQLCompiler, names: tuple[str, ...]) -> bool:
    return bool(
        compiled.post_compile_params
        or compiled.literal_execute_params
        or compiled.escaped_bind_names
        or compiled.insert_prefetch
        or compiled.update_prefetch
        or any(bind.required and name not in names for bind, name in compiled.bind_names.items())
    )
