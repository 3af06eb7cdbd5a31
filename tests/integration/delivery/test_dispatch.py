"""One message from claimed to recorded, on both databases."""

from datetime import timedelta

from sqlalchemy import select

from authsms.delivery.models import Attempt
from authsms.delivery.pauses import Moment, Pauses
from authsms.foundation.vault import Vault
from authsms.senders.submission import Accepted, NotTaken, Outcome, PerhapsTaken, Purpose, RefusalScope, Refused
from tests.integration.delivery.twins import FixedPolicy, Office, RecordingService

SOON = timedelta(seconds=2)


class Trace(Pauses):
    """Remembers the moments in their order."""

    def __init__(self) -> None:
        self.moments: list[Moment] = []

    def reached(self, moment: Moment) -> None:
        """Remember *moment*."""
        self.moments.append(moment)


def _refuse(**changes):
    return lambda _submission: Refused(**{"scope": RefusalScope.MESSAGE, "code": "21211", "detail": "Bad"} | changes)


def test_the_text_is_wiped_when_the_provider_has_it(still_office: Office):
    """A code is kept no longer than it must be."""
    message_id = still_office.post()
    still_office.deliver()

    assert still_office.secrets_of(message_id)[1] is None
    assert ("accepted", "first", 1) == (
        still_office.view(message_id).state,
        still_office.view(message_id).service,
        still_office.view(message_id).attempts,
    )


def test_the_providers_first_word_is_kept(still_office: Office):
    """The administrator sees what the provider said."""
    still_office.first.answer = lambda _submission: Accepted("SM1", "queued", 2)
    view = still_office.view(still_office.post())
    still_office.deliver()
    view = still_office.view(view.id)

    assert ("queued", 2, "") == (view.detail, view.segments, view.code)


def test_the_attempt_is_committed_before_the_text_goes_out(still_office: Office):
    """A worker that dies in between must leave a trace."""
    seen: list[object] = []

    def look(submission):
        with still_office.database.read() as session:
            seen.extend(session.execute(select(Attempt.service, Attempt.finished_at)).one())
        seen.append(still_office.view(submission.message_id).state)
        return Accepted("id")

    still_office.first.answer = look
    still_office.post()
    still_office.deliver()

    assert ["first", None, "attempting"] == seen


def test_moments_are_reached_in_order(still_office: Office):
    """The places where the chaos tests kill."""
    still_office.post()
    trace = Trace()
    [claimed] = still_office.claim()
    still_office.dispatcher(trace).dispatch(claimed, "me")

    assert [Moment.ATTEMPTING, Moment.ANSWERED, Moment.RECORDED] == trace.moments


def test_a_permanent_refusal_is_final_and_shown(still_office: Office):
    """F-05: the administrator sees the provider's own code."""
    still_office.first.answer = _refuse()
    message_id = still_office.post()
    still_office.deliver()
    view = still_office.view(message_id)

    assert ("failed", "refused", "21211", "Bad") == (view.state, view.reason, view.code, view.detail)
    assert ["message.failed"] == still_office.tags()
    assert still_office.secrets_of(message_id)[1] is None


def test_an_opted_out_recipient_gets_nothing_from_another_service(still_office: Office):
    """M-05."""
    still_office.senders.services = [RecordingService("first", _refuse(opted_out=True)), RecordingService("second")]
    message_id = still_office.post()
    still_office.deliver()

    assert ("failed", "opted-out") == (still_office.view(message_id).state, still_office.view(message_id).reason)
    assert (0, []) == (still_office.deliver(), still_office.senders.services[1].submissions)


def test_failover_carries_the_same_text(still_office: Office):
    """C-02: a late first copy must show the same code."""
    first = RecordingService("first", lambda _submission: NotTaken("connect", "refused"))
    second = RecordingService("second")
    still_office.senders.services = [first, second]
    message_id = still_office.post("Your code is 123456")
    still_office.deliver()
    still_office.deliver()

    assert ("accepted", "second", 2) == (
        still_office.view(message_id).state,
        still_office.view(message_id).service,
        still_office.view(message_id).attempts,
    )
    assert ["Your code is 123456"] == [one.text for one in second.submissions]


def test_a_doubtful_attempt_is_repeated_once(still_office: Office):
    """One more copy at most, the same text, then rest."""
    still_office.first.answer = lambda _submission: PerhapsTaken("timeout", "")
    message_id = still_office.post("Your code is 123456")
    for _ in range(5):
        still_office.deliver()
        still_office.advance(SOON)

    assert ["Your code is 123456"] * 2 == [one.text for one in still_office.first.submissions]
    assert ("unknown", "in-doubt") == (still_office.view(message_id).state, still_office.view(message_id).reason)
    assert ["message.unknown"] == still_office.tags()


def test_a_wait_asked_for_is_kept(still_office: Office):
    """F-04: Retry-After."""
    answers: list[Outcome] = [NotTaken("http_429", "", timedelta(seconds=30)), Accepted("id")]
    still_office.first.answer = lambda _submission: answers.pop(0)
    still_office.post()
    tries = []
    for _ in range(4):
        tries.append(still_office.deliver())
        still_office.advance(timedelta(seconds=11))

    assert [1, 0, 0, 1] == tries


def test_nothing_is_sent_after_expiry(still_office: Office):
    """A dead code on a phone only confuses."""
    still_office.post()
    still_office.advance(timedelta(minutes=2))

    assert (0, []) == (still_office.deliver(), still_office.first.submissions)


def test_nothing_is_sent_when_it_expires_after_the_claim(still_office: Office):
    """The claim may lie some seconds back."""
    message_id = still_office.post()
    [claimed] = still_office.claim()
    still_office.advance(timedelta(minutes=2))
    still_office.dispatcher().dispatch(claimed, "me")

    assert [] == still_office.first.submissions
    assert still_office.view(message_id).attempts == 0


def test_nothing_is_sent_when_it_expires_between_commit_and_socket(still_office: Office):
    """A process may be stopped there for a minute."""

    class Nap(Pauses):
        def reached(self, moment: Moment) -> None:
            if moment is Moment.ATTEMPTING:
                still_office.advance(timedelta(minutes=2))

    message_id = still_office.post()
    [claimed] = still_office.claim()
    still_office.dispatcher(Nap()).dispatch(claimed, "me")

    assert [] == still_office.first.submissions
    assert ("stale", "expired") == (still_office.view(message_id).state, still_office.view(message_id).reason)
    assert still_office.secrets_of(message_id)[1] is None


def test_the_provider_is_told_how_long_the_text_is_worth_delivering(still_office: Office):
    """A provider's own queue may be longer than the life of a code."""
    still_office.post()
    still_office.advance(timedelta(seconds=20))
    still_office.deliver()

    assert [timedelta(seconds=100)] == [one.lifetime for one in still_office.first.submissions]


def test_without_a_sender_service_a_message_fails_at_once(still_office: Office):
    """The page can offer another way instead of a countdown."""
    still_office.senders.services = []
    message_id = still_office.post()
    still_office.deliver()

    assert ("failed", "no-service") == (still_office.view(message_id).state, still_office.view(message_id).reason)


def test_hostile_words_are_made_fit_for_the_database(still_office: Office):
    """PostgreSQL refuses NUL; a message that cannot be recorded would be sent again."""
    still_office.first.answer = _refuse(code="\0" * 500, detail="a\0b\ud800" + "x" * 5000)
    message_id = still_office.post()
    still_office.deliver()
    view = still_office.view(message_id)

    assert view.state == "failed"
    assert view.code.isprintable()
    assert view.detail.startswith("a b")
    assert len(view.detail) <= 300


def test_a_worker_that_lost_a_message_does_not_send_it(still_office: Office):
    """Two workers never begin the same attempt."""
    still_office.post()
    [claimed] = still_office.claim("first")
    still_office.advance(timedelta(seconds=61))
    still_office.sweeper().sweep()
    still_office.deliver("second")
    still_office.dispatcher().dispatch(claimed, "first")

    assert len(still_office.first.submissions) == 1


def test_a_late_answer_prevents_the_repeat(still_office: Office):
    """A worker that was silent beyond its lease brings news after all."""

    def oversleep(_submission):
        still_office.advance(timedelta(seconds=61))
        still_office.sweeper().sweep()
        return Accepted("late")

    still_office.first.answer = oversleep
    message_id = still_office.post()
    still_office.deliver()

    assert ("accepted", 1) == (still_office.view(message_id).state, still_office.view(message_id).attempts)
    assert still_office.deliver() == 0


def test_a_late_refusal_changes_nothing(still_office: Office):
    """The message belongs to somebody else by then."""

    def oversleep(_submission):
        still_office.advance(timedelta(seconds=61))
        still_office.sweeper().sweep()
        return Refused(RefusalScope.MESSAGE, "x", "")

    still_office.first.answer = oversleep
    message_id = still_office.post()
    still_office.deliver()

    assert still_office.view(message_id).state == "attempting"


def test_a_text_sealed_with_a_lost_key_fails_with_its_reason(still_office: Office, tmp_path):
    """Instead of being tried for ever."""
    message_id = still_office.post()
    still_office.vault = Vault.open(tmp_path / "other.json")
    still_office.deliver()

    assert ("failed", "unreadable") == (still_office.view(message_id).state, still_office.view(message_id).reason)


def test_a_changed_policy_replans_the_rest(still_office: Office):
    """F-28: never a mix; the next attempt takes the policy as it is then."""
    still_office.first.answer = lambda _submission: NotTaken("connect", "")
    message_id = still_office.post()
    still_office.deliver()
    still_office.senders = FixedPolicy([RecordingService("new")])
    still_office.advance(SOON)
    still_office.deliver()

    assert ("accepted", "new") == (still_office.view(message_id).state, still_office.view(message_id).service)


def test_a_code_waits_less_for_a_provider_while_another_may_be_asked(still_office: Office):
    """Somebody waits at a page; a notice, or the last service there is, gets all the time there is."""
    still_office.senders = FixedPolicy(
        [RecordingService("first", lambda _submission: PerhapsTaken("timeout", "")), RecordingService("second")]
    )
    still_office.post()
    still_office.post("Your shift begins at seven", purpose=Purpose.NOTICE)
    still_office.deliver()
    still_office.advance(SOON)
    still_office.deliver()

    code, notice = still_office.senders.services[0].submissions
    assert code.patience is not None
    assert code.patience < timedelta(seconds=5)
    assert notice.patience is None
    assert [None, None] == [one.patience for one in still_office.senders.services[1].submissions]
