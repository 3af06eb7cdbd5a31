"""Groups that entries list themselves."""

import pytest

from authsms.foundation.errors import DirectoryUnavailableError
from authsms.identity.ldap.answers import Entry
from authsms.identity.ldap.groups import member_of
from authsms.identity.ldap.settings import LdapSettings


def settings(**more):
    return LdapSettings.read(
        {"servers": ["ldaps://x"], "base": "dc=x", "group_base": "ou=Groups, dc=x", "groups": "member-of", **more}
    )


def entry(*dns, name="memberof"):
    return Entry("uid=a,dc=x", {name: tuple(dn.encode() for dn in dns)})


def test_only_groups_below_the_base_count():
    """Whoever may make groups elsewhere must not be able to make "administrators"."""
    found = member_of(entry("cn=vpn,ou=groups,dc=x", "cn=vpn2,ou=mine,dc=x", "cn=x", "nonsense", ""), settings())

    assert found == {"vpn"}


def test_escaped_names_are_read():
    found = member_of(entry("cn=Sales\\, North,ou=groups,dc=x", "cn=M\\c3\\bcller,OU=Groups,DC=X"), settings())

    assert found == {"Sales, North", "Müller"}


def test_groups_can_be_compared_by_dn():
    assert member_of(entry("cn=vpn,ou=groups,dc=x"), settings(group_names="dn")) == {"cn=vpn,ou=groups,dc=x"}


def test_a_part_of_the_groups_is_not_taken_for_all():
    with pytest.raises(DirectoryUnavailableError):
        member_of(entry("cn=vpn,ou=groups,dc=x", name="memberof;range=0-1499"), settings())
