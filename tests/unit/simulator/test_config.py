"""Where a simulator may run."""

import pytest

from authsms.foundation.errors import ConfigurationError
from authsms.simulator import SimulatorConfig, TwilioAccount, WebServer, create_simulator
from authsms.simulator.config import is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_loopback_addresses_are_known(host):
    """These stay on the machine."""
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.2", "localhost.example.com", "10.0.0.1"])  # noqa: S104
def test_an_address_others_can_reach_is_refused(host):
    """Whoever reaches a simulator reads everybody's codes."""
    with pytest.raises(ConfigurationError, match="allow remote"):
        WebServer(create_simulator(), host, 0)


def test_a_remote_address_is_fine_when_somebody_says_so():
    """In a container, 0.0.0.0 is the only useful address."""
    server = WebServer(create_simulator(), "0.0.0.0", 0, allow_remote=True)  # noqa: S104

    assert server.port > 0
    server.stop()


def test_production_is_refused():
    """A simulator in production would show live codes."""
    with pytest.raises(ConfigurationError, match="production"):
        create_simulator(SimulatorConfig(environment="production"))


def test_accounts_without_secrets_get_random_ones():
    """No secret stands in the source."""
    one, other = TwilioAccount(), TwilioAccount()

    assert one.sid != other.sid
    assert one.token != other.token
