"""Methods of plugins tell nobody who exists, and nobody who has proven something pays for a back end that is away."""

from collections.abc import Callable
from typing import ClassVar

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from authsms.audit import AuditTag
from authsms.foundation.db import Database
from authsms.foundation.errors import UnavailableError
from authsms.identity.code_methods import CodeMethod
from authsms.logon.blocks import AdmittedPeople
from authsms.logon.catalog import Chain
from authsms.logon.machine import MessageKey, Status
from authsms.logon.methods.password import PasswordMethod
from authsms.logon.methods.plugged import PluggedMethod
from authsms.logon.pace import Pace
from authsms.logon.service import LogonService, LogonTools
from authsms.logon.steps import Step
from tests.integration.logon.house import ALICE, HERE, PASSWORD, House

RIGHT, WRONG = "123456", "654321"


class Terminal(CodeMethod):
    """A back end over the network: it takes its time, and can be away."""

    name = "ODD:1"
    titles: ClassVar = {"en": "Odd"}
    questions: ClassVar = {"en": "Odd?"}

    def __init__(self, work: Callable[[], None]) -> None:
        self.work = work
        self.away = ""
        self.trouble: Exception = UnavailableError("The terminal does not answer.")

    @override
    def has(self, person):
        return self._at("has")

    @override
    def use(self, person, code):
        return self._at("use") and code == RIGHT

    def _at(self, what: str) -> bool:
        self.work()
        if self.away == what:
            raise self.trouble
        return True


class Doorway:
    """The engine with a method of a plugin, which is asked before or after the password."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.terminal = Terminal(self.work)
        database, audit, people = house.database, house.audit, AdmittedPeople(house.people, house.blocks)
        tools = LogonTools(
            *(database, house.vault, house.clock, audit, people, house.catalog, house.continuations),
            *(house.sessions, house.whereabouts, house.blocks, house.enrollments, house.graces),
        )
        password = house.logon._methods["LDAP_PASSWORD:1"]
        assert isinstance(password, PasswordMethod)
        plugged = PluggedMethod(self.terminal, database, audit, house.challenges.failures)
        self.logon = LogonService(tools, [password, plugged], pace=Pace(lambda: house.seconds, self.pause))
        house.catalog.save_chain(Chain("first", "Odd + password", (plugged.name, password.name)))
        house.catalog.save_chain(Chain("second", "Password + odd", (password.name, plugged.name)))
        house.catalog.save_event("early", "Early", ["first"])
        house.catalog.save_event("late", "Late", ["second"])
        self.held: list[float] = []

    def work(self) -> None:
        """Take the time of the back end."""
        self.house.seconds += 0.1

    def pause(self, seconds: float) -> None:
        """Keep how long a refusal waits; others can write meanwhile."""
        with self.house.database.write():
            self.held.append(seconds)

    def early(self, login: str, code: str) -> Step:
        """Answer before anything is proven."""
        return self.logon.answer(self.logon.begin("early", login, HERE).ticket, {"code": code}, HERE)

    def late(self, code: str) -> Step:
        """Answer after the password."""
        step = self.logon.begin("late", "alice", HERE, response={"password": PASSWORD})
        self.held.clear()
        return self.logon.answer(step.ticket, {"code": code}, HERE)

    def refusals(self) -> list[tuple[AuditTag, object]]:
        """Return what the audit trail says of refused codes."""
        records = [one.entry for one in self.house.audit.search(user=ALICE.key)]
        return [(one.tag, one.details["reason"]) for one in records if "reason" in one.details]

    def failures(self) -> int:
        """Return what alice is charged with."""
        with self.house.database.read() as session:
            return self.house.challenges.failures.standing(session, ALICE.key, Terminal.name).failures


@pytest.fixture
def doorway(sqlite_database_url, instance, counting_vault, clock):
    database = Database(sqlite_database_url)
    yield Doorway(House(database, counting_vault, clock))
    database.dispose()


def test_a_wrong_code_takes_the_same_time_for_everybody(doorway):
    """ATK-18: also while further codes are not looked at, and whoever exists or not."""
    told: dict[str, list[tuple[MessageKey, object]]] = {"alice": [], "nobody": []}
    for login, seen in told.items():
        for _ in range(6):
            began = doorway.house.seconds
            doorway.held.clear()
            step = doorway.early(login, WRONG)
            seen.append((step.message_key, pytest.approx(doorway.house.seconds - began + sum(doorway.held))))

    assert [(MessageKey.PLUGGED_REFUSED, 1)] * 6 == told["alice"] == told["nobody"]


def test_only_refusals_that_could_tell_something_wait(doorway):
    """Neither what is no code at all, for which nobody is looked up, nor a right one."""
    malformed = doorway.early("alice", "12")
    waited = [*doorway.held]
    done = doorway.late(RIGHT)

    assert (MessageKey.CODE_MALFORMED, Status.OK) == (malformed.message_key, done.status)
    assert [] == waited == doorway.held


@pytest.mark.parametrize("away", ["has", "use"])
def test_an_outage_costs_no_attempt(doorway, away):
    """However long it lasts: it would switch the method off for everybody who tries again and again."""
    doorway.late(WRONG)
    step = doorway.logon.begin("late", "alice", HERE, response={"password": PASSWORD})
    doorway.terminal.away = away
    for _ in range(6):
        with pytest.raises(UnavailableError):
            doorway.logon.answer(step.ticket, {"code": RIGHT}, HERE)
    doorway.terminal.away = ""

    assert 1 == doorway.failures()
    assert Status.OK is doorway.logon.answer(step.ticket, {"code": RIGHT}, HERE).status


def test_an_outage_forgives_no_wrong_code(doorway):
    """Whoever can bring the back end down gets no more guesses by it."""
    for _ in range(4):
        doorway.late(WRONG)
        step = doorway.logon.begin("late", "alice", HERE, response={"password": PASSWORD})
        doorway.terminal.away = "use"
        with pytest.raises(UnavailableError):
            doorway.logon.answer(step.ticket, {"code": WRONG}, HERE)
        doorway.terminal.away = ""
    doorway.late(WRONG)

    assert MessageKey.CODE_HELD is doorway.late(RIGHT).message_key
    assert 5 == doorway.failures()


@pytest.mark.parametrize("away", ["has", "use"])
@pytest.mark.parametrize("trouble", [UnavailableError("away"), KeyError(RIGHT)], ids=["away", "broken"])
def test_before_anything_is_proven_an_outage_is_a_refusal_like_any_other(doorway, away, trouble):
    """ATK-18: whoever exists or not, for as long as it lasts; the truth is in the audit trail."""
    doorway.terminal.away, doorway.terminal.trouble = away, trouble
    told: dict[str, list[object]] = {"alice": [], "nobody": []}
    for login, seen in told.items():
        step = doorway.logon.begin("early", login, HERE)
        for _ in range(7):
            began = doorway.house.seconds
            doorway.held.clear()
            step = doorway.logon.answer(step.ticket, {"code": RIGHT}, HERE)
            took = doorway.house.seconds - began + sum(doorway.held)
            seen.append((step.status, step.message_key, step.asks, pytest.approx(took)))
    reason = "unavailable" if isinstance(trouble, UnavailableError) else "broken"

    assert told["alice"] == told["nobody"]
    assert MessageKey.PLUGGED_REFUSED is step.message_key
    assert [(AuditTag.LOGON_METHOD_FAILED, one) for one in ["held"] * 2 + [reason] * 5] == doorway.refusals()


def test_a_mistake_of_the_plugin_stays_charged_and_is_recorded(doorway):
    """Whether the code was compared nobody knows; what the error says is not logged, for the code may stand in it."""
    step = doorway.logon.begin("late", "alice", HERE, response={"password": PASSWORD})
    doorway.terminal.away, doorway.terminal.trouble = "use", ValueError(f"bad code {RIGHT}")
    with capture_logs() as logged:
        for _ in range(5):
            with pytest.raises(UnavailableError) as raised:
                doorway.logon.answer(step.ticket, {"code": RIGHT}, HERE)
    tags = [one.entry.tag for one in doorway.house.audit.search(user=ALICE.key)]

    assert 5 == doorway.failures()
    assert [(AuditTag.LOGON_METHOD_FAILED, "broken")] * 5 == doorway.refusals()
    assert 1 == tags.count(AuditTag.METHOD_HELD)
    assert ["ValueError"] * 5 == [one["kind"] for one in logged if one["event"] == "method.broken"]
    assert RIGHT not in f"{logged}{raised.value!r}{raised.value.__cause__!r}{raised.value.__context__!r}"
