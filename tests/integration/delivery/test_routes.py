"""Messages on routes with weights and senders: the promises of delivery hold there as well."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from authsms.delivery.outbox import Outbox
from authsms.senders.policy import ServiceRule
from authsms.senders.routes import Consignment, routes
from authsms.senders.submission import NotTaken, RefusalScope, Refused
from tests.integration.delivery.twins import FixedPolicy, Office, RecordingService

SOON = timedelta(seconds=2)
BESIDE = (ServiceRule("left", weight=60), ServiceRule("right", weight=40), ServiceRule("last", 1))


@dataclass
class RuledPolicy(FixedPolicy):
    """A policy with the product's own rules, whose services remember."""

    rules: Sequence[ServiceRule] = BESIDE
    asked: list[Consignment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.services = [RecordingService(rule.name) for rule in self.rules]

    def choose(self, consignment: Consignment) -> Sequence[RecordingService]:
        """Return the services on the way of a text."""
        self.asked.append(consignment)
        by_name = {one.name: one for one in self.services}
        return [by_name[route.service] for route in routes(self.rules, consignment)]

    def refresh(self) -> None:
        """Find nothing new."""

    def answer(self, outcome: NotTaken | Refused) -> None:
        """Let every service answer so from now on."""
        for one in self.services:
            one.answer = lambda _submission: outcome

    def tried(self) -> list[str]:
        """Return which services have had a text, once for each."""
        return [one.name for one in self.services for _ in one.submissions]


@pytest.fixture
def policy(still_office: Office) -> RuledPolicy:
    """The policy of the office."""
    still_office.senders = RuledPolicy()
    return still_office.senders


def test_label_and_groups_of_a_message_reach_the_policy(still_office: Office, policy: RuledPolicy):
    """Written with it, so that a worker needs no directory; a group nobody asks for is not written down."""
    office = still_office
    named = frozenset({"field staff", 'süd, "rand"'})
    office.outbox = Outbox(
        office.database, office.vault, office.clock, office.audit, office.doorbell, named_groups=lambda: named
    )
    message_id = office.post(label="acme", groups=frozenset({"Field Staff", "Payroll", 'SÜD, "Rand"'}))
    office.deliver()

    assert [(message_id, "acme", named)] == [(one.message_id, one.label, one.groups) for one in policy.asked]


def test_failover_goes_on_beside_and_then_behind_with_the_same_text(still_office: Office, policy: RuledPolicy):
    """C-02: a repeat does not draw anew, so that no service is asked twice before all were asked once."""
    policy.answer(NotTaken("connect", "refused"))
    for number in range(4):
        still_office.post("Your code is 123456", id=f"{number:032x}")
    for _ in range(3):
        still_office.deliver("me")

    assert {"left": 4, "right": 4, "last": 4} == Counter(policy.tried())
    for service in policy.services:
        assert {"Your code is 123456"} == {one.text for one in service.submissions}
    ways = {one.message_id: [route.service for route in routes(BESIDE, one)] for one in policy.asked}
    assert 1 < len({way[0] for way in ways.values()})
    assert all("last" == way[2] for way in ways.values())


def test_who_takes_a_message_over_finds_the_same_way(still_office: Office, policy: RuledPolicy):
    """The draw depends on the message, not on the process."""
    still_office.post()
    for owner in ("one", "another"):
        for claimed in still_office.claim(owner):
            still_office.dispatcher().dispatch(claimed, owner)
            policy.answer(NotTaken("connect", "refused"))

    assert 1 == len(set(policy.tried()))


@pytest.mark.parametrize("is_opted_out", [False, True])
def test_a_permanent_refusal_ends_the_way(still_office: Office, policy: RuledPolicy, is_opted_out: bool):
    """Neither the service beside nor the one behind is asked; who has opted out, has everywhere."""
    policy.answer(Refused(RefusalScope.MESSAGE, "21610", "No", opted_out=is_opted_out))
    message_id = still_office.post()
    still_office.deliver()
    still_office.advance(SOON)

    assert 0 == still_office.deliver()
    assert 1 == len(policy.tried())
    assert "failed" == still_office.view(message_id).state


def test_other_rules_lead_the_rest_of_the_way(still_office: Office, policy: RuledPolicy):
    """F-28: the next attempt takes the policy as it is then, and none of the old order."""
    policy.answer(NotTaken("connect", "refused"))
    message_id = still_office.post()
    still_office.deliver()
    still_office.senders = RuledPolicy(rules=[ServiceRule("home", countries=frozenset({"DE"})), ServiceRule("left", 1)])
    still_office.advance(SOON)
    still_office.deliver()

    assert ("accepted", "home") == (still_office.view(message_id).state, still_office.view(message_id).service)


def test_what_is_superseded_between_two_services_is_not_sent_by_the_second(still_office: Office, policy: RuledPolicy):
    """F-29: one live message for each challenge."""
    policy.answer(NotTaken("connect", "refused"))
    message_id = still_office.post(reference="challenge:1")
    still_office.deliver()
    with still_office.database.write() as session:
        still_office.outbox.supersede(session, "challenge:1")
    still_office.advance(SOON)

    assert 0 == still_office.deliver()
    assert ("stale", 1) == (still_office.view(message_id).state, len(policy.tried()))
