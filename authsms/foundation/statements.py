"""Runs a statement that was built once without putting it together again each time.

SQLAlchemy spends several times what the driver needs on every execution: it looks the statement up in a cache of
strings, and builds a context and a result for cases that do not arise here. So the second time one and the same
statement object comes by, its string, its converters and its columns are kept beside it, and from then on it goes
straight to the driver, on PostgreSQL by way of `authsms.foundation.wire`. Whatever needs more than that (ORM entities,
lists in ``IN``, defaults made in Python, somebody who listens to executions) takes SQLAlchemy's own way. Errors are
wrapped as SQLAlchemy wraps them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Connection, Dialect, Executable, IteratorResult, Result, Row
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.selectable import Select
from typing_extensions import override

if TYPE_CHECKING:
    from authsms.foundation.wire import Wire  # SQLite needs no driver of PostgreSQL

_Values: TypeAlias = Mapping[str, Any]
_Convert: TypeAlias = Callable[[Any], Any]
_MOST_SHAPES = 8
"""A statement that is run with more sets of parameters than this is not worth keeping."""


class PlainResult(IteratorResult[Any]):
    """Rows of a statement that went straight to the driver, and how many rows it changed.

    What is asked of most results is answered without making ready for all that could be, which costs more than a row.
    """

    def __init__(self, metadata: SimpleResultMetaData, rows: Sequence[Any], rowcount: int) -> None:
        super().__init__(metadata, iter(rows))
        self._rows = rows
        self.rowcount = rowcount

    @override
    def first(self) -> Any:
        return self._row(self._rows[0]) if self._rows else super().first()

    @override
    def one(self) -> Any:
        return self._row(self._rows[0]) if len(self._rows) == 1 else super().one()

    @override
    def one_or_none(self) -> Any:
        return self._row(self._rows[0]) if len(self._rows) == 1 else super().one_or_none()

    @override
    def scalar_one(self) -> Any:
        return self._rows[0][0] if len(self._rows) == 1 else super().scalar_one()

    @override
    def scalar_one_or_none(self) -> Any:
        return self._rows[0][0] if len(self._rows) == 1 else super().scalar_one_or_none()

    def _row(self, values: Sequence[Any]) -> Row[Any]:
        return Row(self._metadata, None, self._metadata._key_to_index, values)  # noqa: SLF001 - as SQLAlchemy makes them


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

    def rows(self, found: Sequence[Any], kinds: Callable[[], Sequence[Any]], dialect: Dialect) -> Sequence[Any]:
        """Return *found* rows, converted; *kinds* are the types of their columns in the words of the driver."""
        if self.metadata is None:
            return ()
        if self.converts is None:
            self.converts = _converts(self.columns, kinds(), dialect)
        if not self.converts:
            return found
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
        driver = connection.connection.driver_connection if connection.dialect.name == "postgresql" else None
        self._wire: Wire | None = driver  # see `authsms.foundation.engines`

    def execute(self, statement: Executable, parameters: Any = None) -> Result[Any]:
        """Run *statement* as `sqlalchemy.Connection.execute` does.

        Raises:
            DBAPIError: As there.
        """
        prepared = self._prepared(statement, parameters)
        if prepared is None:
            return self._connection.execute(statement, parameters)
        values = _all_values(prepared, parameters)
        try:
            if self._wire is None:
                rows, changed = self._by_cursor(prepared, values)
            else:
                rows, changed = self._by_wire(self._wire, prepared, values)
        except BaseException as error:  # noqa: BLE001 - whatever it is, SQLAlchemy decides what it means and raises it
            self._raise(error, prepared)
        return PlainResult(prepared.metadata or _NO_COLUMNS, rows, changed)

    def post(self, statement: Executable, parameters: Any) -> None:
        """Run *statement*, whose answer nobody waits for, with the next one on this connection, or the commit.

        Raises:
            DBAPIError: As `execute`, at once or then.
        """
        prepared = self._prepared(statement, parameters)
        if prepared is None or self._wire is None:
            self.execute(statement, parameters)
            return
        values = _all_values(prepared, parameters)
        try:
            for one in values:
                self._wire.post(prepared.sql, one)
        except BaseException as error:  # noqa: BLE001 - as above
            self._raise(error, prepared)

    def _by_wire(self, wire: "Wire", prepared: _Prepared, values: Sequence[Sequence[Any]]) -> tuple[Sequence[Any], int]:
        answers = wire.ask(prepared.sql, *values)
        last = answers[-1]
        found = wire.rows(last) if prepared.metadata else ()
        rows = prepared.rows(found, lambda: [last.ftype(one) for one in range(last.nfields)], self._connection.dialect)
        return rows, sum(one.command_tuples or 0 for one in answers)

    def _by_cursor(self, prepared: _Prepared, values: Sequence[Sequence[Any]]) -> tuple[Sequence[Any], int]:
        cursor: Any = self._connection.connection.cursor()
        if len(values) == 1:
            cursor.execute(prepared.sql, values[0])
        else:
            cursor.executemany(prepared.sql, values)
        found = cursor.fetchall() if prepared.metadata else ()
        kinds = cursor.description
        return prepared.rows(found, lambda: [told[1] for told in kinds], self._connection.dialect), cursor.rowcount

    def _raise(self, error: BaseException, prepared: _Prepared) -> NoReturn:
        self._connection._handle_dbapi_exception(error, prepared.sql, None, None, None)  # noqa: SLF001 - as its own executions do

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


class PlainSession(Session):
    """A session that hands statements on tables straight to its connection.

    Only statements on entities pay for what they need; the others cost half. The session itself is made ready, which
    costs as much as a statement, when something needs what it keeps. The connection's transaction is not the session's
    own: whoever made the session ends it.
    """

    def __init__(self, connection: Connection) -> None:
        self._connected = connection
        self._plain = PlainConnection(connection)
        self.is_ready = False

    def __getattr__(self, name: str) -> Any:
        if self.is_ready:
            raise AttributeError(name)
        self.is_ready = True
        super().__init__(self._connected, expire_on_commit=False, join_transaction_mode="rollback_only")
        return getattr(self, name)

    @override
    def execute(self, statement: Executable, params: Any = None, **options: Any) -> Any:
        is_plain = isinstance(statement, ClauseElement) and not statement._propagate_attrs  # noqa: SLF001
        if is_plain and not options and not (self.is_ready and self.in_nested_transaction()):
            return self._plain.execute(statement, params)
        return super().execute(statement, params, **options)

    def post(self, statement: Executable, params: Any) -> None:
        """Run a statement whose answer nobody waits for; see `post`."""
        if self.is_ready and self.in_nested_transaction():
            self.execute(statement, params)
        else:
            self._plain.post(statement, params)


_NO_COLUMNS = SimpleResultMetaData(())


def _all_values(prepared: _Prepared, parameters: Any) -> Sequence[Sequence[Any]]:
    return [prepared.values(one) for one in (parameters if isinstance(parameters, list) else [parameters or {}])]


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
    columns: Sequence[ColumnElement[Any]], kinds: Sequence[Any], dialect: Dialect
) -> Sequence[tuple[int, _Convert]]:
    return [
        (index, convert)
        for index, (column, kind) in enumerate(zip(columns, kinds, strict=True))
        if (convert := column.type.dialect_impl(dialect).result_processor(dialect, kind))
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
