"""The pages of one's own passkeys, and of the login that asks for one: without JavaScript, and forms by hand."""

import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from authsms.audit import AuditTag
from authsms.foundation.db import Database, sqlite_url
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import PASSWORD, Office, open_office
from tests.functional.portals.own.owner import METHODS, STALE, Owner, owner
from tests.integration.logon.authenticator import Authenticator

HOME = "http://localhost:8080"
NEW = "/account/methods/passkeys/new"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Office]:
    """An installation that has a name: browsers make no passkeys for an address."""
    folder = tmp_path_factory.mktemp("passkeys")
    database = Database(sqlite_url(Path(shutil.copy(_sqlite_template, folder / "authsms.db"))))
    with open_office(folder, database, ManualClock(), home=HOME) as opened:
        yield opened
    database.dispose()


def options(page: str) -> str:
    """Return what a page asks the browser for."""
    found = re.search(r'data-options="([^"]+)"', page)
    assert found is not None
    return unescape(found[1])


def state(page: str) -> str:
    """Return what has to come back with the key."""
    found = re.search(r'name="state" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def add(alice: Owner, name: str = "Laptop") -> Authenticator:
    """Add a key by the form of the page."""
    device = Authenticator(origin=HOME, rp_id="localhost")
    page = alice.get(NEW).text
    alice.post(NEW, NEW, state=state(page), credential=device.create(options(page)), name=name)
    return device


def change(alice: Owner) -> str:
    """Return the address of the page of the first key."""
    found = re.search(r'href="(/account/methods/passkeys/[0-9a-f-]+)"', alice.get(METHODS).text)
    assert found is not None
    return found[1]


def test_a_key_is_added_used_renamed_and_removed(alice: Owner):
    """From the page to the next login and back, by forms as the script fills them in."""
    device = add(alice)
    added = alice.told()
    visitor = alice.office.visitor()
    begun = visitor.post(
        "/login/web",
        {"user_name": f"LOCAL\\{alice.person.login}", "password": PASSWORD},
        token=visitor.token("/login/web"),
    )
    visitor.post(f"{begun.location}/another-way", {"chain": "local-passkey"}, token=visitor.token(begun.location))
    page = visitor.get(begun.location).text
    brought = device.get(options(page))
    done = visitor.post(begun.location, {"credential": brought}, token=visitor.token(begun.location))
    address = change(alice)
    alice.post(address, address, name="Old laptop")
    renamed = alice.get(METHODS).text
    alice.post(address, address, remove="yes")

    assert added == "Your passkey is added. From now on you can sign in with it."
    assert "Passkeys need JavaScript" in page
    assert done.location == "/signed-in"
    assert "Old laptop" in renamed
    assert alice.told().startswith("The passkey no longer works here")
    assert {AuditTag.PASSKEY_ADDED, AuditTag.PASSKEY_RENAMED, AuditTag.PASSKEY_REMOVED} <= set(alice.tags())


def test_without_the_script_nothing_is_added(alice: Owner):
    """The button is hidden then; whoever sends the form all the same is told, and the page stays."""
    page = alice.get(NEW).text
    answer = alice.post(NEW, NEW, state=state(page), credential="", name="x")

    assert "Passkeys need JavaScript" in page
    assert answer.location == NEW
    assert alice.told(NEW).startswith("Your browser has not made a passkey")


@pytest.mark.parametrize(
    "form", [{}, {"state": "x"}, {"state": "x" * 5000, "credential": "y"}], ids=["bare", "x", "long"]
)
def test_a_form_that_no_page_has_made_adds_nothing(alice: Owner, form: dict[str, str]):
    """Whatever it holds, the answer is a page."""
    answer = alice.post(NEW, NEW, **form)

    assert answer.location == NEW
    assert alice.told(NEW) == "That took too long. Please try again."


def test_the_pages_ask_for_a_fresh_sign_in(alice: Owner, clock: ManualClock):
    """And lead back to where somebody wanted to go."""
    add(alice)
    address = change(alice)
    clock.advance(STALE)
    asked = [alice.get(NEW), alice.get(address), alice.post(address, name="x"), alice.post(address, remove="yes")]

    assert {"/login/web"} == {answer.location.partition("?")[0] for answer in asked}
    assert "Laptop" in alice.get(METHODS).text


def test_a_key_of_somebody_else_is_not_shown_or_removed(office: Office, alice: Owner, clock: ManualClock):
    """By its address neither."""
    add(alice)
    address = change(alice)
    mallory = owner(office, clock)
    looked, removed = mallory.get(address), mallory.post(address, remove="yes")

    assert {METHODS} == {looked.location, removed.location}
    assert "Laptop" in alice.get(METHODS).text


def test_names_are_shown_as_text(alice: Owner):
    """Whatever somebody calls a key."""
    add(alice, "<script>alert(1)</script>")

    assert "<script>alert" not in alice.get(METHODS).text
    assert "&lt;script&gt;alert" in alice.get(METHODS).text


@pytest.mark.parametrize(
    "address", ["/login/web?c=%00", "/logon/%00", "/o/%00", "/account/methods/passkeys/%00", "/admin/offers/%00"]
)
def test_an_address_that_no_database_can_look_up_is_refused(office: Office, address: str):
    """PostgreSQL takes no such character, not even in a question."""
    answer = office.visitor().get(address)

    assert answer.status_code == 404
    assert "There is nothing here any more" in answer.text
