"""The gate in front of everything."""

from authsms.protocols.floods import FloodGate


def test_each_address_has_its_own_count_and_every_minute_begins_anew():
    """Nobody pays for somebody else's flood, nor for long."""
    now = [30.0]
    gate = FloodGate(2, lambda: now[0])

    assert [gate.admits("a") for _ in range(3)] == [True, True, False]
    assert gate.admits("b")
    now[0] += 60
    assert gate.admits("a")


def test_millions_of_addresses_do_not_fill_the_memory():
    """IPv6 has enough of them."""
    gate = FloodGate(1, lambda: 0.0)
    for number in range(250_000):
        gate.admits(str(number))

    assert len(gate._counts) <= 100_001


def test_zero_admits_everything():
    """For those who have a gate elsewhere."""
    gate = FloodGate(0)

    assert all(gate.admits("a") for _ in range(1000))
