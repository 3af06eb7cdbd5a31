"""What tests need again and again and may share within a process, because making it is dear."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from typing_extensions import override

_KEYS = 6
"""More than one test makes."""


class _Templates(BytecodeCache):
    """Compiled templates, for every application of this process."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    @override
    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key + bucket.checksum in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key + bucket.checksum])

    @override
    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key + bucket.checksum] = bucket.bytecode_to_string()


class _RsaKeys:
    """Real keys, handed out in turn."""

    def __init__(self) -> None:
        self._made: dict[int, Iterator[RSAPrivateKey]] = {}

    def __call__(self, public_exponent: int, key_size: int) -> RSAPrivateKey:
        if key_size not in self._made:
            self._made[key_size] = cycle([generate_private_key(public_exponent, key_size) for _ in range(_KEYS)])
        return next(self._made[key_size])


@contextmanager
def share_what_is_dear() -> Iterator[None]:
    """Compile each template once, and draw signing keys from a small stock."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {**Flask.jinja_options, "bytecode_cache": _Templates()})
        patch.setattr("joserfc._rfc7518.rsa_key.generate_private_key", _RsaKeys())
        yield
