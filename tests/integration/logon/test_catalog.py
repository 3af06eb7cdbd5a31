"""Events and chains, stored and seeded."""

import pytest

from authsms.foundation.errors import InvalidInputError, NotFoundError
from authsms.logon import catalog as rows
from authsms.logon.catalog import Catalog, Chain, Wanted
from authsms.logon.seed import LOCAL_CHAIN, seed


@pytest.fixture
def catalog(database, vault):
    """An empty catalog."""
    return Catalog(database, vault)


def test_a_new_installation_can_be_logged_in_to(catalog):
    """One event, and for each kind of repository texts first, then what helps when they do not come."""
    seed(catalog)
    event = catalog.event("web")

    assert "Web login" == event.title
    assert [
        f"{kind}-{what}"
        for what in ("sms", "totp", "hotp", "passkey", "emergency", "recovery")
        for kind in ("directory", "local")
    ] == [chain.name for chain in event.chains]
    assert "Directory password + authenticator app" == event.chains[2].title
    assert [("LDAP_PASSWORD:1", "SMS_OTP:1"), ("PASSWORD:1", "SMS_OTP:1")] == [one.methods for one in event.chains[:2]]
    assert [("LDAP_PASSWORD:1", "TOTP:1"), ("PASSWORD:1", "TOTP:1")] == [one.methods for one in event.chains[2:4]]
    assert ["HOTP:1", "FIDO2:1", "EMERG_PASSWORD:1", "RECOVERY_CODE:1"] == [
        one.methods[1] for one in event.chains[4::2]
    ]


def test_seeding_again_leaves_what_an_administrator_made(catalog):
    """It runs at every start."""
    seed(catalog)
    catalog.save_event("web", "Intranet", ["directory-sms"])
    seed(catalog)

    assert catalog.event("web").title == "Intranet"
    assert 1 == len(catalog.event("web").chains)


def test_an_installation_from_before_the_portal_gets_its_events(catalog):
    """An update brings what is new, and leaves the rest."""
    catalog.save_chain(LOCAL_CHAIN)
    catalog.save_event("web", "Intranet", [LOCAL_CHAIN.name])
    seed(catalog)

    assert ["admin", "admin-setup", "web"] == [event.name for event in catalog.events()]
    assert [LOCAL_CHAIN.name] == [chain.name for chain in catalog.event("web").chains]
    assert all(len(chain.methods) == 2 for chain in catalog.event("admin").chains)


def test_what_is_changed_while_it_is_read_is_seen_before_or_after(catalog, monkeypatch: pytest.MonkeyPatch):
    """Half and half, what was enough for a few would be enough for everybody: old methods with new groups."""
    few, everybody = Chain("c", "C", ("A:1",), frozenset({"few"})), Chain("c", "C", ("A:1", "B:1"))
    catalog.save_chain(few)
    catalog.save_event("e", "Event", ["c"])
    read_chains = rows.read_chains

    def interrupted(session):
        chains = read_chains(session)
        catalog.save_all([everybody, Chain("new", "New", ("A:1",))], [Wanted("e", "Event", ("c", "new"))])
        return chains

    with monkeypatch.context() as patch:
        patch.setattr(rows, "read_chains", interrupted)
        patch.setattr(catalog, "forget", lambda: None)  # another process changes them
        seen = catalog.event("e").chains
    catalog.forget()

    assert (few,) == seen
    assert [("c", everybody.methods), ("new", ("A:1",))] == [
        (chain.name, chain.methods) for chain in catalog.event("e").chains
    ]


def test_a_chain_is_replaced_as_a_whole(catalog):
    """Order, methods and groups."""
    catalog.save_chain(Chain("c", "One", ("A:1", "B:1"), frozenset({"x", "y"})))
    catalog.save_event("e", "Event", ["c"])
    catalog.save_chain(Chain("c", "Two", ("B:1",), frozenset({"z"})))

    assert (Chain("c", "Two", ("B:1",), frozenset({"z"})),) == catalog.event("e").chains


def test_chains_keep_their_rank(catalog):
    """The first one that fits is taken."""
    for name in ("a", "b", "c"):
        catalog.save_chain(Chain(name, name, ("A:1",)))
    catalog.save_event("e", "Event", ["c", "a", "b"])

    assert ["c", "a", "b"] == [chain.name for chain in catalog.event("e").chains]


@pytest.mark.parametrize("chain", [Chain("", "t", ("A:1",)), Chain("c", "t", ()), Chain("c", "t", ("A:1", "A:1"))])
def test_a_chain_needs_a_name_and_different_methods(catalog, chain):
    """A method that is asked twice proves nothing more."""
    with pytest.raises(InvalidInputError):
        catalog.save_chain(chain)


def test_an_event_needs_chains_that_exist(catalog):
    """Else nobody could ever log in."""
    with pytest.raises(InvalidInputError):
        catalog.save_event("e", "Event", [])
    with pytest.raises(NotFoundError):
        catalog.save_event("e", "Event", ["nothing"])


def test_several_are_stored_together_or_not_at_all(catalog):
    """A start that breaks off leaves nothing that the next one would take for an administrator's work."""
    with pytest.raises(NotFoundError):
        catalog.save_all([Chain("c", "One", ("A:1",))], [Wanted("e", "Event", ("c",)), Wanted("f", "F", ("nothing",))])

    assert [] == catalog.events()
    with pytest.raises(NotFoundError):
        catalog.save_event("e", "Event", ["c"])


@pytest.mark.usefixtures("rare_looks")
def test_another_process_sees_a_change_soon(catalog, database, vault, monkeypatch):
    """What was read is used for a few seconds."""
    seed(catalog)
    other = Catalog(database, vault)
    other.event("web")
    catalog.save_event("web", "Intranet", ["directory-sms"])

    assert "Web login" == other.event("web").title
    monkeypatch.setattr("authsms.logon.catalog._FRESH_SECONDS", 0.0)
    assert "Intranet" == other.event("web").title
