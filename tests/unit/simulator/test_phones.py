"""Virtual phones."""

import threading
from datetime import timedelta

import pytest

from authsms.simulator.phones import KEPT_PER_PHONE, Direction, PhoneBook

PHONE, OTHER = "+491711234567", "+491717654321"
NO_TIME, LONG = timedelta(0), timedelta(seconds=10)


@pytest.fixture
def book(clock):
    return PhoneBook(clock)


def arrive(book, text="hello", phone=PHONE):
    return book.receive(phone, sender="ACME", text=text, provider="twilio", provider_id="SM1")


def test_texts_keep_their_order_across_phones(book):
    """`since` is one number for all."""
    first, second = arrive(book), arrive(book, phone=OTHER)

    assert first.number < second.number
    assert book.latest == second.number


def test_since_leaves_out_what_is_known(book):
    """A client asks only for news."""
    first, second = arrive(book, "one"), arrive(book, "two")

    assert [second] == book.wait_for_text(PHONE, since=first.number, patience=NO_TIME)


def test_a_waiting_client_wakes_when_a_text_arrives(book):
    """Tests need no sleeping."""
    timer = threading.Timer(0.05, arrive, (book,))
    timer.start()

    texts = book.wait_for_text(PHONE, since=0, patience=LONG)
    assert [text.text for text in texts] == ["hello"]


def test_waiting_for_one_phone_is_not_ended_by_another(book):
    """Two tests may run side by side."""
    arrive(book, phone=OTHER)

    assert book.wait_for_text(PHONE, since=0, patience=timedelta(milliseconds=30)) == []


def test_unread_counts_what_came_since_somebody_looked(book):
    """The badge of the page."""
    arrive(book)
    book.read(PHONE)
    arrive(book)
    book.send(PHONE, recipient="ACME", text="hi", provider="twilio", provider_id="SM2")

    assert book.phone(PHONE).unread == 1


def test_a_sent_text_tells_what_became_of_it(book):
    """Somebody who replies wants to know whether anybody listens."""
    sent = book.send(PHONE, recipient="+1", text="hi", provider="twilio", provider_id="SM2")
    book.settle(sent, "delivered")

    text = book.phone(PHONE).texts[0]
    assert (text.state, text.direction) == ("delivered", Direction.SENT)


def test_clearing_keeps_the_phone(book):
    """Only its texts go."""
    book.label(PHONE, "Alice")
    arrive(book)
    book.clear(PHONE)

    assert [("Alice", ())] == [(phone.label, phone.texts) for phone in book.phones()]


def test_memory_is_bounded(book):
    """A load run sends ten thousand texts to one number."""
    for place in range(KEPT_PER_PHONE + 5):
        arrive(book, str(place))

    texts = book.phone(PHONE).texts
    assert (KEPT_PER_PHONE, "5") == (len(texts), texts[0].text)


def test_every_change_has_its_own_version(book):
    """The page asks only whether anything is new."""
    before = book.version
    arrive(book)
    between = book.version
    book.read(PHONE)

    assert before < between < book.version
    assert book.wait_for_change(since=between, patience=LONG) == book.version


def test_many_threads_lose_nothing(book):
    """Each connection has its own thread."""
    threads = [threading.Thread(target=lambda: [arrive(book) for _ in range(20)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [*range(1, 161)] == [text.number for text in book.phone(PHONE).texts]
