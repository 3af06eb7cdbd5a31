"""Login sessions live on the server and end when they should."""

from datetime import timedelta

import pytest

from authsms.audit import AuditTrail
from authsms.foundation.sections import SessionSettings
from authsms.logon.blocks import Blocks
from authsms.logon.sessions import LoginSessions, SessionDraft

DRAFT = SessionDraft(
    person_key="corp:alice",
    login="alice",
    display_name="Alice",
    mail="",
    repository="corp",
    groups=frozenset({"Staff", "VPN"}),
    methods=("pwd", "otp", "sms"),
    chain="directory-sms",
    event="web",
    address="192.0.2.1",
    user_agent="x" * 1000,
)


@pytest.fixture
def sessions(database, vault, clock):
    """One hour idle, twelve hours at most."""
    return LoginSessions(database, vault, clock, SessionSettings())


def begin(database, sessions, **changes):
    """Begin a session and return its token."""
    draft = SessionDraft(**{name: getattr(DRAFT, name) for name in DRAFT.__slots__} | changes)
    with database.write() as session:
        return sessions.begin(session, draft)


def test_a_session_tells_what_was_proven(database, sessions, clock):
    """O-09: truthful, for the doors to pass on."""
    found = sessions.find(begin(database, sessions))

    assert (DRAFT.person_key, DRAFT.groups, DRAFT.methods) == (found.person_key, found.groups, found.methods)
    assert (clock.now(), clock.now() + timedelta(hours=12)) == (found.authenticated_at, found.expires_at)


def test_the_token_is_long_and_only_its_hash_is_kept(database, sessions):
    """A-10, C-11."""
    token = begin(database, sessions)
    with database.read() as session:
        row = session.connection().exec_driver_sql("SELECT * FROM login_session").one()

    assert len(token) >= 43
    assert token not in repr(row)


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "\0", "é" * 10_000])
def test_other_tokens_find_nothing(database, sessions, token):
    """Whatever a browser sends."""
    begin(database, sessions)

    assert sessions.find(token) is None


def test_an_idle_session_ends(database, sessions, clock):
    """N-20."""
    token = begin(database, sessions)
    clock.advance(timedelta(minutes=59))
    used = sessions.find(token)
    clock.advance(timedelta(minutes=59))
    used_again = sessions.find(token)
    clock.advance(timedelta(minutes=60))

    assert used is not None
    assert used_again is not None
    assert sessions.find(token) is None


def test_no_use_keeps_a_session_beyond_its_end(database, sessions, clock):
    """N-20: the absolute limit."""
    token = begin(database, sessions)
    alive = 0
    for _ in range(30):
        clock.advance(timedelta(minutes=30))
        alive += sessions.find(token) is not None

    assert 23 == alive


def test_looking_by_id_is_no_use_of_the_session(database, sessions, clock):
    """Tokens that hang on it do not keep it alive."""
    token = begin(database, sessions)
    identifier = sessions.find(token).id
    clock.advance(timedelta(minutes=59))
    looked = sessions.get(identifier)
    clock.advance(timedelta(minutes=1))

    assert looked is not None
    assert sessions.get(identifier) is None
    assert sessions.find(token) is None


def test_signing_out_ends_the_session_at_once(database, sessions):
    """A-10."""
    token = begin(database, sessions)

    assert [True, False] == [sessions.end_token(token) for _ in range(2)]
    assert sessions.find(token) is None


def test_a_person_ends_his_own_sessions_only(database, sessions):
    """ATK-43: somebody else's id changes nothing."""
    mine = sessions.find(begin(database, sessions))
    theirs = sessions.find(begin(database, sessions, person_key="corp:bob"))

    assert not sessions.end(theirs.id, "corp:alice")
    assert sessions.end(mine.id, "corp:alice")
    assert [] == sessions.list("corp:alice")
    assert [theirs] == sessions.list("corp:bob")


def test_all_others_can_be_ended_at_once(database, sessions, clock):
    """A-10: and the list shows the newest first."""
    tokens = []
    for _ in range(3):
        tokens.append(begin(database, sessions))
        clock.advance(timedelta(seconds=1))
    listed = sessions.list("corp:alice")
    kept = sessions.find(tokens[0])

    assert [sessions.find(token).id for token in reversed(tokens)] == [session.id for session in listed]
    assert 2 == sessions.end_others("corp:alice", keep=kept.id)
    assert [kept.id] == [session.id for session in sessions.list("corp:alice")]
    assert 1 == sessions.end_all("corp:alice")


def test_a_session_that_slipped_past_a_block_is_ended(database, sessions, clock):
    """A process that has not heard of the block yet lets its person in; nobody else loses anything."""
    with database.write() as session:
        Blocks(database, clock).add(session, "corp:alice", "alice", reason="left", by="anna")
    slipped, other = begin(database, sessions), begin(database, sessions, person_key="corp:bob")

    assert [1, 0] == [sessions.end_blocked() for _ in range(2)]
    assert sessions.find(slipped) is None
    assert sessions.find(other) is not None


def test_the_end_of_a_session_is_on_record(database, sessions, vault, clock):
    """Whoever ended it, exactly once."""
    token = begin(database, sessions)
    identifier = sessions.find(token).id
    sessions.end(identifier, "corp:alice", endpoint="Wiki")
    sessions.end_token(token)
    views = AuditTrail(database, vault, clock).search()

    assert [("session.ended", "alice", "Wiki")] == [(v.entry.tag.value, v.entry.login, v.entry.endpoint) for v in views]
    assert {"session": identifier} == views[0].entry.details


def test_ended_sessions_are_purged_a_day_later(database, sessions, clock):
    """ATK-52."""
    sessions.end_token(begin(database, sessions))
    begin(database, sessions)
    clock.advance(timedelta(hours=25))
    begin(database, sessions)

    assert 1 == sessions.purge()
    clock.advance(timedelta(hours=12))
    assert 1 == sessions.purge()
