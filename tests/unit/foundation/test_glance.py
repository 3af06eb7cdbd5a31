"""What is read at most once a second."""

from itertools import count

import pytest

from authsms.foundation.errors import DatabaseUnavailableError
from authsms.foundation.glance import Glance


@pytest.mark.usefixtures("rare_looks")
def test_whoever_refreshes_saves_the_others_the_look():
    """A message after a silence shall not wait for statements that somebody idle can run."""
    numbers = count(1)
    glance = Glance(lambda: next(numbers))
    glance.get()
    glance.look_again()

    glance.refresh()

    assert [2, 2] == [glance.get(), glance.get()]


def test_what_was_seen_stays_good_while_the_database_is_away():
    """Also for whoever refreshes; only who has seen nothing yet is told."""
    answers = iter(["seen"])

    def read() -> str:
        for answer in answers:
            return answer
        raise DatabaseUnavailableError("away")

    glance = Glance(read)
    glance.get()

    glance.refresh()

    assert "seen" == glance.get()
    with pytest.raises(DatabaseUnavailableError):
        Glance(read).refresh()
