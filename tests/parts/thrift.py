"""What tests need again and again and may share within a process, because making it is dear.

Applications are made for each test, and most of what that took was the same each time: addresses, templates and SQL
were compiled, keys were drawn and checked, plugins were looked for in every package, and SQLite and the file of keys
waited for the disk.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import cycle
from types import MethodType
from typing import Any

import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Connection, Dialect, Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.sql.compiler import Compiled
from sqlalchemy.util import LRUCache
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.typing import Processor
from typing_extensions import override
from werkzeug.routing import Rule

from authsms import engine, wiring
from authsms.foundation import engines
from authsms.plugin_api import CodeMethod, SenderService
from authsms.plugins import load_methods, load_plugins
from tests.parts.connections import KeptConnections
from tests.parts.seeding import seed

_KEYS = 6
"""More than one test makes."""

_STATEMENTS = 3000
_FACTS = (bool, str, tuple)
"""What a dialect keeps of what a server has said about itself."""


class _Templates(BytecodeCache):
    """Compiled templates, for every application of this process; the same one is another in another language."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    @override
    def load_bytecode(self, bucket: Bucket) -> None:
        if self._key(bucket) in self._compiled:
            bucket.bytecode_from_string(self._compiled[self._key(bucket)])

    @override
    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[self._key(bucket)] = bucket.bytecode_to_string()

    @staticmethod
    def _key(bucket: Bucket) -> str:
        return bucket.key + bucket.checksum + getattr(bucket.environment, "tag", "")


class _RsaKeys:
    """Real keys, handed out in turn."""

    def __init__(self) -> None:
        self._made: dict[int, Iterator[RSAPrivateKey]] = {}

    def __call__(self, public_exponent: int, key_size: int) -> RSAPrivateKey:
        if key_size not in self._made:
            self._made[key_size] = cycle([generate_private_key(public_exponent, key_size) for _ in range(_KEYS)])
        return next(self._made[key_size])


class _Statements:
    """Compiled statements of every engine of this process, by the kind of database."""

    def __init__(self) -> None:
        self._compiled: LRUCache[tuple[Any, ...], Compiled] = LRUCache(_STATEMENTS)

    def get(self, key: tuple[Any, ...]) -> Compiled | None:
        """Return a compiled statement; SQLAlchemy's key begins with the engine's own dialect."""
        return self._compiled.get(self._key(*key))

    def __setitem__(self, key: tuple[Any, ...], compiled: Compiled) -> None:
        self._compiled[self._key(*key)] = compiled

    @staticmethod
    def _key(dialect: Dialect, *rest: Any) -> tuple[Any, ...]:
        return (dialect.name, dialect.driver, *rest)


def _compile_once(compile_rule: Callable[[Rule], None]) -> Callable[[Rule], None]:
    """Return what does the work of *compile_rule* once for rules that are alike, whatever application has them."""
    compiled: dict[tuple[Any, ...], Rule] = {}

    def compile_or_copy(rule: Rule) -> None:
        key = (rule.rule, rule.subdomain, rule.host, rule.merge_slashes, repr(rule.defaults))
        known = compiled.get(key)
        if known is None:
            compile_rule(rule)
            compiled[key] = rule
            return
        rule._parts, rule._trace, rule._converters = known._parts, known._trace, known._converters
        rule.arguments |= known.arguments
        for name in ("_build", "_build_unknown"):
            setattr(rule, name, MethodType(getattr(known, name).__func__, rule))

    return compile_or_copy


def _ask_once(initialize: Callable[..., None]) -> Callable[[Dialect, Connection], None]:
    """Return what asks the first server what it can do, and takes the answer for granted of the others."""
    known: dict[str, dict[str, Any]] = {}

    def ask_or_remember(dialect: Dialect, connection: Connection) -> None:
        level = str(dialect._on_connect_isolation_level)
        if level not in known:
            initialize(dialect, connection)
            known[level] = {name: fact for name, fact in vars(dialect).items() if isinstance(fact, _FACTS)}
        vars(dialect).update(known[level])

    return ask_or_remember


def _load_once(load: Callable[[Sequence[str]], list[type[SenderService]]]) -> Callable[..., list[type[SenderService]]]:
    """Return what loads the same plugins once."""
    loaded = cache(lambda *names: tuple(load(names)))
    return lambda names: list(loaded(*names))


def _find_once(load: Callable[[Sequence[str]], list[CodeMethod]]) -> Callable[..., list[CodeMethod]]:
    """Return what looks for the methods of the same plugins once, and makes them each time."""
    found = cache(lambda *names: [type(method) for method in load(names)])
    return lambda names: [kind() for kind in found(*names)]


def _prepare_hastily(connection: DBAPIConnection, record: Any) -> None:
    _prepare_sqlite(connection, record)
    connection.cursor().execute("PRAGMA synchronous=OFF")


def _begin_hastily(connection: Connection) -> None:
    is_reading = connection.get_execution_options().get(engines.READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")


def _render_plainly(processors: Sequence[Processor]) -> list[Processor]:
    """Return what writes log lines, but for the frames and colours around an exception and every value on its way."""
    return [*processors[:-1], ConsoleRenderer(exception_formatter=plain_traceback)]


_prepare_sqlite, _begin_sqlite = engines._prepare_sqlite, engines._begin_sqlite


@contextmanager
def share_what_is_dear() -> Iterator[KeptConnections]:
    """Compile what is the same once, draw keys from a small stock, log plainly, and do not wait for the disk."""
    statements, connections = _Statements(), KeptConnections()
    with connections.working(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {**Flask.jinja_options, "bytecode_cache": _Templates()})
        patch.setattr(Rule, "compile", _compile_once(Rule.compile))
        patch.setattr(Engine, "_compiled_cache", property(lambda _: statements, lambda *_: None), raising=False)
        patch.setattr(PGDialect_psycopg, "initialize", _ask_once(PGDialect_psycopg.initialize))
        patch.setattr("joserfc._rfc7518.rsa_key.generate_private_key", _RsaKeys())
        patch.setattr("joserfc._rfc7517.pem.load_pem_private_key", cache(load_pem_private_key))
        patch.setattr(wiring, "load_plugins", _load_once(load_plugins))
        patch.setattr(wiring, "load_methods", _find_once(load_methods))
        patch.setattr(engines, "_prepare_sqlite", _prepare_hastily)
        patch.setattr(engines, "_begin_sqlite", _begin_hastily)
        patch.setattr(os, "fsync", lambda _: None)
        patch.setattr(engine, "seed", seed)
        structlog.configure(processors=_render_plainly(structlog.get_config()["processors"]))
        yield connections
        structlog.reset_defaults()


@contextmanager
def wait_for_the_disk() -> Iterator[None]:
    """Open databases as the product does, for tests of just that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "_prepare_sqlite", _prepare_sqlite)
        patch.setattr(engines, "_begin_sqlite", _begin_sqlite)
        yield
