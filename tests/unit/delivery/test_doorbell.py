"""The doorbell between processes of one machine."""

import socket
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from authsms.delivery.doorbell import SocketDoorbell
from authsms.foundation.db import Database
from authsms.foundation.errors import ConfigurationError

AT_ONCE = timedelta(0)
LONG = timedelta(seconds=30)


def test_whoever_waits_is_woken(tmp_path: Path):
    """The reason why a code leaves within milliseconds."""
    bell = SocketDoorbell(tmp_path / "bells")
    with bell.listen() as listener:
        ringing = threading.Timer(0.05, bell.ring)
        ringing.start()
        started = time.monotonic()
        was_rung = listener.wait(LONG)
        ringing.join()

    assert was_rung
    assert time.monotonic() - started < LONG.total_seconds() - 1


def test_a_ring_before_the_wait_is_not_lost(tmp_path: Path):
    """Work may come in while the last is being handed out."""
    bell = SocketDoorbell(tmp_path / "bells")
    with bell.listen() as listener:
        bell.ring()

        assert listener.wait(AT_ONCE)


def test_many_rings_wake_once(tmp_path: Path):
    """A burst must not be answered one by one."""
    bell = SocketDoorbell(tmp_path / "bells")
    with bell.listen() as listener:
        for _ in range(1000):
            bell.ring()

        assert [True, False] == [listener.wait(AT_ONCE), listener.wait(AT_ONCE)]


def test_every_waiting_process_is_woken(tmp_path: Path):
    """Nobody knows which of them is free."""
    with ExitStack() as stack:
        listeners = [stack.enter_context(SocketDoorbell(tmp_path / "bells").listen()) for _ in range(3)]
        SocketDoorbell(tmp_path / "bells").ring()

        assert [True] * 3 == [listener.wait(AT_ONCE) for listener in listeners]


def test_ringing_at_nobodys_door_is_no_error(tmp_path: Path):
    """A login must not fail because the delivery process is away."""
    SocketDoorbell(tmp_path / "bells").ring()


def test_the_bell_of_a_dead_process_is_taken_down(tmp_path: Path):
    """Left-over sockets would make every ring slower."""
    bell = SocketDoorbell(tmp_path / "bells")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(bell.folder / "dead.bell"))
    bell.ring()

    assert [] == list(bell.folder.iterdir())


def test_a_thread_of_the_same_process_can_nudge(tmp_path: Path):
    """A sender that becomes free wakes the claimer."""
    with SocketDoorbell(tmp_path / "bells").listen() as listener:
        listener.nudge()

        assert listener.wait(AT_ONCE)


def test_silence_ends_the_wait(tmp_path: Path):
    """The fallback poll."""
    with SocketDoorbell(tmp_path / "bells").listen() as listener:
        assert not listener.wait(timedelta(milliseconds=10))


def test_a_long_path_is_replaced_by_a_private_short_one(tmp_path: Path):
    """A socket's path holds 107 bytes; an instance folder may lie deeper."""
    deep = tmp_path / ("deep" * 30) / "bells"
    one, other = SocketDoorbell(deep), SocketDoorbell(deep)
    with one.listen() as listener:
        other.ring()

        assert listener.wait(AT_ONCE)
    assert one.folder != deep
    assert one.folder.stat().st_mode & 0o777 == 0o700
    one.folder.rmdir()


def test_a_foreign_short_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Others may write to the temporary folder and put something of theirs there."""
    place = Path(tempfile.mkdtemp(dir="/tmp"))
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    deep = tmp_path / ("deep" * 30) / "bells"
    folder = SocketDoorbell(deep).folder
    folder.chmod(0o777)

    with pytest.raises(ConfigurationError):
        SocketDoorbell(deep)
    folder.rmdir()
    place.rmdir()


def test_nobody_rings_before_the_commit(tmp_path: Path, sqlite_database_url: str):
    """The worker would look before there is something to see."""
    database = Database(sqlite_database_url)
    bell = SocketDoorbell(tmp_path / "bells")
    with bell.listen() as listener:
        with database.write() as session:
            bell.announce(session)
            before = listener.wait(AT_ONCE)
        after = listener.wait(AT_ONCE)
    database.dispose()

    assert [False, True] == [before, after]


def test_nobody_rings_after_a_rollback(tmp_path: Path, sqlite_database_url: str):
    """There is nothing to send."""
    database = Database(sqlite_database_url)
    bell = SocketDoorbell(tmp_path / "bells")
    with bell.listen() as listener:
        with pytest.raises(LookupError), database.write() as session:
            bell.announce(session)
            raise LookupError

        assert not listener.wait(AT_ONCE)
    database.dispose()
