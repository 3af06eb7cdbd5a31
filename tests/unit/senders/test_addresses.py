"""Which addresses may be called."""

import ipaddress

import pytest

from authsms.foundation.errors import ConfigurationError
from authsms.senders.addresses import AllowList, Destination, is_public

REFUSED = [
    "0.0.0.0",  # noqa: S104 - a destination here
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]
PUBLIC = ["93.184.215.14", "8.8.8.8", "2606:4700::1", "2a00:1450:4001::1", "64:ff9b::808:808", "::ffff:8.8.8.8"]


def _at(address: str, *, scheme: str = "https", host: str = "gateway.example", port: int = 443) -> Destination:
    return Destination(scheme, host, port, ipaddress.ip_address(address))


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_is_not_public_is_refused(address):
    """Private, shared, link-local, loopback, reserved, and each of them wrapped in another one."""
    assert not is_public(ipaddress.ip_address(address))
    assert not AllowList().permits(_at(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_called_by_https_on_its_port_only(address):
    """Anything else is not how a provider is reached, but how a network is scanned."""
    assert AllowList().permits(_at(address))
    assert not AllowList().permits(_at(address, port=8443))
    assert not AllowList().permits(_at(address, scheme="http", port=80))
    assert not AllowList().permits(_at(address, scheme="http", port=443))


@pytest.mark.parametrize(
    "entry", ["10.1.2.3", "10.1.0.0/16", "gateway.internal", "gateway.internal:8080", "GATEWAY.internal."]
)
def test_a_listed_gateway_may_be_called_by_http(entry):
    """A modem in the rack is a legitimate gateway."""
    assert AllowList.parse([entry]).permits(_at("10.1.2.3", scheme="http", host="gateway.internal", port=8080))


@pytest.mark.parametrize("entry", ["10.2.0.0/16", "other.internal", "gateway.internal:8081", "internal"])
def test_another_entry_does_not_help(entry):
    """Names are compared as a whole, ports exactly."""
    assert not AllowList.parse([entry]).permits(_at("10.1.2.3", host="gateway.internal", port=8080))


@pytest.mark.parametrize("address", ["::ffff:10.1.2.3", "64:ff9b::a01:203"])
def test_a_listed_network_is_found_inside_a_wrapped_address(address):
    """A network with NAT64 reaches its gateway, too."""
    assert AllowList.parse(["10.1.0.0/16"]).permits(_at(address))


def test_a_listed_network_of_the_other_family_is_passed_over():
    """IPv4 and IPv6 stand in one list."""
    allowed = AllowList.parse(["fd00::/8", "10.0.0.0/8", "[fd00::1]"])

    assert allowed.permits(_at("10.0.0.1"))
    assert allowed.permits(_at("fd00::1"))
    assert not allowed.permits(_at("192.168.0.1"))


@pytest.mark.parametrize("entry", ["", "http://gateway.internal", "a/b", "user@host", "host:99999", "a?b"])
def test_an_entry_nobody_understands_is_a_configuration_error(entry):
    """A typing error must not silently list nothing."""
    with pytest.raises(ConfigurationError, match=r"network\.allowed"):
        AllowList.parse([entry])
