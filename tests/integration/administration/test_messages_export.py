"""The log as a table: harmless to a spreadsheet, bounded, recorded."""

import csv
import io
from datetime import timedelta

import pytest

from authsms.administration.actors import PROOF_LASTS
from authsms.administration.messages_export import MessageExport, line
from authsms.administration.messages_filter import MessageFilter
from authsms.administration.rights import Role
from authsms.delivery.activity import Activity, Wanted
from authsms.delivery.outbox import Draft
from authsms.foundation.errors import ForbiddenError, ProofNeededError
from authsms.senders.submission import Purpose
from tests.integration.administration.people_at_work import ADMINISTRATOR, EVERYTHING, PHONE, POLICY_EDITOR, actor

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "=cmd|'/C calc'!A0"]


def post(work, number, **changes):
    services = work.services
    for _ in range(number):
        draft = Draft(
            services.vault.new_id(),
            Purpose.NOTICE,
            PHONE,
            "words",
            work.clock.now() + timedelta(minutes=2),
            **changes,
        )
        with services.database.write() as session:
            services.outbox.enqueue(session, draft)


def table(lines):
    return list(csv.reader(io.StringIO("".join(lines)), strict=True))


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_cell_becomes_a_formula(cell):
    """ATK-29: also not behind a control character that the program strips."""
    ((written,),) = table([line([cell])])

    assert written.startswith("'")
    assert all(mark.isprintable() for mark in written)


def test_quotes_and_commas_stay_within_their_cell():
    assert table([line(['a"b', "c,d", "e;f"])]) == [['a"b', "c,d", "e;f"]]


def test_every_message_is_a_line_newest_first(work):
    post(work, 3, login="=alice")
    head, *rows = table(work.services.message_desk.export(ADMINISTRATOR, EVERYTHING))

    assert head[:3] == ["id", "queued_at", "state"]
    assert [row[0] for row in rows] == sorted((row[0] for row in rows), reverse=True)
    assert {row[head.index("login")] for row in rows} == {"'=alice"}
    assert {row[head.index("recipient")] for row in rows} == {"•••••••42"}


def test_only_what_was_asked_for_is_in_it(work):
    post(work, 2, login="alice")
    post(work, 1, login="bob")
    rows = table(work.services.message_desk.export(ADMINISTRATOR, MessageFilter(person="bob")))[1:]

    assert len(rows) == 1


def test_a_table_has_an_end(work):
    """Portions of 500 are read one after the other, so that no database is held up."""
    post(work, 7)
    services = work.services
    export = MessageExport(services.database, services.audit, Activity(services.database, services.vault), most=5)

    assert len(list(export.lines(ADMINISTRATOR, Wanted(), services=(), shown={}))) == 1 + 5


def test_it_is_recorded_before_the_first_line(work):
    lines = work.services.message_desk.export(ADMINISTRATOR, MessageFilter(person="alice"))
    (record,) = [view.entry for view in work.services.audit.search() if view.entry.tag == "messages.exported"]

    assert (record.login, record.details["person"]) == ("anna", "alice")
    assert len(list(lines)) == 1


def test_it_asks_for_a_right_and_a_fresh_proof(work):
    desk = work.services.message_desk
    stale = actor(Role.ADMINISTRATOR, age=PROOF_LASTS + timedelta(seconds=1))

    with pytest.raises(ForbiddenError):
        desk.export(POLICY_EDITOR, EVERYTHING)
    with pytest.raises(ProofNeededError):
        desk.export(stale, EVERYTHING)
    assert "messages.exported" not in work.tags()
