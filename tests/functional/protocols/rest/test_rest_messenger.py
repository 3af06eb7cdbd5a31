"""The client that has people texted, against a whole server on a socket."""

import re
import textwrap
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
import requests
from werkzeug.serving import make_server

from authsms import client as module
from authsms.client import Messenger, OverError, RefusedError, TryLaterError
from authsms.foundation.db import Database
from authsms.messaging.offers_answers import Asked, OfferAnswers
from authsms.messaging.offers_rules import ReplyWay
from authsms.messaging.replies import Answer
from tests.functional.portals.admin.office import Office, open_office
from tests.functional.protocols.rest.roster import Roster, agree, open_roster
from tests.parts.processes import HOST, free_port


@pytest.fixture
def office(instance, sqlite_database_url: str, clock) -> Iterator[Office]:
    """A whole installation that answers on a socket."""
    database, port = Database(sqlite_database_url), free_port()
    with open_office(instance, database, clock, home=f"http://{HOST}:{port}") as opened:
        server = make_server(HOST, port, opened.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield opened
        server.shutdown()
        thread.join()
        server.server_close()
    database.dispose()


@pytest.fixture
def roster(office: Office) -> Roster:
    """A program that may do all of it."""
    return open_roster(office)


def messenger_of(office: Office, roster: Roster, secret: str = "") -> Messenger:
    """Return a client that obeys no proxy of this machine."""
    http = requests.Session()
    http.trust_env = False
    return Messenger(office.home, roster.endpoint.id, secret or roster.secret, http=http)


def test_the_examples_work(office, roster, capsys, monkeypatch):
    """A developer copies them, and puts in what his administrator told him."""
    _, *examples = re.findall(r"::\n\n((?:    .*\n|\n)+)", module.__doc__ or "")
    monkeypatch.setenv("NO_PROXY", "*")
    agree(office)
    office.person("bob")
    for example in examples:
        code = textwrap.dedent(example).replace("https://login.example.com", office.home)
        code = code.replace("the client id", roster.endpoint.id).replace("the client secret", roster.secret)
        exec(compile(code, "client.py", "exec"), {})  # noqa: S102 - our own example

    said = capsys.readouterr().out
    assert "1 queued, nothing for {'no_contact': 1}" in said
    assert "LOCAL\\alice queued" in said
    assert "1 are asked, not {'no_contact': 1}" in said


def test_all_of_it_by_the_client(office, roster, clock):
    """And tokens are got again when they are over."""
    agree(office)
    with messenger_of(office, roster) as messenger:
        messenger.send("shift", {"en": "Your shift begins at 6."}, ["alice"])
        began = messenger.state("shift")
        messenger.cancel("shift")
        clock.advance(timedelta(hours=2))
        ended = messenger.state("shift")
        made = messenger.add_contact("alice", "+491715550199", "home")
        messenger.remove_contact(made.id)
        kept = messenger.contacts("alice")
        with pytest.raises(OverError):
            messenger.remove_contact(made.id)
        with pytest.raises(RefusedError):
            messenger.add_contact("alice", "12")

    assert (began.state, began.people, began.counts) == ("sending", 1, {"queued": 1})
    assert ended.state == "cancelled"
    assert [(one.kind, one.state) for one in kept] == [("mobile", "verified")]


def answer(office: Office, number: int, keys: Sequence[str]) -> None:
    """Let all of them say yes, but the last one no."""
    answers = OfferAnswers(office.services.clock, office.services.audit, office.services.outbox)
    for key in keys:
        said = Answer.NO if key == keys[-1] else Answer.YES
        with office.services.database.write() as session:
            answers.take(session, Asked(number, key), said, ReplyWay.LINK)


def test_people_are_asked_by_the_client(office, roster):
    """Two say yes and one no; the one who is chosen has a place, and nothing is answered twice."""
    keys = [agree(office, login) for login in ("alice", "bob", "carl")]
    texts = {"en": "{host}: early shift? Answer {number} Y or {number} N. STOP ends texts."}
    names = ["alice", "bob", "carl", "nobody"]
    with messenger_of(office, roster) as messenger:
        offers = messenger.offers
        preview = offers.preview("early", texts, names, mode="choose")
        made = offers.make("early", texts, names, mode="choose")
        answer(office, made.number, keys)
        said = list(offers.answers("early"))
        chosen = offers.choose("early", ["bob"])
        since = list(offers.answers("early", after=said[-1].change))
        with pytest.raises(RefusedError):
            offers.close("early")
        offers.cancel("early")
        ended = offers.state("early")
        with pytest.raises(OverError):
            offers.state("late")
        known = [one.name for one in offers.all()]

    assert (3, ("nobody",), 3, ()) == (preview.people, preview.unknown, preview.segments, preview.warnings)
    assert (made.people, made.unknown) == (3, ("nobody",))
    assert [one.state for one in said] == ["willing", "willing", "declined"]
    assert (chosen.state, chosen.places_left) == ("filled", 0)
    assert [(one.user_name, one.state) for one in since] == [("LOCAL\\bob", "won"), ("LOCAL\\alice", "lost")]
    assert (ended.state, known) == ("cancelled", ["early"])


def test_errors_hold_no_secret(office, roster):
    """A wrong secret is refused where tokens are given; a server that is away decides nothing."""
    with messenger_of(office, roster, "a-wrong-secret") as wrong, pytest.raises(RefusedError) as refused:
        wrong.contacts("alice")
    with pytest.raises(TryLaterError) as silent:
        Messenger("http://127.0.0.1:9", "id", roster.secret).contacts("alice")

    assert 401 == refused.value.status
    for error in (refused, silent):
        assert not [word for word in ("a-wrong-secret", roster.secret) if word in f"{error.value!r} {error.value}"]
