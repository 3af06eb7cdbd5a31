"""Access tokens of client credentials in place of endpoint sessions."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from authsms.logon.kinds import EndpointKind
from authsms.logon.models import EndpointRow
from authsms.logon.oidc_profile import OidcOption, OidcProfile
from authsms.protocols.oidc.families import Authorization, Issue
from tests.functional.protocols.rest.program import Program, open_program, tokens_of

OWN = OidcProfile(options=frozenset({OidcOption.CLIENT_CREDENTIALS}))


@pytest.fixture
def program(house) -> Program:
    """A program that may ask with access tokens, and has one."""
    made = open_program(house)
    endpoint, secret = house.endpoints.create("Modern", event="web", kind=EndpointKind.REST, oidc=OWN)
    return replace(made, endpoint=endpoint, secret=secret, token=give(house, endpoint.id))


def give(house, client_id: str, scope: str = "logon") -> str:
    """Return an access token of an endpoint, as the token endpoint would have given it."""
    store = tokens_of(house)
    token = store.new_secret()
    store.keep_own(client_id, Issue(token, house.clock.now() + timedelta(hours=1), ""), scope)
    return token


def test_a_whole_logon_with_access_tokens(house, program):
    """A new token, as programs get one every hour, goes on with what the old one began."""
    state = program.at_code()
    program.token = give(house, program.endpoint.id)
    done = program.do(state, house.code())
    session = program.call("GET", f"/sessions/{done['login_session_id']}").get_json()

    assert ("OK", "Alice Example") == (done["status"], session["display_name"])


def test_nobody_goes_on_with_what_another_began(house, program):
    """Neither another endpoint, nor its own endpoint session."""
    state = program.at_code()
    other = open_program(house, "Other").open()
    mine = replace(program, token="").open()
    answers = [one.call("GET", f"/logon/{state['logon_process_id']}").status_code for one in (program, other, mine)]

    assert [200, 404, 404] == answers


def test_a_token_must_have_the_scope(house, program):
    """The answer says which one (RFC 6750 section 3.1)."""
    refused = program.call("GET", "/logon/chains?user_name=alice", token=give(house, program.endpoint.id, ""))

    assert (403, "error") == (refused.status_code, refused.get_json()["status"])
    assert 'error="insufficient_scope", scope="logon"' in refused.headers["WWW-Authenticate"]


def test_an_administrator_takes_it_back_at_once(house, program):
    """A token that is out already opens nothing any more."""
    with house.database.write() as session:
        session.execute(update(EndpointRow).where(EndpointRow.id == program.endpoint.id).values(options=[]))

    assert 403 == program.call("GET", "/logon/chains?user_name=alice").status_code


@pytest.mark.parametrize("kind", ["late", "made up", "of a person", "in the body"])
def test_what_is_no_token_of_a_program_is_nobody(house, program, kind):
    """Tokens stand in the header only, and one that speaks for a person is no program's."""
    shown, body = program.token, {"user_name": "alice"}
    if kind == "late":
        house.wait(3601)
    elif kind == "made up":
        shown = "x" * 43
    elif kind == "of a person":
        shown = _of_a_person(house, program)
    else:
        shown, body = "", body | {"endpoint_session_id": program.token}
    answer = program.call("POST", "/logon", body, token=shown)

    assert 401 == answer.status_code
    assert "Bearer" in answer.headers["WWW-Authenticate"]


def _of_a_person(house, program: Program) -> str:
    store = tokens_of(house)
    token = store.new_secret()
    issue = Issue(token, house.clock.now() + timedelta(hours=1), "")
    with house.database.write() as session:
        whose = Authorization(program.endpoint.id, "", "corp:id-alice", "logon")
        store._families.give(session, "family", whose, issue)
    return token


def test_a_token_is_no_endpoint_session_to_end(program):
    """It is revoked at the token endpoints; here nothing would happen to it."""
    assert 401 == program.call("DELETE", f"/endpoints/{program.endpoint.id}/sessions").status_code
