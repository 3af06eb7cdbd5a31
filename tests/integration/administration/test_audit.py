"""The audit trail at the desk: what is found, what is handed out, and how the chain is checked in parts."""

import csv
import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from authsms.administration.audit import AuditDesk
from authsms.audit import AuditEntry, AuditTag
from authsms.audit.search import AuditQuery, AuditSearch
from authsms.foundation.errors import ForbiddenError, ProofNeededError
from tests.integration.administration.people_at_work import (
    ADMINISTRATOR,
    AUDITOR,
    HELPDESK,
    OPERATOR,
    POLICY_EDITOR,
    actor,
)


@pytest.fixture
def desk(work):
    return work.services.audit_desk


def note(work, tag=AuditTag.LOGON_STARTED, **fields):
    with work.services.database.write() as session:
        work.services.audit.record(session, AuditEntry(tag, **fields))


def ids(portion):
    return [one.id for one in portion.items]


@pytest.mark.parametrize(
    ("wanted", "login"),
    [
        (AuditQuery(login="berta"), "berta"),
        (AuditQuery(tag=AuditTag.KEY_ROTATED), "berta"),
        (AuditQuery(process_id="p2"), "berta"),
        (AuditQuery(event="Portal"), "berta"),
        (AuditQuery(endpoint="wiki"), "berta"),
        (AuditQuery(address="192.0.2.8"), "berta"),
    ],
)
def test_every_field_finds_its_record_only(work, desk, wanted, login):
    """Whole words, all of them together."""
    note(work, login="anna", process_id="p1", address="192.0.2.7")
    fields = {"process_id": "p2", "event": "Portal", "endpoint": "wiki", "address": "192.0.2.8"}
    note(work, AuditTag.KEY_ROTATED, login="berta", **fields)
    note(work, login="carla")

    assert [login] == [one.entry.login for one in desk.portion(AUDITOR, wanted).items]


def test_a_stretch_of_time_is_found(work, desk):
    """From the first moment on, up to the last one."""
    start = work.clock.now()
    for name in ("early", "right", "late"):
        note(work, login=name)
        work.clock.advance(timedelta(hours=1))
    wanted = AuditQuery(since=start + timedelta(minutes=30), until=start + timedelta(hours=2))

    assert ["right"] == [one.entry.login for one in desk.portion(AUDITOR, wanted).items]


def test_pages_hold_every_record_once_and_newest_first(work, desk):
    """Also while new ones come in."""
    for _ in range(120):
        note(work, login="paul")
    first = desk.portion(AUDITOR, AuditQuery(login="paul"))
    note(work, login="paul")
    second = desk.portion(AUDITOR, AuditQuery(login="paul"), before=first.before)
    third = desk.portion(AUDITOR, AuditQuery(login="paul"), before=second.before)
    seen = [*ids(first), *ids(second), *ids(third)]

    assert 120 == len(set(seen)) == len(seen)
    assert sorted(seen, reverse=True) == seen
    assert third.before is None


def test_a_search_without_an_index_looks_at_a_stretch_at_a_time(work):
    """Nobody waits for a walk through millions of records; the next page goes on where this one ended."""
    note(work, login="old", address="192.0.2.8")
    for _ in range(25):
        note(work, address="192.0.2.7")
    search, wanted = AuditSearch(work.services.database, stretch=10), AuditQuery(address="192.0.2.8")
    found: list[str] = []
    looks, before = 0, None
    while looks < 50:
        portion = search.portion(wanted, before=before, size=5)
        found, looks, before = found + [one.entry.login for one in portion.items], looks + 1, portion.before
        if before is None:
            break

    assert ["old"] == found
    assert looks > 2


@pytest.mark.parametrize("who", [HELPDESK, OPERATOR, POLICY_EDITOR])
def test_who_may_not_see_the_trail_gets_nothing_of_it(work, desk, who):
    """Neither a page nor an export nor a word about the chain."""
    before = len(work.services.audit.search())
    for task in (
        lambda: desk.portion(who, AuditQuery()),
        lambda: desk.verify(who),
        lambda: desk.as_csv(who, AuditQuery(), {}),
        lambda: desk.as_json(who, AuditQuery(), {}),
    ):
        with pytest.raises(ForbiddenError):
            task()

    assert before == len(work.services.audit.search())


def test_an_export_is_recorded_before_its_first_line(work, desk):
    """With what was asked for, even if nobody reads it."""
    desk.as_csv(AUDITOR, AuditQuery(login="x"), {"login": "x"})
    (newest,) = work.services.audit.search(limit=1)

    assert (AuditTag.AUDIT_EXPORTED, "auto") == (newest.entry.tag, newest.entry.login)
    assert {"login": "x", "format": "csv"} == newest.entry.details


def test_an_export_needs_a_fresh_proof(work, desk):
    """So much at once is no task for a computer somebody left open."""
    old = actor(*AUDITOR.roles, age=timedelta(minutes=16))

    with pytest.raises(ProofNeededError):
        desk.as_json(old, AuditQuery(), {})


def test_a_cell_is_no_formula(work, desk):
    """Names are typed by strangers."""
    note(work, login='=HYPERLINK("http://evil")', details={"reason": "no"})
    rows = list(csv.DictReader(desk.as_csv(ADMINISTRATOR, AuditQuery(tag=AuditTag.LOGON_STARTED), {})))

    assert ['\'=HYPERLINK("http://evil")'] == [row["login"] for row in rows]
    assert {"reason": "no"} == json.loads(rows[0]["details"])


def test_json_holds_what_was_recorded(work, desk):
    """Character by character; an empty list is JSON, too."""
    note(work, login="=ä", details={"count": 2})
    (found,) = json.loads("".join(desk.as_json(AUDITOR, AuditQuery(tag=AuditTag.LOGON_STARTED), {})))
    nothing = json.loads("".join(desk.as_json(AUDITOR, AuditQuery(login="nobody"), {})))

    assert ("=ä", {"count": 2}) == (found["login"], found["details"])
    assert [] == nothing


def test_an_export_is_bounded(work):
    """By a number, whatever the trail holds."""
    for _ in range(9):
        note(work)
    desk = AuditDesk(work.services.database, work.services.audit, AuditSearch(work.services.database), most=4)

    assert 5 == len(list(desk.as_csv(AUDITOR, AuditQuery(), {})))


class TestChain:
    """Checking the chain, a part at a time."""

    @pytest.fixture
    def sealed(self, work):
        """A trail of at least ten sealed records."""
        for _ in range(10):
            note(work)
        work.services.audit.seal()
        return work.services.audit

    def test_parts_go_on_where_the_one_before_ended(self, sealed):
        """And the last one says that nothing is left."""
        whole, part, parts = sealed.verify(), sealed.verify_part(0, 4), 1
        while part.waiting and parts < 50:
            part, parts = sealed.verify_part(part.sealed, 4), parts + 1

        assert part.broken_at is None
        assert (whole.sealed, whole.head, 0) == (part.sealed, part.head, 0)
        assert parts > 2

    def test_a_changed_seal_is_found_at_its_place(self, work, sealed):
        """In the part that holds it; the part before is sound."""
        with work.services.database.write() as session:
            session.execute(text("UPDATE audit_seal SET hash = :hash WHERE position = 6"), {"hash": "f" * 64})

        assert sealed.verify_part(0, 4).broken_at is None
        assert 6 == sealed.verify_part(4, 4).broken_at

    def test_a_chain_that_was_cut_is_found(self, work, sealed):
        """Whoever takes the newest seals away cannot rewrite the head."""
        with work.services.database.write() as session:
            session.execute(text("DELETE FROM audit_seal WHERE position > 8"))

        assert sealed.verify_part(0, 1000).broken_at is not None

    def test_a_start_that_is_not_there_is_a_break(self, sealed):
        """A form may say anything."""
        assert sealed.verify_part(10_000, 4).broken_at is not None

    def test_an_empty_chain_is_whole(self, work):
        """On a new server, before the first seal."""
        assert work.services.audit.verify_part(0).broken_at is None
