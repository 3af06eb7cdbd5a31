"""Receipts and replies, checked by Twilio's own validator on the receiving side."""

import pytest
from twilio.request_validator import RequestValidator

PHONE = "+491711234567"
SENDER = "+15005550006"


def is_authentic(simulator, post, url=None):
    signature = post.headers.get("X-Twilio-Signature", "")
    return RequestValidator(simulator.twilio.token).validate(url or post.url, post.form, signature)


def words(posts):
    return [post.form["MessageStatus"] for post in posts]


def test_receipts_come_in_order_and_are_signed(simulator, receiver):
    """The first state is not reported; the last one is delivered."""
    sid = simulator.submit(StatusCallback=f"{receiver.url}?q=a%20b").json()["sid"]

    posts = receiver.wait_for(3)
    assert words(posts) == ["sending", "sent", "delivered"]
    assert all(is_authentic(simulator, post, f"{receiver.url}?q=a%20b") for post in posts)
    assert {post.form["MessageSid"] for post in posts} == {sid}
    assert {"SmsSid", "SmsStatus", "AccountSid", "From", "To", "ApiVersion"} <= posts[0].form.keys()


def test_a_message_of_a_service_is_queued_first(simulator, receiver):
    """Its first state is accepted, so queued is news."""
    service = simulator.twilio.service
    simulator.submit(From="", MessagingServiceSid=service, StatusCallback=receiver.url)

    posts = receiver.wait_for(4)
    assert words(posts) == ["queued", "sending", "sent", "delivered"]
    assert posts[0].form["MessagingServiceSid"] == service


def test_a_fragment_stays_at_home_and_out_of_the_signature(simulator, receiver):
    """Twilio's tuning of its webhook client travels in it."""
    simulator.submit(StatusCallback=f"{receiver.url}#rc=3")

    assert all(is_authentic(simulator, post, receiver.url) for post in receiver.wait_for(3))


def test_receipts_can_be_shuffled(simulator, receiver):
    """Callbacks overtake each other in real life."""
    simulator.set_fault(kind="shuffle")
    simulator.submit(StatusCallback=receiver.url)

    assert words(receiver.wait_for(3)) == ["delivered", "sent", "sending"]


def test_receipts_can_come_twice(simulator, receiver):
    """Best effort means at least once."""
    simulator.set_fault(kind="repeat")
    simulator.submit(StatusCallback=receiver.url)

    assert words(receiver.wait_for(6)) == ["sending", "sending", "sent", "sent", "delivered", "delivered"]


def test_a_message_can_fail_after_it_was_taken(simulator, receiver):
    """Most failures are told later."""
    simulator.set_fault(kind="undelivered", code=30003)
    sid = simulator.submit(StatusCallback=receiver.url).json()["sid"]

    last = receiver.wait_for(3)[-1].form
    message = simulator.client().messages(sid).fetch()
    assert (last["MessageStatus"], last["ErrorCode"]) == ("undelivered", "30003")
    assert (message.status, message.error_code) == ("undelivered", 30003)


@pytest.mark.parametrize("kind", ["forge", "unsigned"])
def test_receipts_can_be_forged(simulator, receiver, kind):
    """So that a receiver can prove that it looks."""
    simulator.set_fault(kind=kind)
    simulator.submit(StatusCallback=receiver.url)

    assert not any(is_authentic(simulator, post) for post in receiver.wait_for(3))


def test_receipts_can_stay_away(simulator, receiver):
    """They are best effort."""
    simulator.set_fault(kind="mute", times=1)
    simulator.submit(StatusCallback=receiver.url)
    sid = simulator.submit(StatusCallback=receiver.url).json()["sid"]

    assert {post.form["MessageSid"] for post in receiver.wait_for(3)} == {sid}


def test_a_late_receipt_is_late(simulator, receiver):
    """It may come after the code has expired."""
    for seconds in (0.3, 3, 20):  # a busy machine may be later than that with what comes at once
        receiver.posts.clear()
        simulator.set_fault(kind="late", seconds=seconds, times=1)
        late = simulator.submit(StatusCallback=receiver.url).json()["sid"]
        simulator.submit(StatusCallback=receiver.url)
        are_late = [post.form["MessageSid"] == late for post in receiver.wait_for(6)]
        if are_late == [False] * 3 + [True] * 3:
            break

    assert are_late == [False] * 3 + [True] * 3


def test_a_reply_reaches_the_webhook_signed(simulator, receiver):
    """The inbound format, with empty places that count in the signature."""
    simulator.http.put(f"{simulator.url}/providers/twilio", json={"inbound_url": receiver.url}, timeout=10)
    simulator.submit()
    reply = simulator.http.post(f"{simulator.url}/phones/{PHONE}/replies", json={"text": "Ja, gerne ☺"}, timeout=10)

    (post,) = receiver.wait_for(1)
    assert reply.status_code == 201
    assert (post.form["Body"], post.form["From"], post.form["To"]) == ("Ja, gerne ☺", PHONE, SENDER)
    assert (post.form["SmsStatus"], post.form["FromCity"], post.form["NumMedia"]) == ("received", "", "0")
    assert post.form["MessageSid"] == reply.json()["id"]
    assert is_authentic(simulator, post)


def test_the_phone_learns_what_became_of_a_reply(simulator, receiver):
    """A webhook that refuses is worth knowing about."""
    receiver.status = 403
    simulator.http.put(f"{simulator.url}/providers/twilio", json={"inbound_url": receiver.url}, timeout=10)
    simulator.submit()
    simulator.http.post(f"{simulator.url}/phones/{PHONE}/replies", json={"text": "hi"}, timeout=10)
    callbacks = simulator.http.get(f"{simulator.url}/callbacks", params={"wait": 30}, timeout=60).json()["callbacks"]

    assert [entry["status"] for entry in callbacks] == [403]
    assert simulator.texts()[-1]["state"] == "not delivered: the webhook answered 403"


def test_a_webhook_that_is_away_harms_nobody(simulator):
    """Nobody listens on port 9 of this machine."""
    simulator.submit(StatusCallback="http://127.0.0.1:9/hook")
    callbacks = simulator.http.get(f"{simulator.url}/callbacks", params={"wait": 30}, timeout=60).json()["callbacks"]

    assert {(entry["status"], entry["trouble"]) for entry in callbacks} == {(None, "nobody answers there")}
