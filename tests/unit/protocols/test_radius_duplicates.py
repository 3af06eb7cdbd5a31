"""Repetitions of a request."""

from authsms.protocols.radius.duplicates import Duplicates, RequestKey

KEY = RequestKey("192.0.2.1", 1024, 7, bytes(16))


class Seconds:
    """A clock for one test."""

    now = 0.0

    def __call__(self):  # noqa: D102 - as the name says
        return self.now


def test_a_repetition_gets_the_first_answer():
    """While there is none yet it gets nothing, and the answer is on its way all the same."""
    duplicates = Duplicates(Seconds())
    met = [duplicates.meet(KEY), duplicates.meet(KEY)]
    duplicates.keep(KEY, b"answer")

    assert [None, b""] == met
    assert b"answer" == duplicates.meet(KEY)


def test_any_difference_makes_another_request():
    """RFC 5080 section 2.2.2: address, port, identifier and authenticator."""
    duplicates = Duplicates(Seconds())
    duplicates.meet(KEY)
    others = [
        RequestKey("192.0.2.2", 1024, 7, bytes(16)),
        RequestKey("192.0.2.1", 1025, 7, bytes(16)),
        RequestKey("192.0.2.1", 1024, 8, bytes(16)),
        RequestKey("192.0.2.1", 1024, 7, b"\1" * 16),
    ]

    assert [None] * 4 == [duplicates.meet(other) for other in others]


def test_a_request_without_an_answer_may_be_tried_again():
    """The server had too much to do."""
    duplicates = Duplicates(Seconds())
    duplicates.meet(KEY)
    duplicates.forget(KEY)
    duplicates.keep(KEY, b"too late")

    assert duplicates.meet(KEY) is None


def test_answers_are_forgotten_in_time():
    """An identifier comes back, and memory is bounded."""
    seconds = Seconds()
    duplicates = Duplicates(seconds)
    duplicates.meet(KEY)
    duplicates.keep(KEY, b"answer")
    seconds.now = 31
    again = duplicates.meet(KEY)
    for port in range(25_000):
        duplicates.meet(RequestKey("192.0.2.9", port, 1, bytes(16)))

    assert again is None
    assert len(duplicates._seen) <= 20_000
