"""Requests are the octets ldap3 itself would send, and values never become a part of a filter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.operation.search import compile_filter, parse_filter
from ldap3.protocol.rfc4511 import Filter as LdapFilter
from ldap3.protocol.rfc4511 import LDAPMessage
from pyasn1.codec.ber import decoder, encoder

from authsms.identity.ldap.requests import Control, Filter, Search, bind_octets, message_octets


def from_ldap3(text):
    root = parse_filter(text, None, auto_escape=False, auto_encode=True, validator=None, check_names=False)
    return encoder.encode(compile_filter(root.elements[0]))


@pytest.mark.parametrize(
    "text",
    [
        "(uid=alice)",
        "(&(objectClass=person)(|(uid=a)(mail=b@c))(!(x=y)))",
        "(cn=a*b*c)",
        "(member:1.2.840.113556.1.4.1941:=cn=x,dc=y)",
        "(cn=*)",
        "(cn>=5)",
    ],
)
def test_a_filter_without_places_is_what_ldap3_makes_of_it(text):
    assert Filter(text).fill() == from_ldap3(text)


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=80))
def test_a_value_is_an_octet_string_whatever_it_holds(value):
    """ATK-31: the structure of the filter is fixed before anything typed is put in."""
    filled = Filter("(uid={login})").fill(login=value.encode())
    decoded, rest = decoder.decode(filled, asn1Spec=LdapFilter())

    assert not rest
    assert bytes(decoded["equalityMatch"]["assertionValue"]) == value.encode()


@pytest.mark.parametrize("value", ["*", "a)(uid=*", "x~=y", "x>=y", "\\2a", "a\0b", "{dn}", "ä"])
def test_an_escaped_value_means_the_same_to_ldap3(value):
    expected = from_ldap3(f"(uid={''.join(f'{chr(92)}{octet:02x}' for octet in value.encode())})")

    assert Filter("(uid={login})").fill(login=value.encode(), dn=b"never") == expected


@pytest.mark.parametrize("text", ["", "uid=x", "(uid=x", "(&(uid=x)", "(uid)", "()"])
def test_an_unreadable_filter_is_refused(text):
    with pytest.raises(ValueError, match="cannot be read"):
        Filter(text)


def test_a_search_is_understood_by_ldap3():
    search = Search(base="dc=x", filter=Filter("(uid={login})").fill(login=b"a*"), attributes=["uid"], size_limit=2)
    message, rest = decoder.decode(message_octets(70_000, search.octets(), search.controls()), asn1Spec=LDAPMessage())
    request = message["protocolOp"]["searchRequest"]

    assert not rest
    assert int(message["messageID"]) == 70_000
    assert (str(request["baseObject"]), int(request["sizeLimit"])) == ("dc=x", 2)
    assert [str(name) for name in request["attributes"]] == ["uid"]
    assert bytes(request["filter"]["equalityMatch"]["assertionValue"]) == b"a*"


def test_a_bind_carries_the_password_as_it_is():
    operation = bind_octets("cn=ü", "pässwörd\n" * 100)
    message, _ = decoder.decode(message_octets(1, operation, [Control("1.2.3")]), asn1Spec=LDAPMessage())

    assert bytes(message["protocolOp"]["bindRequest"]["authentication"]["simple"]) == ("pässwörd\n" * 100).encode()
    assert str(message["controls"][0]["controlType"]) == "1.2.3"
