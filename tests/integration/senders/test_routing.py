"""The routes of the stored policy, on the way from the form to the provider."""

from dataclasses import replace

import pytest
from authsms_generic_http import GenericHttpService

from authsms.foundation.errors import InvalidInputError
from authsms.foundation.phone import PhoneNumber
from authsms.senders.definitions import ServiceDraft
from authsms.senders.http import HttpGuard
from authsms.senders.routes import Consignment
from authsms.senders.service import SenderPolicyService
from authsms.senders.submission import Purpose, Submission
from tests.integration.senders.drafts import CODE, PHONE, gateway, twilio
from tests.plugins import hostile
from tests.plugins.hostile import HostileServer

AUSTRIAN = PhoneNumber("+436641234567")


def _ruled(draft: ServiceDraft, **changes) -> ServiceDraft:
    return replace(draft, rule=replace(draft.rule, **changes))


def test_a_text_is_sent_from_the_sender_of_its_country(database, vault, clock):
    """Chosen by the policy, put into the request by the plugin; a test message comes from there, too."""
    guard = HttpGuard(["127.0.0.1"])
    senders = SenderPolicyService(database, vault, clock, [GenericHttpService], guard, "https://login.example")
    with HostileServer(hostile.answer(200, b"OK")) as server:
        parameters = [["to", "{phone}"], ["text", "{message}"], ["from", "{sender}"]]
        draft = gateway(url=server.url, parameters=parameters, sender="Usual")
        senders.save_service(_ruled(draft, senders={"AT": ("+43720100",)}), author="anna")
        for number in (AUSTRIAN, PHONE):
            [service] = senders.choose(Consignment(Purpose.AUTHENTICATION, number, "m"))
            service.submit(Submission("m" * 32, number, "Text"))
        senders.try_out("gateway", AUSTRIAN, "Text", author="anna")

    places = [b"from=%2B43720100", b"from=Usual", b"from=%2B43720100"]
    assert [True] * 3 == [place in request for place, request in zip(places, server.requests, strict=True)]


def test_groups_and_labels_decide_and_the_groups_are_told(senders):
    """Whoever writes a message asks which groups matter, and needs no connection for that."""
    senders.save_service(_ruled(twilio("vip"), groups=frozenset({"Board"}), labels=frozenset({"acme"})), author="anna")
    senders.save_service(twilio("all", position=1), author="anna")
    member = replace(CODE, groups=frozenset({"board"}), label="acme")

    assert ["vip", "all"] == [one.name for one in senders.choose(member)]
    assert ["all"] == [one.name for one in senders.choose(replace(member, label=""))]
    assert {"board"} == senders.named_groups()


def test_a_sender_the_provider_would_not_take_is_refused_when_it_is_saved(senders):
    """Not when the first code is due."""
    with pytest.raises(InvalidInputError, match="no/sender") as caught:
        senders.save_service(_ruled(twilio(), senders={"AT": ("no/sender",)}), author="anna")

    assert "senders" == caught.value.field
