"""Who may ask by RADIUS, on both databases."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from authsms.audit import Author
from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from authsms.logon.arrangement import Arrangement, fingerprint
from authsms.logon.catalog import Wanted
from authsms.logon.models import RadiusClientRow
from authsms.logon.radius_clients import RadiusClients
from authsms.logon.radius_profile import Grant, GroupAttribute, RadiusDraft, RadiusProfile

OWN = "a-secret-of-enough-characters"


@pytest.fixture
def clients(house):
    return RadiusClients(house.database, house.vault, house.clock, house.audit)


def test_a_client_is_kept_as_it_was_added(house, clients):
    """Its secret is drawn, long, and sealed where it is kept (B-07)."""
    attributes = (GroupAttribute(Grant.CLASS, "Staff", "a"), GroupAttribute(Grant.FILTER_ID, "*", "b"))
    profile = RadiusProfile(False, False, "#", "de", attributes)
    made, secret = clients.add("VPN", "192.0.2.0/28", event="web", profile=profile)

    assert [made] == clients.list()
    assert made.profile == profile
    assert [secret.encode()] == [known.secret for known in clients.known()]
    assert len(secret) >= 32
    assert secret not in house.dump()
    assert "endpoint.created" in house.tags()


def test_a_weak_secret_is_refused(clients):
    """B-07: MD5 guards it, and whoever hears one packet can try secrets at home."""
    clients.add("VPN", "192.0.2.1", event="web")

    for secret in ("x", "fifteen-letters", " " * 16, "sixteen letters and a space", "ünsicheres-geheimnis", "x" * 129):
        with pytest.raises(InvalidInputError):
            clients.add("Other", "192.0.2.2", event="web", secret=secret)
        with pytest.raises(InvalidInputError):
            clients.renew("VPN", secret=secret)


def test_what_is_no_network_is_refused(clients):
    """A host within a network where a network is meant is a slip that would let others in."""
    for network in ("", "vpn.example.com", "192.0.2.1/24", "2001:db8::1/64", "192.0.2.0/33"):
        with pytest.raises(InvalidInputError):
            clients.add("VPN", network, event="web")


def test_a_profile_that_cannot_work_is_refused(clients):
    """Better now than in the answer to somebody who logs in."""
    attributes = [("", "a"), ("*", ""), ("*", "ü" * 127), ("*", "a\nb")]
    profiles = [RadiusProfile(attributes=(GroupAttribute(Grant.CLASS, *one),)) for one in attributes]
    profiles += [RadiusProfile(attributes=(GroupAttribute(Grant.CLASS, "*", "a"),) * 51)]
    profiles += [RadiusProfile(separator=mark) for mark in ("##", "@", "a")]

    for profile in profiles:
        with pytest.raises(InvalidInputError):
            clients.add("VPN", "192.0.2.1", event="web", profile=profile)


def test_only_events_for_everybody_are_taken(house, clients):
    """The portal's own are guarded by more than a chain, and a list of endpoints holds no RADIUS clients."""
    house.catalog.save_event("listed", "Listed", ["directory-sms"], ["an-endpoint"])

    for event in ("admin", "admin-setup", "listed"):
        with pytest.raises(InvalidInputError):
            clients.add("VPN", "192.0.2.1", event=event)
    with pytest.raises(NotFoundError):
        clients.add("VPN", "192.0.2.1", event="none")


def test_names_and_networks_are_taken_once(clients):
    """Two clients in one network could not be told apart."""
    clients.add("VPN", "192.0.2.0/28", event="web")

    for name, network in (("VPN", "192.0.2.0/24"), ("Other", "192.0.2.0/28")):
        with pytest.raises(ConflictError):
            clients.add(name, network, event="web")


def test_the_most_specific_network_comes_first(clients):
    """The door takes the first that holds an address."""
    for prefix in (24, 32, 28):
        clients.add(f"of {prefix}", f"192.0.2.0/{prefix}", event="web")

    assert ["of 32", "of 28", "of 24"] == [known.client.name for known in clients.known()]


def test_a_new_secret_replaces_the_old_one(house, clients):
    """A device that was stolen is shut out."""
    _, old = clients.add("VPN", "192.0.2.1", event="web")
    new = clients.renew("VPN")
    own = clients.renew("VPN", secret=OWN)

    assert len({old, new, own}) == 3
    assert [OWN.encode()] == [known.secret for known in clients.known()]
    assert 2 == house.tags().count("endpoint.renewed")


def test_a_removed_client_is_gone(house, clients):
    """And cannot be renewed or removed again."""
    clients.add("VPN", "192.0.2.1", event="web")
    clients.remove("VPN")

    assert [] == clients.list()
    for act in (clients.remove, clients.renew):
        with pytest.raises(NotFoundError):
            act("VPN")


def test_a_secret_that_was_moved_shuts_out_its_client_only(house, clients):
    """ATK-56: sealed for one row, it opens in no other."""
    clients.add("VPN", "192.0.2.1", event="web")
    clients.add("SSH", "192.0.2.2", event="web")
    with house.database.write() as session:
        session.execute(update(RadiusClientRow).where(RadiusClientRow.name == "VPN").values(secret=b"\0" * 60))

    assert ["SSH"] == [known.client.name for known in clients.known()]


def test_a_client_is_changed_but_not_over_somebody_elses_change(house, clients):
    """Its secret stays; what is stored is what was looked at, or nothing is."""
    made, _ = clients.add("VPN", "192.0.2.1", event="web", secret=OWN)
    draft = RadiusDraft("Office", "192.0.2.0/28", "web", RadiusProfile(must_sign=False, separator="#"))
    clients.change(made.id, draft, made.fingerprint)
    changed = clients.find(made.id)

    assert ("Office", "192.0.2.0/28", draft.profile) == (changed.name, str(changed.network), changed.profile)
    assert [OWN.encode()] == [known.secret for known in clients.known()]
    assert "endpoint.changed" in house.tags()
    with pytest.raises(ConflictError):
        clients.change(made.id, draft, made.fingerprint)


def test_a_change_is_held_to_the_same_rules(clients):
    """Whatever could not be added cannot come in by a change."""
    clients.add("Other", "192.0.2.2", event="web")
    made, _ = clients.add("VPN", "192.0.2.1", event="web")
    good = RadiusDraft("VPN", "192.0.2.1", "web")
    wrong = [
        (InvalidInputError, replace(good, name=" ")),
        (InvalidInputError, replace(good, network="192.0.2.1/24")),
        (InvalidInputError, replace(good, event="admin")),
        (InvalidInputError, replace(good, profile=RadiusProfile(separator="@"))),
        (InvalidInputError, replace(good, profile=RadiusProfile(locale="tlh"))),
        (NotFoundError, replace(good, event="none")),
        (ConflictError, replace(good, name="Other")),
        (ConflictError, replace(good, network="192.0.2.2")),
    ]

    for kind, draft in wrong:
        with pytest.raises(kind):
            clients.change(made.id, draft, made.fingerprint)
    with pytest.raises(NotFoundError):
        clients.change("nobody", good, "")
    assert made == clients.find(made.id)


def test_an_event_that_a_client_uses_stays(house, clients):
    """Otherwise nobody could log in by that device any more, and only its log would say why."""
    house.catalog.save_event("vpn", "VPN", ["directory-sms"])
    clients.add("Office VPN", "192.0.2.1", event="vpn")
    arrangement = Arrangement(house.database, house.vault, house.audit, house.catalog, house.endpoints)

    with pytest.raises(InvalidInputError, match="Office VPN"):
        arrangement.remove_event("vpn", Author())
    clients.remove("Office VPN")
    arrangement.remove_event("vpn", Author())


def test_an_event_that_a_client_uses_gets_no_list_of_endpoints(house, clients):
    """No RADIUS client can be on it, so none could log anybody in any more."""
    house.catalog.save_event("vpn", "VPN", ["directory-sms"])
    clients.add("Office VPN", "192.0.2.1", event="vpn")
    made, _ = house.endpoints.create("shop", event="vpn")
    arrangement = Arrangement(house.database, house.vault, house.audit, house.catalog, house.endpoints)
    wanted, seen = Wanted("vpn", "VPN", ("directory-sms",), (made.id,)), fingerprint(arrangement.read().events["vpn"])

    with pytest.raises(InvalidInputError, match="Office VPN"):
        arrangement.save_event(wanted, seen, Author(), lambda _before, _after: None)
    clients.remove("Office VPN")
    arrangement.save_event(wanted, seen, Author(), lambda _before, _after: None)
    assert arrangement.read().events["vpn"].endpoints == {made.id}
