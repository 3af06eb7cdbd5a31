"""Programs that have people texted: only those who agreed, only with leave, and each sees its own."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import event

from authsms.foundation.db import Database
from authsms.foundation.errors import InvalidInputError
from authsms.logon.kinds import EndpointKind
from authsms.logon.oidc_profile import OidcOption, OidcProfile
from authsms.protocols.rest.message_operations import MESSAGE_OPERATIONS
from authsms.protocols.rest.offer_operations import OFFER_OPERATIONS
from authsms.protocols.rest.operations import PREFIX
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import Office, open_office
from tests.functional.protocols.rest.roster import NOTICE, OFFER, Roster, agree, door_alone, open_roster

_CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
_ALL = (*MESSAGE_OPERATIONS, *OFFER_OPERATIONS)
_REAL = {"notice_name": NOTICE["name"], "offer_name": OFFER["name"]}
_BRIEFLY = settings(
    max_examples=4,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def office(instance, sqlite_database_url: str, clock: ManualClock) -> Iterator[Office]:
    """A whole installation."""
    database = Database(sqlite_database_url)
    with open_office(instance, database, clock, home="http://127.0.0.1:8080") as opened:
        yield opened
    database.dispose()


@pytest.fixture
def roster(office: Office) -> Roster:
    """A program that may do all of it."""
    return open_roster(office)


def test_a_notice_goes_to_those_who_have_agreed_and_is_followed(office, roster):
    """Who has not is counted by the reason; a name that nobody has is told."""
    agree(office)
    office.person("bob")
    sent = roster.call("POST", "/notices", {**NOTICE, "user_names": ["alice", "bob", "nobody"]})
    state = roster.call("GET", "/notices/shift-1").get_json()
    people = roster.call("GET", "/notices/shift-1/recipients").get_json()

    assert 202 == sent.status_code
    assert sent.get_json() == {"name": "shift-1", "queued": 1, "left": {"no_contact": 1}, "unknown": ["nobody"]}
    assert ("sending", 1, {"queued": 1}) == (state["state"], state["people"], state["counts"])
    assert [("LOCAL\\alice", "queued", "")] == [
        (one["user_name"], one["state"], one["reason"]) for one in people["recipients"]
    ]
    assert people["next"] is None


def test_a_request_that_comes_again_texts_nobody_twice(office, roster):
    """Under the same name; with another text it is a mistake that must not go unnoticed."""
    agree(office)
    agree(office, "carl")
    first = roster.call("POST", "/notices", NOTICE).get_json()["queued"]
    again = roster.call("POST", "/notices", NOTICE).get_json()["queued"]
    more = roster.call("POST", "/notices", {**NOTICE, "user_names": ["alice", "carl"]}).get_json()["queued"]
    other = roster.call("POST", "/notices", {**NOTICE, "texts": {"en": "Something else."}})

    assert (1, 0, 1) == (first, again, more)
    assert 409 == other.status_code


def test_a_notice_is_taken_back(office, roster):
    """And can be sent no more."""
    agree(office)
    roster.call("POST", "/notices", NOTICE)
    gone = roster.call("DELETE", "/notices/shift-1").status_code
    people = roster.call("GET", "/notices/shift-1/recipients").get_json()["recipients"]

    assert 204 == gone
    assert "cancelled" == roster.call("GET", "/notices/shift-1").get_json()["state"]
    assert [("stale", "cancelled")] == [(one["state"], one["reason"]) for one in people]
    assert 409 == roster.call("POST", "/notices", NOTICE).status_code
    assert "notice.cancelled" in [one.entry.tag.value for one in office.services.audit.search()]


def test_nobody_sees_or_ends_what_another_sent(office, roster):
    """ATK-43; and a name that is taken is not told apart by whose it is."""
    agree(office)
    roster.call("POST", "/notices", NOTICE)
    other = open_roster(office, "Other")
    answers = [
        other.call(method, path).status_code
        for method, path in (
            ("GET", "/notices/shift-1"),
            ("GET", "/notices/shift-1/recipients"),
            ("DELETE", "/notices/shift-1"),
        )
    ]

    assert [404] * 3 == answers
    assert 409 == other.call("POST", "/notices", NOTICE).status_code


def test_a_program_that_breaks_off_keeps_no_name(office, roster):
    """Whatever ends it between taking the name and beginning the notice: both are there, or neither is."""

    def break_off(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO notice "):
            raise RuntimeError("the end")

    engine = office.services.database.engine
    event.listen(engine, "before_cursor_execute", break_off)
    ended = roster.call("POST", "/notices", NOTICE)
    event.remove(engine, "before_cursor_execute", break_off)
    another = open_roster(office, "Another").call("POST", "/notices", {**NOTICE, "texts": {"en": "{host}: other"}})

    assert (500, 202) == (ended.status_code, another.status_code)


def test_contacts_are_named_seen_masked_and_taken_away(office, roster):
    """Nothing is texted there before the owner has agreed and confirmed."""
    person = office.person("alice")
    made = roster.call("POST", "/contacts", {"user_name": "alice", "number": "+491715550123", "kind": "work"})
    twice = roster.call("POST", "/contacts", {"user_name": "alice", "number": "+491715550123"})
    listed = roster.call("GET", "/contacts?user_name=alice")
    sent = roster.call("POST", "/notices", NOTICE).get_json()
    gone = roster.call("DELETE", f"/contacts/{made.get_json()['contact_id']}").status_code
    by = [one.entry.endpoint for one in office.services.audit.search() if one.entry.tag.value.startswith("contact.")]

    assert (201, 409, 204) == (made.status_code, twice.status_code, gone)
    assert [("work", "•••••••23", "idle")] == [
        (one["kind"], one["masked"], one["state"]) for one in listed.get_json()["contacts"]
    ]
    assert "5550123" not in listed.text
    assert {"unconfirmed": 1} == sent["left"]
    assert [] == office.services.contacts.of(person.key)
    assert ["Roster", "Roster"] == by


def test_a_live_number_is_told_that_it_was_taken_away(office, roster):
    """And that its owner is texted there no more stands on record."""
    key = agree(office)
    contact = roster.call("GET", "/contacts?user_name=alice").get_json()["contacts"][0]
    roster.call("DELETE", f"/contacts/{contact['contact_id']}")

    assert "verified" == contact["state"]
    assert ["withdrawn", "imported"] == [one.act.value for one in office.services.consents.of(key)]
    assert {"no_contact": 1} == roster.call("POST", "/notices", NOTICE).get_json()["left"]


@pytest.mark.parametrize("operation", _ALL, ids=[one.name for one in _ALL])
def test_each_operation_asks_for_its_own_scope(office, operation):
    """Neither an endpoint session, nor a token for logons or another of these opens it."""
    program = open_roster(office)
    path = re.sub(r"{\w+_name}", "a", operation.path).replace("{contact_id}", "0" * 32)
    others = {"logon", "messages:send", "contacts:read", "contacts:write"} - {operation.scope}
    body: dict[str, Any] | None = None
    path += "?user_name=alice" if operation.name == "listContacts" else ""
    if operation.name == "sendNotice":
        body = NOTICE
    elif operation.name == "addContact":
        body = {"user_name": "alice", "number": "+491715550123"}
    elif operation.takes is not None and operation.method == "POST":
        body = {"user_names": ["alice"]} if operation.name == "chooseForOffer" else OFFER
    refused = program.call(operation.method, path, body, token=program.new_token(" ".join(others)))
    nobody = program.call(operation.method, path, body, token="x" * 43)

    assert (403, 401) == (refused.status_code, nobody.status_code)
    assert f'scope="{operation.scope}"' in refused.headers["WWW-Authenticate"]


def test_an_administrator_takes_leave_back_at_once(office):
    """A token that is out opens nothing any more, whatever its scope."""
    program = open_roster(office, options=frozenset({OidcOption.CLIENT_CREDENTIALS, OidcOption.READ_CONTACTS}))

    assert 404 == program.call("GET", "/contacts?user_name=alice").status_code
    assert 403 == program.call("POST", "/notices", NOTICE).status_code


def test_leave_goes_with_tokens_and_a_secret(office):
    """A public endpoint has none, and without tokens there is no way to ask."""
    for kind, oidc in (
        (EndpointKind.REST, OidcProfile(options=frozenset({OidcOption.SEND_MESSAGES}))),
        (EndpointKind.OIDC, OidcProfile(is_public=True, options=frozenset({OidcOption.SEND_MESSAGES}))),
    ):
        addresses = ("https://roster.example/",) if kind is EndpointKind.OIDC else ()
        with pytest.raises(InvalidInputError):
            office.services.endpoints.create(f"New {kind}", event="web", redirect_uris=addresses, kind=kind, oidc=oidc)


def test_a_program_that_asks_without_end_has_to_wait(office, roster):
    """Sixty in a minute."""
    seen = [roster.call("POST", "/notices", {**NOTICE, "user_names": ["nobody"]}).status_code for _ in range(61)]

    assert {202} == set(seen[:60])
    assert 429 == seen[60]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["usual", "odd"])
def test_the_door_keeps_to_its_description(office, roster, mode):
    """Whatever is sent: no 500, and every answer has a status and a shape that are described."""
    agree(office)
    roster.call("POST", "/notices", NOTICE)
    roster.call("POST", "/offers", OFFER)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", door_alone(office))
    paths = {f"{PREFIX}{one.path}" for one in _ALL}
    found = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    seen = [_ask(roster, one, mode) for one in found if one.path in paths]

    assert len(_ALL) == len(seen)
    assert all(seen)


def _ask(roster: Roster, operation: Any, mode: GenerationMode) -> list[int]:
    """Send requests of one kind, every other one about what there is, and return how they were answered."""
    seen: list[int] = []

    @given(case=operation.as_strategy(generation_mode=mode))
    @_BRIEFLY
    def ask(case: Any) -> None:
        if len(seen) % 2:
            given_path = case.path_parameters or {}
            case.path_parameters = {name: _REAL.get(name, value) for name, value in given_path.items()}
        answer = case.call(headers={"Authorization": f"Bearer {roster.token}"})
        case.validate_response(answer, checks=_CHECKS)
        seen.append(answer.status_code)

    ask()
    return seen
