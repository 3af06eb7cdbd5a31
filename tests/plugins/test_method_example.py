"""The method that the README shows, in a whole installation, and what is refused of methods that do not fit."""

import sys
import time
import types
from collections.abc import Iterator
from typing import ClassVar

import pytest
from typing_extensions import override

from authsms.audit import AuditTag
from authsms.foundation.db import Database
from authsms.foundation.errors import ConfigurationError
from authsms.identity.drafts import PersonDraft
from authsms.identity.local_people import LocalPeople
from authsms.identity.repository import Person
from authsms.logon.catalog import Chain
from authsms.logon.machine import MessageKey, Status
from authsms.logon.methods.plugged import check_names
from authsms.logon.pace import Pace
from authsms.logon.steps import Client
from authsms.plugin_api import CodeMethod, hookimpl
from authsms.plugins import load_methods
from tests.examples.authsms_badge import BadgeMethod
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import PASSWORD, Office, open_office

HERE = Client(address="192.0.2.7", has_page=True)
PLUGIN = "tests.examples.authsms_badge"


@pytest.fixture
def office(instance, sqlite_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """An installation with the plugin, and a chain of password and badge; refusals are told at once."""
    monkeypatch.setenv("BADGE_SECRET", "a secret of the terminal")
    monkeypatch.setenv("BADGE_FILE", str(instance / "badges.db"))
    database = Database(sqlite_database_url)
    with open_office(instance, database, ManualClock(), home="http://127.0.0.1:8080", plugins=[PLUGIN]) as opened:
        monkeypatch.setattr(opened.services.logon, "_pace", Pace(sleep=lambda _: None))
        opened.services.catalog.save_chain(Chain("badge", "Password + badge", ("PASSWORD:1", "BADGE:1")))
        opened.services.catalog.save_event("web", "Web", ["badge"])
        yield opened
    database.dispose()


def person(office: Office, login: str, *groups: str) -> Person:
    services = office.services
    draft = PersonDraft(login, login.title(), (), groups=frozenset(groups), password=PASSWORD)
    return LocalPeople(services.database, services.vault, services.clock).create(draft)


def at_badge(office: Office, login: str = "alice"):
    return office.services.logon.begin("web", f"LOCAL\\{login}", HERE, response={"password": PASSWORD})


def answer(office: Office, step, code: str):
    return office.services.logon.answer(step.ticket, {"code": code}, HERE)


def printed(alice: Person) -> str:
    """Return what the terminal prints."""
    return BadgeMethod().code(alice.id, int(time.time()) // 60)


def test_a_code_of_the_plugin_lets_in_once(office: Office):
    """As a second factor; what it proved is told like anything of ours."""
    code = printed(person(office, "alice", "Badges"))
    first, second = at_badge(office), at_badge(office)
    done, again = answer(office, first, f"{code[:3]} {code[3:]}"), answer(office, second, code)
    session = office.services.sessions.find(done.session_token or "")

    assert (done.status, again.message_key) == (Status.OK, MessageKey.PLUGGED_REFUSED)
    assert session is not None
    assert session.methods == ("pwd", "otp")


def test_wrong_codes_are_counted_and_in_the_end_not_looked_at(office: Office):
    """By the server, whatever the plugin does."""
    alice = person(office, "alice", "Badges")
    step, wrong = at_badge(office), f"{(int(printed(alice)) + 1) % 10**6:06d}"
    for _ in range(5):
        step = answer(office, at_badge(office), wrong)
    held = answer(office, at_badge(office), printed(alice))
    tags = [one.entry.tag for one in office.services.audit.search(user=alice.key)]

    assert step.message_key is MessageKey.PLUGGED_REFUSED
    assert held.message_key is MessageKey.CODE_HELD
    assert AuditTag.METHOD_HELD in tags


def test_who_has_none_is_told_so_only_after_the_password(office: Office):
    """And a stranger is asked like anybody."""
    person(office, "ben")
    wrong = office.services.logon.begin("web", "LOCAL\\ben", HERE, response={"password": "guess"})

    assert at_badge(office, "ben").message_key is MessageKey.PLUGGED_MISSING
    assert wrong.message_key is MessageKey.WRONG_PASSWORD


def test_pages_use_the_plugin_s_own_words(office: Office):
    """In the language of whoever reads them."""
    person(office, "alice", "Badges")
    visitor, german = office.visitor(), {"Accept-Language": "de"}
    token = visitor.token("/login/web")
    there = visitor.post("/login/web", {"user_name": "LOCAL\\alice", "password": PASSWORD}, token=token).location
    admin = office.clerk()

    assert "type the 6 digits it prints" in visitor.get(there).text
    assert "tippen Sie die 6 Ziffern" in visitor.get(there, **german).text
    assert "Badge code" in admin.get("/admin/events").text
    assert "Ausweiscode" in admin.get("/admin/chains/new", **german).text


class Odd(CodeMethod):
    """A method that would do."""

    name = "ODD:1"
    titles: ClassVar = {"en": "Odd"}
    questions: ClassVar = {"en": "Odd?"}

    @override
    def has(self, person):
        return bool(person.groups)

    @override
    def use(self, person, code):
        return code == person.id


def _broken(_self) -> None:
    raise KeyError("ODD_SECRET")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "odd"}, "needs a name such as BADGE:1"),
        ({"digits": 4}, "asks for 4 digits"),
        ({"titles": {"de": "Seltsam"}}, "has no English in its titles"),
        ({"use": CodeMethod.use}, "lacks: use"),
        ({"__init__": _broken}, r"cannot be made \(KeyError\('ODD_SECRET'\)\)"),
    ],
    ids=["name", "digits", "words", "abstract", "broken"],
)
def test_a_method_that_does_not_fit_keeps_the_server_from_starting(monkeypatch, changes, told):
    """With the name of the plugin, rather than at the first sign-in."""
    kind = type("Kind", (Odd,), changes)
    module = types.ModuleType("oddities")
    monkeypatch.setattr(module, "authsms_methods", hookimpl(lambda: [kind]), raising=False)
    monkeypatch.setitem(sys.modules, "oddities", module)

    with pytest.raises(ConfigurationError, match=f"oddities.*{told}|{told}"):
        load_methods(["oddities"])


def test_names_are_taken_once(monkeypatch, office: Office):
    """Neither two plugins nor a plugin and the server may share one: chains could not tell them apart."""
    for name in ("one", "two"):
        module = types.ModuleType(name)
        monkeypatch.setattr(module, "authsms_methods", hookimpl(lambda: [Odd]), raising=False)
        monkeypatch.setitem(sys.modules, name, module)
    ours = list(office.services.methods)
    shadow, idle = type("Shadow", (Odd,), {"name": "SMS_OTP:1"}), type("Idle", (Odd,), {"amr": ("hope",)})

    with pytest.raises(ConfigurationError, match="two brings the method ODD:1"):
        load_methods(["one", "two"])
    with pytest.raises(ConfigurationError, match="SMS_OTP:1 is a method of this server"):
        check_names(ours, [shadow()])
    with pytest.raises(ConfigurationError, match="names no factor"):
        check_names(ours, [idle()])
