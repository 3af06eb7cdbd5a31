"""Which way a login takes: events, chains and the doors that wait for it."""

import pytest

from authsms.foundation.errors import NotFoundError
from authsms.logon.catalog import Chain
from authsms.logon.machine import MessageKey
from tests.integration.logon.house import HERE, PASSWORD


def test_an_unknown_event_is_refused(house):
    """There is no default to fall back to."""
    with pytest.raises(NotFoundError):
        house.begin(event="nothing")


def test_a_continuation_leads_back_to_its_door(house):
    """The endpoint gets the person back, and its name goes into page and text."""
    endpoint, _ = house.endpoints.create("Wiki", event="web", redirect_uris=("https://wiki.example/cb",))
    continuation = house.continuations.open(endpoint.id, "web", "/oauth2/resume/{id}", {"state": "s"}, "alice")
    entrance = house.logon.entrance("web", continuation_id=continuation)
    step = house.logon.begin("web", "alice", HERE, continuation_id=continuation)
    step = house.logon.answer(step.ticket, {"password": PASSWORD}, HERE)
    step = house.logon.answer(step.ticket, {"code": house.code()}, HERE)

    assert ("Wiki", "alice", "Web login") == (entrance.endpoint, entrance.login_hint, entrance.title)
    assert f"/oauth2/resume/{continuation}" == step.return_to
    assert {"s"} == {house.continuations.finish(continuation).payload["state"]}


def test_cancelling_says_where_the_endpoint_hears_of_it(house):
    """Otherwise it would wait for ever."""
    endpoint, _ = house.endpoints.create("Wiki", event="web")
    continuation = house.continuations.open(endpoint.id, "web", "/oauth2/resume/{id}", {})
    step = house.logon.begin("web", "alice", HERE, continuation_id=continuation)

    assert f"/oauth2/resume/{continuation}/give-up" == house.logon.cancel(step.ticket)
    assert continuation == house.continuations.get(continuation).id


def test_a_continuation_of_another_event_is_refused(house):
    """Else the weaker event's chain would open the stronger one's door."""
    house.catalog.save_event("vault", "Vault", ["directory-sms"])
    endpoint, _ = house.endpoints.create("Wiki", event="web")
    continuation = house.continuations.open(endpoint.id, "web", "/x/{id}", {})

    with pytest.raises(NotFoundError):
        house.logon.begin("vault", "alice", HERE, continuation_id=continuation)


def test_an_event_may_be_for_certain_endpoints_only(house):
    """Direct visits are refused as well."""
    wiki, _ = house.endpoints.create("Wiki", event="web")
    other, _ = house.endpoints.create("Other", event="web")
    house.catalog.save_event("web", "Web login", ["directory-sms"], endpoints=[wiki.id])
    allowed = house.continuations.open(wiki.id, "web", "/x/{id}", {})
    refused = house.continuations.open(other.id, "web", "/x/{id}", {})

    assert "Wiki" == house.logon.entrance("web", continuation_id=allowed).endpoint
    for continuation in (None, refused):
        with pytest.raises(NotFoundError):
            house.logon.entrance("web", continuation_id=continuation)


def test_local_people_take_the_chain_of_the_local_password(house):
    """One event, two kinds of repositories; the typed name alone decides."""
    assert "LDAP_PASSWORD:1" == house.begin("alice").asks.method
    assert "PASSWORD:1" == house.begin("LOCAL\\root").asks.method
    assert "LDAP_PASSWORD:1" == house.begin("nowhere\\nobody").asks.method


def test_a_chain_for_a_group_is_taken_by_its_members_only(house):
    """Case of the group's name does not matter; nobody else is offered it."""
    house.catalog.save_chain(Chain("staff", "Staff only", ("SMS_OTP:1",), frozenset({"staff"})))
    house.catalog.save_event("web", "Web login", ["staff", "directory-sms"])

    assert "SMS_OTP:1" == house.begin("alice").asks.method
    assert "LDAP_PASSWORD:1" == house.begin("nina").asks.method
    assert () == house.begin("nina").chains


def test_somebody_without_any_chain_looks_like_everybody_and_never_gets_in(house):
    """The right password is a wrong one."""
    house.catalog.save_chain(Chain("admins", "Admins", ("LDAP_PASSWORD:1",), frozenset({"admins"})))
    house.catalog.save_event("web", "Web login", ["admins"])
    step = house.logon.answer(house.begin().ticket, {"password": PASSWORD}, HERE)

    assert (MessageKey.WRONG_PASSWORD, None) == (step.message_key, step.session_token)


def test_another_way_keeps_the_password(house):
    """Chains are offered that ask for something else; the password is not asked again."""
    house.catalog.save_chain(Chain("short", "Password only", ("LDAP_PASSWORD:1",)))
    house.catalog.save_chain(Chain("staff", "Code again", ("SMS_OTP:1", "LDAP_PASSWORD:1"), frozenset({"Staff"})))
    house.catalog.save_event("web", "Web login", ["directory-sms", "short", "staff", "local-sms"])
    step = house.at_code()
    house.wait(31)
    switched = house.logon.choose(step.ticket, "staff", HERE)
    done = house.logon.answer(switched.ticket, {"code": house.code()}, HERE)

    assert ["staff"] == [choice.name for choice in step.chains]
    assert ["directory-sms"] == [choice.name for choice in switched.chains]
    assert "SMS_OTP:1" == switched.asks.method
    assert "staff" == house.sessions.find(done.session_token).chain


@pytest.mark.parametrize("chain", ["short", "local-sms", "nothing", "directory-sms"])
def test_a_chain_that_is_not_offered_cannot_be_chosen(house, chain):
    """A shorter chain must not skip the code."""
    house.catalog.save_chain(Chain("short", "Password only", ("LDAP_PASSWORD:1",)))
    house.catalog.save_event("web", "Web login", ["directory-sms", "short", "local-sms"])
    step = house.at_code()

    with pytest.raises(NotFoundError):
        house.logon.choose(step.ticket, chain, HERE)
