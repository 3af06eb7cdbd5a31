"""Twilio's side of the simulator, as Twilio's own SDK and plain requests see it."""

import re
from datetime import UTC, datetime

import pytest
from twilio.base.exceptions import TwilioRestException

PHONE = "+491711234567"
SENDER = "+15005550006"
MEMBERS = {
    "account_sid", "api_version", "body", "date_created", "date_sent", "date_updated", "direction", "error_code",
    "error_message", "from", "messaging_service_sid", "num_media", "num_segments", "price", "price_unit", "sid",
    "status", "subresource_uris", "to", "uri",
}  # fmt: skip


def test_the_sdk_sends_and_the_phone_gets_it(simulator):
    """The way a customer would send."""
    message = simulator.client().messages.create(to=PHONE, from_=SENDER, body="Grüße {1}", validity_period=120)

    (text,) = simulator.texts()
    assert (message.status, message.num_segments, message.direction) == ("queued", "1", "outbound-api")
    assert abs((datetime.now(UTC) - message.date_created).total_seconds()) < 60
    assert (text["text"], text["sender"], text["id"]) == ("Grüße {1}", SENDER, message.sid)


def test_the_answer_has_exactly_the_published_members(simulator):
    """201, the sid's shape, counts as words, no callback-only fields."""
    answer = simulator.submit()

    body = answer.json()
    assert answer.status_code == 201
    assert body.keys() == MEMBERS
    assert re.fullmatch(r"SM[0-9a-f]{32}", body["sid"])
    assert (body["num_segments"], body["num_media"], body["price"], body["date_sent"]) == ("1", "0", None, None)
    assert body["uri"] == f"/2010-04-01/Accounts/{simulator.twilio.sid}/Messages/{body['sid']}.json"


def test_a_messaging_service_chooses_the_sender_later(simulator):
    """`from` is null and the segments are not counted yet."""
    body = simulator.submit(From="", MessagingServiceSid=simulator.twilio.service).json()

    assert (body["status"], body["from"], body["num_segments"]) == ("accepted", None, "0")
    assert simulator.texts()[0]["sender"] == SENDER


def test_a_message_can_be_fetched_redacted_and_deleted(simulator):
    """With no pace between the states it is delivered at once."""
    client = simulator.client()
    sid = client.messages.create(to=PHONE, from_=SENDER, body="secret").sid

    assert client.messages(sid).fetch().status == "delivered"
    assert client.messages(sid).update(body="").body == ""
    assert client.messages(sid).delete()
    with pytest.raises(TwilioRestException) as caught:
        client.messages(sid).fetch()
    assert (caught.value.status, caught.value.code) == (404, 20404)


def test_balance_and_account_tell_that_all_is_well(simulator):
    """What a health check asks."""
    client = simulator.client()

    assert client.balance.fetch().balance == "42.50"
    assert client.api.accounts(simulator.twilio.sid).fetch().status == "active"


def test_a_wrong_token_is_401_and_20003(simulator):
    """With the detail that only this error has."""
    answer = simulator.http.post(simulator.messages_url, data={}, auth=(simulator.twilio.sid, "wrong"), timeout=10)

    assert (answer.status_code, answer.json()["code"]) == (401, 20003)
    assert "AuthToken" in answer.json()["detail"]
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_another_account_in_the_path_is_404_and_20404(simulator):
    """Twilio does not say whether it exists."""
    url = simulator.messages_url.replace(simulator.twilio.sid, "AC" + "0" * 32)
    answer = simulator.http.post(url, data={}, auth=(simulator.twilio.sid, simulator.twilio.token), timeout=10)

    assert (answer.status_code, answer.json()["code"]) == (404, 20404)


def test_an_api_key_sends_as_well(simulator):
    """The path still carries the account."""
    form = {"To": PHONE, "From": SENDER, "Body": "hello"}
    answer = simulator.http.post(simulator.messages_url, data=form, auth=simulator.twilio.keys[0], timeout=10)

    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({"To": "+15005550001"}, 400, 21211),
        ({"To": "+15005550009"}, 400, 21614),
        ({"From": "+15005550001"}, 400, 21212),
        ({"From": "+15005550007"}, 400, 21606),
        ({"From": "+15005550008"}, 429, 21611),
        ({"Body": ""}, 400, 21602),
        ({"ValidityPeriod": "40000"}, 400, 21624),
    ],
)
def test_an_error_has_twilios_status_and_body(simulator, parameters, status, code):
    """As seen with test credentials; 21611 is a 429 that means a full queue."""
    answer = simulator.submit(**parameters)

    body = answer.json()
    assert (answer.status_code, body["code"], body["status"]) == (status, code, status)
    assert body["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
    assert simulator.texts() == []


def test_the_sdk_reads_our_errors(simulator):
    """An error body the SDK cannot read would have no code."""
    with pytest.raises(TwilioRestException) as caught:
        simulator.client().messages.create(to="+15005550003", from_=SENDER, body="hello")

    assert (caught.value.status, caught.value.code) == (400, 21408)


def test_json_is_not_what_twilio_reads(simulator):
    """A client that sends JSON finds out here, not in production."""
    auth = (simulator.twilio.sid, simulator.twilio.token)
    answer = simulator.http.post(simulator.messages_url, json={"To": PHONE}, auth=auth, timeout=10)

    assert answer.json()["code"] == 21604


def test_who_said_stop_gets_nothing_until_start(simulator):
    """Twilio blocks and answers by itself, whether or not the customer listens."""
    simulator.submit()
    replies = f"{simulator.url}/phones/{PHONE}/replies"

    simulator.http.post(replies, json={"text": "stop"}, timeout=10)
    assert simulator.submit().json()["code"] == 21610
    simulator.http.post(replies, json={"text": "START"}, timeout=10)
    assert simulator.submit().status_code == 201
    assert any("unsubscribed" in str(text["text"]) for text in simulator.texts())
