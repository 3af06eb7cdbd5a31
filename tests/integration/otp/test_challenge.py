"""A code is charged before it is compared and used once, whoever tries, however many at once."""

from datetime import timedelta

import pytest

from authsms.foundation.sections import OtpSettings
from authsms.otp.challenge import ChallengeService, Charged, NotCharged, Refusal
from authsms.otp.models import ChallengeRow
from tests.integration.otp.racing import race, race_in_two_processes

SMS = "SMS_OTP:1"
ALICE = "corp:alice"
PATIENT = OtpSettings(hold_after=20, failure_cap=100)


@pytest.fixture
def challenges(database, vault, clock):
    """The service with settings that do not hold anybody within one code."""
    return ChallengeService(database, vault, clock, PATIENT)


def issue(database, challenges, *, process="p1", person=ALICE, sendable=True):
    """Store a new code and return it."""
    new = challenges.prepare()
    with database.write() as session:
        challenges.store(session, new, process_id=process, person_key=person, method=SMS, sendable=sendable)
    return new


def consume(database, challenges, challenge_id):
    """Consume in a transaction of its own."""
    with database.write() as session:
        return challenges.consume(session, challenge_id)


def guess(challenges, new, code):
    """Charge and compare."""
    charge = challenges.charge(new.id)
    return challenges.verify(charge, code) if isinstance(charge, Charged) else charge.refusal


def wrong(new):
    """A code that is not the right one."""
    return f"{(int(new.code) + 1) % 10**6:06d}"


def test_the_right_code_is_consumed_once(database, challenges):
    """N-03."""
    new = issue(database, challenges)

    assert guess(challenges, new, new.code) is True
    assert [True, False] == [consume(database, challenges, new.id) for _ in range(2)]
    assert Refusal.CLOSED is guess(challenges, new, new.code)


def test_a_code_is_dead_after_five_tries_even_for_the_right_one(database, challenges):
    """ATK-01."""
    new = issue(database, challenges)

    assert [False] * 5 == [guess(challenges, new, wrong(new)) for _ in range(5)]
    assert Refusal.CLOSED is guess(challenges, new, new.code)


def test_a_code_expires(database, challenges, clock):
    """Good until its last moment, refused from then on, also between comparing and consuming."""
    new = issue(database, challenges)
    clock.advance(timedelta(seconds=119))
    just_in_time = guess(challenges, new, new.code)
    clock.advance(timedelta(seconds=1))

    assert just_in_time is True
    assert Refusal.CLOSED is guess(challenges, new, new.code)
    assert not consume(database, challenges, new.id)


def test_the_newest_code_kills_the_one_before(database, challenges):
    """C-02: and only that of the same process."""
    other = issue(database, challenges, process="p2")
    old = issue(database, challenges)
    new = challenges.prepare()
    with database.write() as session:
        killed = challenges.supersede(session, process_id="p1", method=SMS)
        challenges.store(session, new, process_id="p1", person_key=ALICE, method=SMS)

    assert [old.id] == killed
    assert Refusal.CLOSED is guess(challenges, old, old.code)
    assert guess(challenges, new, new.code) is True
    assert guess(challenges, other, other.code) is True


def test_a_code_nobody_was_sent_never_passes(database, challenges):
    """Guessing a phantom's code leads nowhere."""
    new = issue(database, challenges, sendable=False)

    assert guess(challenges, new, new.code) is False
    assert not consume(database, challenges, new.id)


def test_an_attempt_stays_charged_when_the_server_dies_while_comparing(database, vault, clock, challenges):
    """F-12: the charge is committed before the comparison."""
    new = issue(database, challenges)
    challenges.charge(new.id)

    survivor = ChallengeService(database, vault, clock, PATIENT)
    with database.read() as session:
        assert 1 == session.get(ChallengeRow, new.id).attempts
        assert 1 == survivor.failures.standing(session, ALICE, SMS).failures


def test_a_rolled_back_consumption_leaves_the_code(database, challenges):
    """F-13, the other side: nothing was gained, so nothing was used."""
    new = issue(database, challenges)
    with pytest.raises(RuntimeError), database.write() as session:
        challenges.consume(session, new.id)
        raise RuntimeError

    assert consume(database, challenges, new.id)


def test_only_a_hash_is_stored(database, challenges):
    """A stolen database gives no code away; the pepper is elsewhere."""
    new = issue(database, challenges)
    with database.read() as session:
        row = session.get(ChallengeRow, new.id)

    assert "$argon2id$" in row.digest
    assert new.code not in repr({name: value for name, value in vars(row).items() if name not in {"id", "digest"}})


def test_a_digest_copied_to_another_row_is_worthless(database, challenges, vault):
    """ATK-56: the hash is bound to the row's id."""
    mine, victims = challenges.prepare(), challenges.prepare()

    assert not vault.verify_code(mine.digest, victims.id, mine.code)


def test_the_failures_survive_new_codes_sessions_and_restarts(database, vault, clock):
    """ATK-02: the count belongs to the account; it holds, grows, and in the end disables the method."""
    settings = OtpSettings(hold_after=5, failure_cap=8)
    checked = 0
    for number in range(40):
        service = ChallengeService(database, vault, clock, settings)
        new = issue(database, service, process=f"p{number}")
        for _ in range(4):
            checked += guess(service, new, wrong(new)) is False
        clock.advance(timedelta(hours=2))

    assert 8 == checked
    charge = service.charge(issue(database, service).id)
    assert charge == NotCharged(Refusal.DISABLED)


def test_a_hold_refuses_without_charging_the_code(database, vault, clock):
    """C-08: wait, then go on with the same code."""
    service = ChallengeService(database, vault, clock, OtpSettings(hold_after=1, failure_cap=100))
    new = issue(database, service)
    first = guess(service, new, wrong(new))
    held = service.charge(new.id)
    clock.advance(timedelta(seconds=30))

    assert first is False
    assert held == NotCharged(Refusal.HELD, clock.now())
    assert guess(service, new, new.code) is True
    with database.read() as session:
        assert 2 == session.get(ChallengeRow, new.id).attempts


def test_a_success_ends_the_row_of_failures_of_that_method_only(database, challenges):
    """N-06."""
    new = issue(database, challenges)
    guess(challenges, new, wrong(new))
    with database.write() as session:
        challenges.failures.add(session, ALICE, "TOTP:1")
    guess(challenges, new, new.code)
    consume(database, challenges, new.id)

    with database.read() as session:
        assert 0 == challenges.failures.standing(session, ALICE, SMS).failures
        assert 1 == challenges.failures.standing(session, ALICE, "TOTP:1").failures


def test_a_disabled_method_works_again_once_it_is_bound_again(database, vault, clock):
    """N-05: an administrator's way back."""
    service = ChallengeService(database, vault, clock, OtpSettings(hold_after=20, failure_cap=5))
    new = issue(database, service)
    for _ in range(5):
        guess(service, new, wrong(new))
    other = issue(database, service)
    refused = guess(service, other, other.code)
    with database.write() as session:
        assert service.failures.forget(session, ALICE, SMS)

    assert Refusal.DISABLED is refused
    assert guess(service, other, other.code) is True


def test_fifty_right_codes_at_once_give_one_success(database, challenges, settings, instance):
    """ATK-05."""
    new = issue(database, challenges)

    outcome = race(settings.database_url, instance / "keys.json", new.id, new.code, count=50, settings=PATIENT)

    assert 1 == outcome.wins
    assert outcome.compared <= 5


def test_fifty_wrong_codes_at_once_are_compared_five_times(database, challenges, settings, instance):
    """ATK-04."""
    new = issue(database, challenges)

    outcome = race(settings.database_url, instance / "keys.json", new.id, wrong(new), count=50, settings=PATIENT)

    assert (0, 5, 45) == (outcome.wins, outcome.compared, outcome.refused)
    with database.read() as session:
        assert 5 == challenges.failures.standing(session, ALICE, SMS).failures


def test_a_hold_cannot_be_outrun(database, challenges, settings, instance):
    """The third failure holds: of fifty at once, three are compared."""
    new = issue(database, challenges)
    strict = OtpSettings(hold_after=3, failure_cap=100)

    outcome = race(settings.database_url, instance / "keys.json", new.id, wrong(new), count=50, settings=strict)

    assert 3 == outcome.compared


@pytest.mark.parametrize("is_right", [True, False])
def test_two_processes_race_like_one(database, challenges, settings, instance, is_right):
    """F-25: nothing is counted in memory."""
    new = issue(database, challenges)
    code = new.code if is_right else wrong(new)

    outcomes = race_in_two_processes(settings.database_url, instance / "keys.json", new.id, code, count=25)

    assert int(is_right) == sum(outcome.wins for outcome in outcomes)
    assert sum(outcome.compared for outcome in outcomes) <= 5


def test_purging_keeps_what_still_counts(database, challenges, clock):
    """ATK-52: old rows go, a running row of failures stays."""
    new = issue(database, challenges)
    guess(challenges, new, wrong(new))
    clock.advance(timedelta(days=2))
    fresh = issue(database, challenges)

    assert 1 == challenges.purge()
    with database.read() as session:
        assert session.get(ChallengeRow, new.id) is None
        assert session.get(ChallengeRow, fresh.id) is not None
        assert 1 == challenges.failures.standing(session, ALICE, SMS).failures
