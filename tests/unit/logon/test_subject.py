"""Whom a logon is about, looked up where people are."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from authsms.logon.subject import People, Subject


class SlowPeople:
    """Of whom nobody exists; one name takes long to look for."""

    def __init__(self):
        self.asked = []
        self.has_begun, self.may_end = threading.Event(), threading.Event()

    def split(self, typed):
        """Return the name as it is."""
        return "", typed

    def find(self, typed):
        """Find nobody."""
        self.asked.append(typed)
        if typed == "slow":
            self.has_begun.set()
            self.may_end.wait(60)


def test_nobody_waits_for_the_look_up_of_somebody_else(vault):
    """F-18: a directory that hangs would keep everybody in the process out, whatever their repository."""
    people = SlowPeople()
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(lambda: Subject(cast("People", people), vault, "slow").is_phantom)
        assert people.has_begun.wait(30)
        try:
            is_found = not pool.submit(lambda: Subject(cast("People", people), vault, "quick").is_phantom).result(30)
            was_waiting = not slow.done()
        finally:
            people.may_end.set()

    assert (False, True) == (is_found, was_waiting)


def test_a_name_is_looked_for_once(vault):
    """However often it matters who has it."""
    people = SlowPeople()
    subject = Subject(cast("People", people), vault, "quick")
    keys = {subject.limit_key, subject.limit_key, subject.key}

    assert (1, ["quick"]) == (len(keys), people.asked)
