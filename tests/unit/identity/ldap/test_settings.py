"""Settings of a directory are checked before anything is connected."""

import pytest

from authsms.foundation.errors import ConfigurationError
from authsms.identity.ldap.settings import GroupSource, IdForm, LdapSettings, ServerAddress

GOOD = {"servers": ["ldaps://one.example.test", "ldaps://[::1]:1636"], "base": "dc=example,dc=test"}


def refused(**settings):
    with pytest.raises(ConfigurationError) as caught:
        LdapSettings.read({**GOOD, **settings})
    return str(caught.value)


def test_servers_keep_their_order_and_get_their_ports():
    assert LdapSettings.read(GOOD).addresses() == (
        ServerAddress("one.example.test", 636, tls_at_once=True),
        ServerAddress("::1", 1636, tls_at_once=True),
    )


def test_plain_ldap_needs_a_word():
    """N-24, A-20: passwords do not travel unprotected unless somebody says so aloud."""
    servers = ["ldaps://one.example.test", "ldap://two.example.test"]

    assert "allow_plaintext" in refused(servers=servers)
    assert LdapSettings.read({**GOOD, "servers": servers, "start_tls": True}).start_tls
    assert LdapSettings.read({**GOOD, "servers": servers, "allow_plaintext": True}).allow_plaintext


def test_an_unknown_key_is_refused_by_name():
    assert "Unknown setting person_filtre: check the spelling" in refused(person_filtre="(uid={login})")


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"servers": []}, "servers"),
        ({"servers": ["http://x"]}, "ldaps://host:port"),
        ({"servers": ["ldaps://user:pw@x"]}, "ldaps://host:port"),
        ({"servers": ["ldaps://x:99999"]}, "ldaps://host:port"),
        ({"servers": ["ldaps://x/dc=y"]}, "ldaps://host:port"),
        ({"person_filter": "(uid=alice)"}, "{login}"),
        ({"person_filter": "(uid={name})"}, "{login} and {dn} only"),
        ({"person_filter": "(uid={login}"}, "cannot be read"),
        ({"group_filter": "member={dn}"}, "cannot be read"),
        ({"ca_file": "/nowhere/ca.pem"}, "no such file"),
        ({"preset": "novell"}, "preset"),
        ({"receive_timeout_seconds": 0}, "receive_timeout_seconds"),
        ({"connections": 1000}, "connections"),
        ({"default_region": "Germany"}, "default_region"),
    ],
)
def test_what_cannot_work_is_refused_with_a_reason(settings, word):
    assert word in refused(**settings)


def test_a_refusal_does_not_repeat_values():
    assert "hunter2" not in refused(servers=["ldaps://admin:hunter2@x"])


def test_the_preset_of_active_directory_fills_what_is_left_out():
    settings = LdapSettings.read({**GOOD, "preset": "active_directory", "person_filter": "(mail={login})"})

    assert settings.id_attribute == "objectGUID"
    assert settings.id_form is IdForm.GUID
    assert settings.groups is GroupSource.SEARCH
    assert "1.2.840.113556.1.4.1941" in settings.group_filter
    assert settings.person_filter == "(mail={login})"


def test_trust_changes_with_host_port_scheme_and_certificates_only(tmp_path):
    """ATK: a stored secret must not follow a changed address."""
    ca_file = tmp_path / "ca.pem"
    ca_file.touch()
    trust = LdapSettings.read(GOOD).trust()

    assert LdapSettings.read({**GOOD, "base": "dc=other", "connections": 2}).trust() == trust
    for change in (
        {"servers": ["ldaps://one.example.test"]},
        {"servers": ["ldaps://one.example.test:1636", "ldaps://[::1]:1636"]},
        {"servers": ["ldap://one.example.test", "ldaps://[::1]:1636"], "start_tls": True},
        {"ca_file": str(ca_file)},
    ):
        assert LdapSettings.read({**GOOD, **change}).trust() != trust
