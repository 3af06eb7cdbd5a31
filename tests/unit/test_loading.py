"""What is compiled when it is first called does what it would have done otherwise."""

import dataclasses
from dataclasses import FrozenInstanceError, dataclass

import pytest

from authsms.cli.loading import compile_later


def _value_classes():
    @dataclass(frozen=True, slots=True)
    class Stamp:
        price: int
        country: str = "de"

    @dataclass(order=True, slots=True)
    class Parcel:
        weight: int
        stamps: list[Stamp] = dataclasses.field(default_factory=list, compare=False)

    return Stamp, Parcel


@pytest.fixture
def value_classes():
    with compile_later():
        return _value_classes()


def test_values_are_compared_and_shown_as_ever(value_classes):
    """As keys, in sets, in order, and in what developers print."""
    stamp, parcel = value_classes

    assert stamp(85) == stamp(85, "de") != stamp(85, "at")
    assert {stamp(85), stamp(85), stamp(95)} == {stamp(85), stamp(95)}
    assert parcel(1, [stamp(85)]) == parcel(1) < parcel(2)
    assert repr(parcel(1, [stamp(85)])) == repr(_value_classes()[1](1, [_value_classes()[0](85)]))


def test_values_cannot_be_changed(value_classes):
    """A frozen value stays frozen."""
    stamp = value_classes[0](85)

    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'price'"):
        stamp.price = 95
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'price'"):
        del stamp.price
    assert 85 == stamp.price


@pytest.mark.skipif(not hasattr(dataclasses, "_create_fn"), reason="this Python compiles a class at once")
def test_what_nobody_calls_is_not_compiled(monkeypatch):
    """Most processes compare and show few of the values they know; afterwards everything is as before."""
    compiled = []

    def compile_now(name, *arguments, **scope):
        compiled.append(name)
        return original(name, *arguments, **scope)

    original = vars(dataclasses)["_create_fn"]
    monkeypatch.setattr(dataclasses, "_create_fn", compile_now)
    with compile_later():
        stamp, _ = _value_classes()
    before = list(compiled)
    first, second = stamp(85) == stamp(85), stamp(85) == stamp(95)

    assert (["__init__", "__init__"], ["__eq__"]) == (before, compiled[2:])
    assert (True, False) == (first, second)
    assert vars(dataclasses)["_create_fn"] is compile_now
