"""What the walk through a login tells whoever watches."""

from typing import ClassVar

import pytest

from authsms.simulator import walk
from authsms.simulator.walk import Page, Places, Traveller, Walk

ALICE = Traveller("alice", "p", "+12025550101", "Alice Liddell")
BOB = Traveller("bob", "p", "+12025550102", "Bob Baumeister")
CODE_PAGE = "<p>•••••••{}</p><form action='/logon'><input name='code'></form>"


class Provider:
    """A server that lets Alice in with her code, once."""

    used: ClassVar[set[str]] = set()

    def __init__(self) -> None:
        self._login = ""

    def open(self, _url):
        """Show the first page."""
        return Page("http://server/login", "<form><input name='user_name'><input name='password'></form>")

    def send(self, _page, _form, **fields):
        """Judge what was typed."""
        self._login = fields.get("user_name", self._login)
        if fields.get("code") == "111111" and self._login == "alice" and not self.used:
            self.used.add("111111")
            return Page("http://application/", "Hello, Alice Liddell")
        return Page("http://server/logon", CODE_PAGE.format("01" if self._login == "alice" else "02"))


class Phone:
    """A phone on which the code is there at once."""

    def __init__(self, _simulator, number):
        self._code = "111111" if number == ALICE.phone else "222222"

    def next_code(self):
        """Return the code."""
        return self._code


@pytest.fixture
def lines(monkeypatch):
    """Walk, and return what is told."""
    monkeypatch.setattr(walk, "Browser", Provider)
    monkeypatch.setattr(walk, "Phone", Phone)
    Provider.used.clear()
    told: list[str] = []
    Walk(Places("http://application", "http://simulator"), ALICE, BOB, -1.0, told.append).run()
    return told


def test_it_begins_with_what_is_going_to_happen(lines):
    """Two people, one of whom never types the code: nobody should wonder why."""
    assert "Alice logs in." in lines[0]
    assert "Bob" in lines[0]
    assert "on purpose" in lines[0]


def test_each_step_names_who_takes_it(lines):
    """A newcomer reads names, not roles."""
    assert all("  Alice: " in line or "  Bob: " in line for line in lines[1:])
    assert not any("latecomer" in line for line in lines)


def test_every_refusal_and_the_login_are_told(lines):
    """These are what it is run for."""
    text = "\n".join(lines)
    for words in (
        "Alice: a wrong code is refused",
        "Alice: the right code is accepted",
        "Alice: logged in at the sample application",
        "Alice: a used code is refused",
        "Bob: an expired code is refused",
    ):
        assert words in text
