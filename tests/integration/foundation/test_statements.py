"""A statement says the same the first time, the second time and the tenth time, and on both databases."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import bindparam, delete, event, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from authsms.audit.models import AuditRecord
from authsms.foundation.db import Database, rowcount
from authsms.foundation.errors import DatabaseUnavailableError
from authsms.foundation.statements import PlainResult
from authsms.otp.models import METHOD_FAILURE, SEND_BUDGET

_F = METHOD_FAILURE.c
_NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
_TIMES = 4


def _row(person: str, **values: object) -> dict[str, object]:
    return {"person_key": person, "method": "SMS_OTP:1", "failures": 1, "held_until": None, "disabled": False} | values


@pytest.fixture
def _filled(database: Database) -> None:
    with database.write() as session:
        session.execute(
            insert(METHOD_FAILURE),
            [_row(f"LOCAL:{number}", failures=number, failed_at=_NOW + timedelta(days=number)) for number in range(3)],
        )


@pytest.mark.usefixtures("_filled")
def test_rows_are_the_same_however_often_they_are_asked_for(database: Database):
    """Moments come back in UTC, truth values as such, and columns by name, by number and as a mapping."""
    query = select(METHOD_FAILURE).where(_F.person_key == bindparam("wanted"))
    found, kinds = [], []
    for _ in range(_TIMES):
        with database.read() as session:
            result = session.execute(query, {"wanted": "LOCAL:2"})
            kinds.append(isinstance(result, PlainResult))
            row = result.one()
            found.append((row.failures, row.failed_at, row.disabled, row[0], dict(row._mapping)["held_until"]))

    assert [(2, _NOW + timedelta(days=2), False, "LOCAL:2", None)] * _TIMES == found
    assert kinds == [False, True, True, True]


def test_as_few_connections_work_as_are_needed_at_the_same_time(database: Database):
    """Each keeps a cursor for every statement it has run: if they took turns, memory would grow until all keep all."""
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(database.read())
    used = set()
    for _ in range(6):
        with database.read() as session:
            used.add(id(session.connection().connection.driver_connection))

    assert len(used) == 1


@pytest.mark.usefixtures("_filled")
def test_one_statement_is_not_taken_for_what_was_made_of_it(database: Database):
    """``where`` copies a statement and all that hangs on it."""
    everything = select(_F.person_key).order_by(_F.person_key)
    for _ in range(_TIMES):
        with database.read() as session:
            assert session.execute(everything).scalars().all() == ["LOCAL:0", "LOCAL:1", "LOCAL:2"]
    narrowed = everything.where(_F.failures > 1)
    for _ in range(_TIMES):
        with database.read() as session:
            assert session.execute(narrowed).scalars().all() == ["LOCAL:2"]


@pytest.mark.usefixtures("_filled")
def test_an_update_tells_how_many_rows_it_changed(database: Database):
    """Races are decided by this number."""
    change = update(METHOD_FAILURE).where(_F.failures >= bindparam("least")).values(disabled=True)
    counts = []
    for least in (0, 1, 2, 3):
        with database.write() as session:
            counts.append(rowcount(session.execute(change, {"least": least})))

    assert counts == [3, 2, 1, 0]


@pytest.mark.usefixtures("_filled")
def test_a_list_in_a_statement_keeps_its_values(database: Database):
    """``IN`` with fixed words is a part of the statement, too."""
    query = select(_F.failures).where(_F.person_key.in_(["LOCAL:1", "LOCAL:2"]), _F.failures < bindparam("below"))
    found = []
    for below in (2, 3, 2, 3):
        with database.read() as session:
            found.append(sorted(session.execute(query.order_by(_F.failures), {"below": below}).scalars()))
            found.append(sorted(session.execute(query, {"below": below}).scalars()))

    assert [[1], [1], [1, 2], [1, 2]] * 2 == found


def test_many_rows_go_in_together(database: Database):
    """The same statement takes one row and many."""
    new, gone = insert(SEND_BUDGET), delete(SEND_BUDGET)
    for _ in range(_TIMES):
        with database.write() as session:
            session.execute(new, {"key": "one", "sent": [1.5], "sent_at": _NOW})
            session.execute(new, [{"key": f"many {n}", "sent": [n, 2], "sent_at": _NOW} for n in range(3)])
        with database.write() as session:
            rows = session.execute(select(SEND_BUDGET).order_by(SEND_BUDGET.c.key)).all()
            session.execute(gone)

        assert [("many 0", [0, 2]), ("many 1", [1, 2]), ("many 2", [2, 2]), ("one", [1.5])] == [
            (row.key, row.sent) for row in rows
        ]


def test_an_error_is_the_same_and_undoes_the_same(database: Database):
    """Callers tell a twin by it, and a transaction that failed leaves nothing."""
    new = insert(METHOD_FAILURE)
    for number in range(_TIMES):
        with database.write() as session:
            session.execute(new, _row(f"LOCAL:{number}", failed_at=_NOW))
        with pytest.raises(IntegrityError) as caught, database.write() as session:
            session.execute(new, _row(f"LOCAL:new {number}", failed_at=_NOW))
            session.execute(new, _row(f"LOCAL:{number}", failed_at=_NOW))

        assert f"LOCAL:{number}" not in str(caught.value.orig) or database.dialect == "postgresql"
        assert "SMS_OTP" not in str(caught.value.params)
    with database.read() as session:
        assert len(session.execute(select(_F.person_key)).all()) == _TIMES


@pytest.mark.usefixtures("_filled")
def test_answers_do_not_disturb_each_other(database: Database):
    """A statement has one cursor on a connection; what it has answered before stays as it was."""
    query = select(_F.person_key, _F.failures).where(_F.person_key == bindparam("wanted"))
    for _ in range(_TIMES):
        with database.read() as session, database.read() as other:
            results = [one.execute(query, {"wanted": f"LOCAL:{n}"}) for n, one in enumerate((session, session, other))]

            assert [(f"LOCAL:{n}", n) for n in range(3)] == [tuple(result.one()) for result in results]


@pytest.mark.usefixtures("_filled")
def test_values_may_be_of_another_kind_each_time(database: Database):
    """The driver remembers how it converted the values of a statement; nothing, a moment and nothing come out right."""
    change = update(METHOD_FAILURE).where(_F.person_key == "LOCAL:1").values(held_until=bindparam("until"))
    for until in (None, _NOW, None, _NOW, _NOW + timedelta(days=1), None):
        with database.write() as session:
            session.execute(change, {"until": until})
        with database.read() as session:
            assert session.execute(select(_F.held_until).where(_F.person_key == "LOCAL:1")).scalar_one() == until


def test_a_long_answer_is_whole_every_time(database: Database):
    """Its cursor is not used again, because it would keep all that."""
    people = [f"LOCAL:{number:03d}" for number in range(150)]
    with database.write() as session:
        session.execute(insert(METHOD_FAILURE), [_row(person, failed_at=_NOW) for person in people])
    query = select(_F.person_key).order_by(_F.person_key)
    for _ in range(_TIMES):
        with database.read() as session:
            assert people == session.execute(query).scalars().all()


def test_a_value_that_is_missing_is_told(database: Database):
    """A forgotten value must not become NULL."""
    query = select(_F.failures).where(_F.person_key == bindparam("wanted"))
    for _ in range(_TIMES):
        with pytest.raises(StatementError), database.read() as session:
            session.execute(query, {"desired": "LOCAL:1"})


def test_a_naive_moment_is_refused_every_time(database: Database):
    """Conversions belong to the statement."""
    query = select(_F.failures).where(_F.failed_at < bindparam("moment", type_=_F.failed_at.type))
    for _ in range(_TIMES):
        with pytest.raises((StatementError, ValueError), match="time zone"), database.read() as session:
            session.execute(query, {"moment": datetime(2026, 1, 1)})  # noqa: DTZ001 - the point of it


def test_whoever_listens_hears_every_statement(database: Database):
    """Profilers and tests count what is executed."""
    query, heard = select(_F.failures), list[str]()
    event.listen(database.engine, "before_cursor_execute", lambda *given: heard.append(given[2]))
    for _ in range(_TIMES):
        with database.write() as session:
            session.execute(query)

    assert len([one for one in heard if one.startswith("SELECT")]) == _TIMES


def test_columns_in_the_words_of_sql_come_back_too(database: Database):
    """Nobody knows their names and types beforehand."""
    query = select(text("1 AS one"), _F.failures + 1).select_from(METHOD_FAILURE)
    with database.write() as session:
        session.execute(insert(METHOD_FAILURE), _row("LOCAL:1", failed_at=_NOW))
    for _ in range(_TIMES):
        with database.read() as session:
            assert session.execute(query).one()[:2] == (1, 2)


def test_entities_still_come_as_entities(database: Database):
    """Only plain statements are kept ready."""
    query = select(AuditRecord)
    for _ in range(_TIMES):
        with database.read() as session:
            assert session.execute(query).scalars().all() == []


def test_a_connection_that_breaks_is_given_up(postgresql_database_url: str):
    """The next transaction gets another one."""
    database, killer = Database(postgresql_database_url, pool_size=1), Database(postgresql_database_url)
    query = select(text("pg_backend_pid()"))
    with database.write() as session:
        pid = session.execute(query).scalar_one()
    with database.write() as session:
        session.execute(query)
    with pytest.raises(DatabaseUnavailableError) as caught, database.write() as session:
        with killer.write() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        session.execute(query)
    with database.write() as session:
        assert session.execute(query).scalar_one() != pid
    database.dispose()
    killer.dispose()

    assert isinstance(caught.value.__cause__, OperationalError)
