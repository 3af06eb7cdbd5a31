"""An app of one's own, by many at once: confirmed once, tried once."""

from datetime import timedelta

import pyotp
import pytest

from authsms.audit import AuditTag
from authsms.foundation.errors import ProofNeededError, TooManyRequestsError
from authsms.foundation.sections import OtpSettings
from authsms.logon.holder import Holder
from authsms.logon.methods.totp import TOTP
from authsms.logon.own_app import OwnApp, OwnAppTools, Verdict
from authsms.otp.engine import COMMON, Algorithm, Recipe
from tests.integration.logon.house import House
from tests.integration.otp.racing import at_once

ALICE = Holder("corp:id-alice", "alice", "web", "192.0.2.7", timedelta(0), is_two_factors=True)
STALE = Holder("corp:id-alice", "alice", "web", "192.0.2.7", timedelta(minutes=30), is_two_factors=True)


@pytest.fixture
def racing(house: House) -> House:
    """A house where eight wrong codes at once do not lead to a hold."""
    return House(house.database, house.vault, house.clock, otp=OtpSettings(hold_after=20))


def own_app(house: House) -> OwnApp:
    """Return the service over a house."""
    tools = (house.limits, house.enrollments, house.challenges.failures, house.reports)
    return OwnApp(OwnAppTools(house.database, house.clock, house.audit, *tools, "here"))


def drawn(house: House) -> pyotp.TOTP:
    """Return an app that has scanned the picture."""
    own_app(house).begin(ALICE)
    found = house.enrollments.find(ALICE.person_key, TOTP)
    assert found is not None
    return pyotp.TOTP(found.seed)


def test_of_many_first_codes_at_once_one_sets_the_app_up(racing: House):
    """On both databases; the trail tells of one."""
    code = drawn(racing).at(racing.clock.now())
    verdicts = at_once(8, lambda: own_app(racing).confirm(ALICE, code))

    assert 1 == verdicts.count(Verdict.RIGHT)
    assert 7 == verdicts.count(Verdict.OVER)
    assert 1 == racing.tags().count(AuditTag.METHOD_SET_UP.value)


def test_of_many_trials_of_a_right_code_one_is_right(racing: House):
    """Otherwise the code would be good once more at the sign-in."""
    app = drawn(racing)
    service = own_app(racing)
    service.confirm(ALICE, app.at(racing.clock.now() - timedelta(seconds=30)))
    code = app.at(racing.clock.now())
    verdicts = at_once(5, lambda: service.try_code(ALICE, code))

    assert 1 == verdicts.count(Verdict.RIGHT)
    assert 4 == verdicts.count(Verdict.WRONG)


def test_of_many_trials_at_once_as_many_count_as_are_allowed(racing: House):
    """The limit is one statement, too."""
    app, service = drawn(racing), own_app(racing)
    service.confirm(ALICE, app.at(racing.clock.now()))

    def attempt() -> str:
        try:
            return service.try_code(ALICE, app.at(racing.clock.now() + timedelta(hours=1))).value
        except TooManyRequestsError:
            return "limited"

    assert 5 == at_once(12, attempt).count(Verdict.WRONG.value)


def test_codes_are_not_compared_while_the_method_is_held(house: House):
    """Trials are no way around the ladder of the sign-in."""
    app, service = drawn(house), own_app(house)
    service.confirm(ALICE, app.at(house.clock.now()))
    house.wait(30)
    with house.database.write() as session:
        for _ in range(house.otp.hold_after):
            house.challenges.failures.add(session, ALICE.person_key, TOTP)

    with pytest.raises(TooManyRequestsError):
        service.try_code(ALICE, app.at(house.clock.now()))


def test_a_new_seed_begins_a_new_count(house: House):
    """Bound again, a method that was switched off works again (NIST SP 800-63B-4, 3.2.2)."""
    house = House(house.database, house.vault, house.clock, otp=OtpSettings(hold_after=1, failure_cap=5))
    app, service = drawn(house), own_app(house)
    for pause in (0, 30, 60, 120, 240):
        house.wait(pause)
        service.confirm(ALICE, app.at(house.clock.now() + timedelta(hours=2)))
    off = service.confirm(ALICE, app.at(house.clock.now()))
    app = drawn(house)

    assert Verdict.SWITCHED_OFF is off
    assert Verdict.RIGHT is service.confirm(ALICE, app.at(house.clock.now()))
    assert AuditTag.METHOD_DISABLED in house.tags()


def test_every_change_asks_for_a_fresh_proof(house: House):
    """Whatever the pages do."""
    service = own_app(house)
    for act in (service.begin, service.remove, lambda holder: service.confirm(holder, "123456")):
        with pytest.raises(ProofNeededError):
            act(STALE)


def test_drawing_is_limited(house: House):
    """Each time a secret is drawn, sealed and written."""
    service = own_app(house)
    for _ in range(10):
        service.begin(ALICE)

    with pytest.raises(TooManyRequestsError):
        service.begin(ALICE)


def test_the_administrator_s_setting_is_for_apps_set_up_from_then_on(house: House):
    """The address says it, codes follow it, and an app that counts keeps to SHA-1 (RFC 4226)."""
    house.enrollments.recipe = Recipe(8, Algorithm.SHA256)
    service = own_app(house)
    service.begin(ALICE)
    view = service.view(ALICE)
    service.counting.begin(ALICE)
    counting = service.counting.view(ALICE)
    assert view is not None
    assert counting is not None
    app = pyotp.parse_uri(view.address)
    assert isinstance(app, pyotp.TOTP)
    code = app.at(house.clock.now())

    assert ("algorithm=SHA256&digits=8" in view.address, len(view.seed)) == (True, 56)
    assert ("digits=8" in counting.address, "algorithm" in counting.address) == (True, False)
    assert service.confirm(ALICE, code[2:]) is Verdict.MALFORMED
    assert service.confirm(ALICE, code) is Verdict.RIGHT
    house.enrollments.recipe = COMMON
    house.wait(30)
    assert service.try_code(ALICE, app.at(house.clock.now())) is Verdict.RIGHT
