"""A whole worker in a thread: waking, keeping the reserve, draining, and surviving its dependencies."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest

from authsms.delivery.doorbell import SocketDoorbell
from authsms.delivery.pauses import Moment, Pauses
from authsms.delivery.worker import Worker, WorkerOptions
from authsms.foundation.clock import SystemClock
from authsms.foundation.vault import Vault
from authsms.senders.submission import Accepted, PerhapsTaken, Purpose
from tests.integration.delivery.twins import PHONE, Office
from tests.integration.delivery.waiting import wait_until
from tests.parts.postgresql import PostgreSQL

QUICK = WorkerOptions(threads=4)


def test_a_committed_message_is_handed_over_at_once(office: Office):
    """The doorbell wakes the worker; nobody waits for a poll."""
    with office.worker(WorkerOptions(poll=timedelta(minutes=5))):
        wait_until(lambda: any(office.doorbell.folder.iterdir()))
        message_id = office.post("Your code is 123456")
        view = office.wait_for(message_id, "accepted")

    [submission] = office.first.submissions
    assert ("Your code is 123456", PHONE, message_id) == (submission.text, submission.recipient, submission.message_id)
    assert ("first", 1, "") == (view.service, view.attempts, view.reason)


def test_a_lost_ring_costs_a_poll(office: Office, tmp_path):
    """The table is the truth; the bell is only faster."""
    with office.worker(QUICK):
        office.outbox._doorbell = SocketDoorbell(tmp_path / "elsewhere")
        message_id = office.post()

        office.wait_for(message_id, "accepted")


def test_what_was_committed_before_the_start_is_sent(office: Office):
    """F-09: nothing depends on having been there."""
    posted = [office.post() for _ in range(5)]
    with office.worker(QUICK):
        for message_id in posted:
            office.wait_for(message_id, "accepted")

    assert sorted(posted) == sorted(submission.message_id for submission in office.first.submissions)


def test_several_workers_send_each_message_once(office: Office):
    """F-25: any number of processes."""
    posted = [office.post() for _ in range(60)]
    with office.worker(QUICK), office.worker(QUICK), office.worker(QUICK):
        wait_until(lambda: all(office.view(one).state == "accepted" for one in posted), 60)

    assert sorted(posted) == sorted(submission.message_id for submission in office.first.submissions)


def test_notices_at_a_slow_provider_do_not_hold_up_a_code(office: Office):
    """Priority alone would not help with all threads busy; the reserve does."""
    hang = threading.Event()

    def answer(submission):
        if submission.text == "notice":
            hang.wait(60)
        return Accepted(submission.message_id)

    office.first.answer = answer
    for _ in range(10):
        office.post("notice", purpose=Purpose.NOTICE)
    with office.worker(QUICK):
        wait_until(lambda: len(office.first.submissions) == 3)
        code = office.post("code")
        office.wait_for(code, "accepted")
        busy_with = [submission.text for submission in office.first.submissions]
        hang.set()

    assert ["code", "notice", "notice", "notice"] == sorted(busy_with)


def test_a_burst_is_worked_off_without_waiting_for_polls(office: Office):
    """A free thread takes the next message at once."""
    posted = [office.post() for _ in range(40)]
    with office.worker(WorkerOptions(threads=4, poll=timedelta(minutes=5))):
        wait_until(lambda: len(office.first.submissions) == len(posted), 60)


class _StoppedInTheMiddle(Pauses):
    def __init__(self, stop: threading.Event) -> None:
        self.stop = stop

    def reached(self, moment: Moment) -> None:
        if moment is Moment.CLAIMED:
            self.stop.set()


def test_stopping_finishes_what_is_under_way(office: Office):
    """F-26: no doubt is left behind by a restart."""
    begun, go_on = threading.Event(), threading.Event()

    def answer(submission):
        begun.set()
        go_on.wait(60)
        return Accepted(submission.message_id)

    office.first.answer = answer
    message_id = office.post()
    stop = threading.Event()
    running = threading.Thread(target=Worker(office, QUICK, _StoppedInTheMiddle(stop)).run, args=(stop,))
    running.start()
    assert begun.wait(30)
    late = office.post()
    time.sleep(0.3)
    go_on.set()
    running.join(60)

    assert ["accepted", "queued"] == [office.view(message_id).state, office.view(late).state]


def test_a_hanging_provider_does_not_keep_a_worker_from_stopping(office: Office):
    """What is left is repeated once by the next worker."""
    hang = threading.Event()
    begun = threading.Event()

    def answer(_submission):
        begun.set()
        hang.wait(60)
        return PerhapsTaken("timeout", "")

    office.first.answer = answer
    message_id = office.post()
    with office.worker(WorkerOptions(threads=4, patience=timedelta(milliseconds=200))):
        assert begun.wait(30)
    office.first.answer = lambda submission: Accepted(submission.message_id)
    with office.worker(QUICK):
        view = office.wait_for(message_id, "accepted")
    hang.set()
    wait_until(lambda: not any(thread.name.startswith("sender-") for thread in threading.enumerate()))

    assert view.attempts == 2


def test_an_error_of_ours_is_put_off_and_not_repeated_at_once(office: Office, monkeypatch: pytest.MonkeyPatch):
    """A bug must not turn into a busy loop, nor lose the message."""
    tries = []

    def break_down(*arguments):
        tries.append(arguments)
        raise RuntimeError

    monkeypatch.setattr("authsms.delivery.dispatch._AFTER_A_BUG", timedelta(seconds=60))
    monkeypatch.setattr(office.senders, "choose", break_down)
    message_id = office.post()
    with office.worker(QUICK):
        wait_until(lambda: bool(tries))
        time.sleep(1)

    assert (1, "queued") == (len(tries), office.view(message_id).state)


class _Counter(Pauses):
    def __init__(self) -> None:
        self.claims: list[float] = []

    def reached(self, moment: Moment) -> None:
        if moment is Moment.BEFORE_CLAIM:
            self.claims.append(time.monotonic())


def test_an_idle_worker_looks_four_times_a_second(office: Office):
    """It must cost nothing to wait. On a busy machine it looks less often, but never more often."""
    counter = _Counter()
    with office.worker(QUICK, counter):
        wait_until(lambda: len(counter.claims) > 6)
    pauses = [after - before for before, after in pairwise(counter.claims[:7])]

    assert sum(pauses) >= 1.2
    assert min(pauses) < 0.9


@pytest.mark.slow
def test_a_worker_survives_the_restart_of_postgresql(
    postgresql: PostgreSQL, postgresql_database_url: str, instance, vault: Vault
):
    """F-14: nothing that was acknowledged is lost, nothing is doubled, and nobody has to lend a hand."""
    office = Office.open(instance, postgresql_database_url, vault, SystemClock())
    with office.worker(QUICK):
        before = [office.post() for _ in range(20)]
        postgresql.stop()
        time.sleep(1)
        postgresql.start()
        wait_until(lambda: _answers(office), 60)
        after = [office.post() for _ in range(5)]
        wait_until(lambda: all(office.view(one).state == "accepted" for one in after), 60)
        wait_until(lambda: all(office.view(one).state == "accepted" for one in before), 60)
    sent = [submission.message_id for submission in office.first.submissions]
    office.database.dispose()

    assert set(before + after) == set(sent)
    assert max(sent.count(message_id) for message_id in sent) <= 2


def _answers(office: Office) -> bool:
    try:
        office.database.ping()
    except Exception:  # noqa: BLE001 - whatever it is, the server is not there yet
        return False
    return True


def test_messages_enqueued_by_many_threads_all_arrive(office: Office):
    """Web processes and the worker share the database."""
    with office.worker(QUICK), ThreadPoolExecutor(8) as pool:
        posted = list(pool.map(lambda _number: office.post(), range(80)))
        wait_until(lambda: len(office.first.submissions) >= len(posted), 60)

    assert sorted(posted) == sorted(submission.message_id for submission in office.first.submissions)
