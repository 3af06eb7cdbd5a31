"""Speaks to PostgreSQL in as few round trips as there are answers to wait for.

The driver sends every statement by itself and waits for its answer, BEGIN and COMMIT included, and a round trip costs
more than most statements. Here BEGIN travels with the first statement of a transaction, what nobody waits for
(`Wire.post`) with the next that somebody does wait for, and COMMIT with the last: libpq's pipeline mode. What is not
said this way (statements on entities, say) goes through the driver's cursors, after all that is waiting.

A trip ends with the ``Sync`` of the protocol. When a statement fails, the server passes over the others up to there,
COMMIT among them, so that an error of what was posted still undoes the transaction; it is raised at the end of the trip
on which it was found. Of a transaction that has failed already the server takes a COMMIT for a ROLLBACK and calls that
no error; here it is one.

No trip lasts for ever: the server's own time-outs end statements, but no commit that waits for a disk, and they mean
nothing when the network keeps the answer. What becomes of a commit that was given up is unknown.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Self, TypeAlias

from psycopg import Connection, IsolationLevel, RawCursor, adapt, generators
from psycopg.abc import Buffer, PQGen, Transformer
from psycopg.adapt import PyFormat
from psycopg.errors import InFailedSqlTransaction, OperationalError, error_from_result
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult
from typing_extensions import override

_MOST_PREPARED: Final = 200
"""Statements that are kept ready on a connection; each takes some memory of the server."""
_LONGEST_TRIP: Final = 60.0
"""Seconds; several statements that take as long as they may, or a commit on a disk that is very busy."""

_Row: TypeAlias = tuple[Any, ...]
_Key: TypeAlias = tuple[str, tuple[int, ...]]
"""A statement and the types of its values: with values of other types, the server prepares another one."""


class _Said(NamedTuple):
    """A statement with its values, as the server wants them."""

    key: _Key
    values: Sequence[Buffer | None]
    formats: Sequence[Format] | None


_COMMIT: Final = _Said(("COMMIT", ()), (), None)
_BEGIN: Final[Mapping[IsolationLevel | None, _Said]] = {
    None: _Said(("BEGIN", ()), (), None),
    **{
        level: _Said((f"BEGIN ISOLATION LEVEL {level.name.replace('_', ' ')}", ()), (), None)
        for level in IsolationLevel
    },
}


class Wire(Connection[_Row]):
    """A connection on which statements share round trips.

    Attributes:
        patience: Seconds that a trip may take before the connection is given up.
    """

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._posted: list[_Said] = []
        self._names: dict[_Key, bytes] = {}
        self._drawn = 0
        self._is_doubtful = False  # whether the server has prepared what we believe
        self._converter: Transformer | None = None
        self.patience = _LONGEST_TRIP

    def ask(self, sql: str, *values: Sequence[Any]) -> Sequence[PGresult]:
        """Run a statement once for each of *values*, after all that was posted, and return the answers.

        Raises:
            psycopg.Error: One of them failed; the transaction is to be undone.
        """
        return self._travel([self._said(sql, one) for one in values])

    def post(self, sql: str, values: Sequence[Any]) -> None:
        """Run a statement before the next one that is asked; that one, or the commit, raises its error."""
        said = self._said(sql, values)
        if self.autocommit:
            self._travel([said])
        else:
            self._posted.append(said)

    def catch_up(self) -> None:
        """Run what was posted."""
        if self._posted:
            self._travel(())

    def rows(self, answer: PGresult) -> list[_Row]:
        """Return the rows of an answer."""
        converter = self._own_converter()
        converter.set_pgresult(answer)
        return converter.load_rows(0, answer.ntuples, tuple)

    @override
    def commit(self) -> None:
        if self._posted or self.pgconn.transaction_status != TransactionStatus.IDLE:
            (answer,) = self._travel((), is_last=True)
            if answer.command_status != b"COMMIT":
                raise InFailedSqlTransaction("the server has undone a transaction in which a statement had failed")

    @override
    def rollback(self) -> None:
        self._posted.clear()
        if self.pgconn.transaction_status != TransactionStatus.IDLE:
            super().rollback()

    def _said(self, sql: str, values: Sequence[Any]) -> _Said:
        converter = self._own_converter()
        converted = converter.dump_sequence(values, [PyFormat.AUTO] * len(values))
        return _Said((sql, converter.types or ()), converted, converter.formats)

    def _own_converter(self) -> Transformer:
        if self._converter is None:  # what it converts with is told after the connection was made
            self._converter = adapt.Transformer.from_context(self)
        return self._converter

    def _travel(self, asked: Sequence[_Said], *, is_last: bool = False) -> Sequence[PGresult]:
        """Go to the server and back with what was posted and what is *asked*, and COMMIT if it *is_last*.

        What comes back are the answers to what is asked, and to COMMIT.
        """
        is_beginning = not self.autocommit and self.pgconn.transaction_status == TransactionStatus.IDLE
        begin = [_BEGIN[self.isolation_level]] if is_beginning else []
        said = [*begin, *self._posted, *asked, *([_COMMIT] if is_last else [])]
        self._posted.clear()
        try:
            self.pgconn.enter_pipeline_mode()
            sent, new = self._send(said)
            self.pgconn.pipeline_sync()
            answers = self.wait(self._answers(sent + 1), timeout=self.patience)
            self.pgconn.exit_pipeline_mode()
        except BaseException:
            self.close()  # nobody knows what else is on its way
            raise
        failed = next((one for one in answers if one.status == ExecStatus.FATAL_ERROR), None)
        self._is_doubtful = failed is not None
        if failed is not None:
            raise error_from_result(failed, encoding=self.info.encoding)
        self._names |= new
        return answers[-1 - len(asked) - is_last : -1]

    def _send(self, said: Sequence[_Said]) -> tuple[int, Mapping[_Key, bytes]]:
        """Write statements, the new ones prepared; return how many answers that will have, and the names of the new.

        Nothing comes before BEGIN but by itself: it would take the snapshot that BEGIN decides on.
        """
        new: dict[_Key, bytes] = {}
        forgets = self._is_doubtful or len(self._names) > _MOST_PREPARED
        if forgets:
            self._names.clear()
            self.pgconn.send_query_params(b"DEALLOCATE ALL", None)
            self.pgconn.pipeline_sync()
        for key, values, formats in said:
            name = self._names.get(key) or new.get(key)
            if name is None:
                self._drawn += 1
                name = new[key] = b"authsms_%d" % self._drawn
                self.pgconn.send_prepare(name, key[0].encode(), key[1])
            self.pgconn.send_query_prepared(name, values, formats)
        return 2 * forgets + len(new) + len(said), new

    def _answers(self, count: int) -> PQGen[list[PGresult]]:
        """Send what was written so far, and return so many answers."""
        yield from generators.send(self.pgconn)
        answers: list[PGresult] = []
        while len(answers) < count:
            found = yield from generators.fetch_many(self.pgconn)
            if not found:
                raise OperationalError("the server closed the connection")
            answers += found
        return answers


class WireCursor(RawCursor[_Row]):
    """A cursor of the driver for all that is not said by `Wire`.

    It hands statements on as they are: looking for parameters in long ones costs more than all the rest.
    """

    @override
    def execute(self, *given: Any, **options: Any) -> Self:
        self._wait_for_turn()
        return super().execute(*given, **options)

    @override
    def executemany(self, *given: Any, **options: Any) -> None:
        self._wait_for_turn()
        super().executemany(*given, **options)

    def _wait_for_turn(self) -> None:
        if isinstance(self.connection, Wire):
            self.connection.catch_up()
