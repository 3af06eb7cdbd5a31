"""The audit trail notices whatever is done to it."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, insert, text, update

from authsms.audit import AuditEntry, AuditHead, AuditRecord, AuditSeal, AuditTag, AuditTrail
from authsms.foundation.statements import PlainSession

UNGUARDED = {
    "sqlite": ("DROP TRIGGER audit_record_no_update", "DROP TRIGGER audit_record_no_delete"),
    "postgresql": ("SET LOCAL session_replication_role = replica",),
}


@pytest.fixture
def trail(database, vault, clock):
    return AuditTrail(database, vault, clock)


def write(trail, database, count, **facts):
    for number in range(count):
        with database.write() as session:
            trail.record(session, AuditEntry(AuditTag.LOGON_STARTED, login=f"user{number}", **facts))


def insert_records(database, ids):
    empty = dict.fromkeys(("person_key", "login", "process_id", "event", "endpoint", "address"), "")
    facts = {"at": datetime(2030, 1, 1, tzinfo=UTC), "tag": AuditTag.LOGON_STARTED.value, "details": {}, **empty}
    with database.write() as session:
        session.execute(insert(AuditRecord), [{"id": number, **facts} for number in ids])


def test_an_untouched_chain_verifies(trail, database):
    """All records are sealed, in order."""
    write(trail, database, 5)

    assert trail.seal() == 5
    result = trail.verify()
    assert (result.sealed, result.waiting, result.broken_at) == (5, 0, None)


@pytest.mark.parametrize("count", [1, 3, 25])
def test_what_one_transaction_records_is_written_in_order(trail, database, count):
    """However many there are: they are written together, right before the commit."""
    with database.write() as session:
        for number in range(count):
            trail.record(session, AuditEntry(AuditTag.LOGON_STARTED, login=f"user{number}", details={"number": number}))

    found = [(view.entry.login, view.entry.details) for view in reversed(trail.search())]
    assert [(f"user{number}", {"number": number}) for number in range(count)] == found


def test_what_is_rolled_back_leaves_no_record(trail, database):
    """A record says what happened; this did not."""
    with pytest.raises(RuntimeError), database.write() as session:
        trail.record(session, AuditEntry(AuditTag.LOGON_STARTED))
        raise RuntimeError

    assert [] == trail.search()


def test_new_records_wait_for_their_seal(trail, database):
    """Nothing is wrong while the sealer is a second behind."""
    write(trail, database, 2)

    assert trail.verify().waiting == 2


@pytest.mark.parametrize(
    "tamper",
    [
        update(AuditRecord).where(AuditRecord.login == "user2").values(login="eve"),
        delete(AuditRecord).where(AuditRecord.login == "user2"),
        delete(AuditSeal).where(AuditSeal.position == 3),
        delete(AuditSeal).where(AuditSeal.position == 5),
        update(AuditSeal).where(AuditSeal.position == 3).values(hash="0" * 64),
        update(AuditHead).values(position=4),
        delete(AuditHead),
        insert(AuditSeal).values(position=7, record_id=6, hash="0" * 64),
        insert(AuditSeal).values(position=-1, record_id=6, hash="0" * 64),
    ],
)
def test_whatever_is_changed_is_found(trail, database, tamper):
    """By somebody who can write to the database but has no key."""
    write(trail, database, 5)
    trail.seal()
    with database.write() as session:
        for statement in UNGUARDED[database.dialect]:
            session.execute(text(statement))
        session.execute(tamper)

    assert trail.verify().broken_at is not None
    assert trail.verify_part(0).broken_at is not None


def test_what_is_sealed_while_somebody_looks_is_no_forgery(trail, database, monkeypatch):
    """Seals are made each second, by several processes."""
    write(trail, database, 2)
    trail.seal()
    execute, found = PlainSession.execute, []
    for look in (trail.verify, lambda: trail.verify_part(0)):
        write(trail, database, 3)
        meanwhile = [trail.seal]

        def execute_and_go_on(session, *statement, meanwhile=meanwhile):
            result = execute(session, *statement)
            while meanwhile:
                meanwhile.pop()()
            return result

        with monkeypatch.context() as patch:
            patch.setattr(PlainSession, "execute", execute_and_go_on)
            found.append(look().broken_at)

    assert [None, None] == found


def test_what_commits_late_is_sealed_late(trail, database):
    """An id is given before its transaction commits, and others may be sealed meanwhile."""
    for ids in [(1, 2), (4, 5), (6,), (3,), (7,)]:
        insert_records(database, ids)
        assert trail.seal() == len(ids)

    assert (7, 0, None) == tuple(getattr(trail.verify(), name) for name in ("sealed", "waiting", "broken_at"))


def test_the_chain_of_another_database_is_sealed_from_its_beginning(trail, database):
    """An older copy may be put in place while a process runs."""
    insert_records(database, range(1, 6))
    assert [5, 0] == [trail.seal(), trail.seal()]
    with database.write() as session:
        for statement in UNGUARDED[database.dialect]:
            session.execute(text(statement))
        for table in (AuditRecord, AuditSeal, AuditHead):
            session.execute(delete(table))

    insert_records(database, (1, 2))
    assert trail.seal() == 2


def test_several_sealers_make_one_chain(trail, database):
    """Each delivery process runs one."""
    write(trail, database, 40)
    threads = [threading.Thread(target=trail.seal, args=(10,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    result = trail.verify()
    assert (result.sealed, result.broken_at) == (40, None)


def test_a_rolled_back_transaction_leaves_no_record(trail, database):
    """The record and what it reports commit together."""
    with pytest.raises(RuntimeError), database.write() as session:
        trail.record(session, AuditEntry(AuditTag.LOGON_STARTED))
        raise RuntimeError

    assert trail.search() == []


def test_search_finds_by_name_newest_first(trail, database):
    """What the command line and the portal show."""
    write(trail, database, 3, event="web")

    assert [view.entry.login for view in trail.search()] == ["user2", "user1", "user0"]
    assert [view.entry.login for view in trail.search(user="user1")] == ["user1"]


def test_control_characters_and_long_values_are_tamed(trail, database):
    """Whatever a stranger types as his name."""
    with database.write() as session:
        trail.record(session, AuditEntry(AuditTag.LOGON_STARTED, login="a\n\x1b[31m" + "b" * 5000))

    login = trail.search()[0].entry.login
    assert login.isprintable()
    assert len(login) == 200
