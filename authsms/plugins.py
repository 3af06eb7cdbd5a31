"""Imports the plugins the configuration names and returns what they bring, typed."""

import importlib
import importlib.metadata
import inspect
import re
from collections.abc import Iterator, Sequence
from functools import cache
from types import ModuleType
from typing import Final

import pluggy

from authsms.foundation.errors import ConfigurationError
from authsms.plugin_api import PROJECT, CodeMethod, HookSpecs, SenderService

_GROUP = "authsms"
_WIRE_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]{1,40}:[1-9][0-9]?", re.ASCII)
_LENGTHS: Final = range(6, 11)


def load_plugins(names: Sequence[str]) -> list[type[SenderService]]:
    """Import the plugins called *names* and return their sender services, in that order.

    Args:
        names: Each the name of an entry point in the group ``authsms``, or else of a module.

    Raises:
        ConfigurationError: A plugin is missing or broken, or two bring the same kind; the text names it.
    """
    kinds: dict[str, type[SenderService]] = {}
    for name, plugin in _imported(names):
        for kind in _sender_services(name, plugin):
            if kind.key in kinds:
                raise ConfigurationError(
                    f"plugins: {name} brings the kind {kind.key!r}, which another one brings, too."
                )
            kinds[kind.key] = kind
    return list(kinds.values())


def load_methods(names: Sequence[str]) -> list[CodeMethod]:
    """Import the plugins called *names* and return the methods they bring, made and ready, in that order.

    Raises:
        ConfigurationError: A plugin is missing or broken, or two bring a method of one name; the text names it.
    """
    methods: dict[str, CodeMethod] = {}
    for name, plugin in _imported(names):
        for brought in _manager(name, plugin).hook.authsms_methods():
            for kind in brought:
                method = _made(name, kind)
                if method.name in methods:
                    raise ConfigurationError(
                        f"plugins: {name} brings the method {method.name}, which another one brings, too."
                    )
                methods[method.name] = method
    return list(methods.values())


def _made(name: str, kind: object) -> CodeMethod:
    """Return a method of a class that a plugin brings, when it can be used."""
    if not (isinstance(kind, type) and issubclass(kind, CodeMethod)):
        raise ConfigurationError(f"plugins: {name} brings {kind!r}, which is no CodeMethod.")
    if inspect.isabstract(kind):
        lacking = ", ".join(sorted(kind.__abstractmethods__))
        raise ConfigurationError(f"plugins: {kind.__name__} of {name} lacks: {lacking}.")
    wire_name = getattr(kind, "name", "")
    if not isinstance(wire_name, str) or not _WIRE_NAME.fullmatch(wire_name):
        raise ConfigurationError(f"plugins: {kind.__name__} of {name} needs a name such as BADGE:1.")
    if kind.digits not in _LENGTHS:
        raise ConfigurationError(f"plugins: {wire_name} of {name} asks for {kind.digits!r} digits; 6 to 10 will do.")
    for words in ("titles", "questions"):
        if not getattr(kind, words, {}).get("en"):
            raise ConfigurationError(f"plugins: {wire_name} of {name} has no English in its {words}.")
    try:
        return kind()
    except Exception as error:  # whatever a stranger's code raises, the server must say whose it is
        raise ConfigurationError(f"plugins: {wire_name} of {name} cannot be made ({error!r}).") from error


def _imported(names: Sequence[str]) -> Iterator[tuple[str, ModuleType]]:
    for name in dict.fromkeys(names):
        yield name, _import(name, _entries())


@cache
def _entries() -> importlib.metadata.EntryPoints:
    """Return where installed packages say that their plugins are; it takes reading the metadata of all of them."""
    return importlib.metadata.entry_points(group=_GROUP)


def _manager(name: str, plugin: ModuleType) -> pluggy.PluginManager:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(HookSpecs)
    manager.register(plugin, name)
    return manager


def _import(name: str, entries: importlib.metadata.EntryPoints) -> ModuleType:
    named = entries.select(name=name)
    try:
        plugin = next(iter(named)).load() if named else importlib.import_module(name)
    except (ImportError, AttributeError, SyntaxError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"plugins: {name} cannot be imported ({error}). Install it or remove its name."
        ) from error
    if not isinstance(plugin, ModuleType):
        raise ConfigurationError(f"plugins: {name} is no module.")
    return plugin


def _sender_services(name: str, plugin: ModuleType) -> list[type[SenderService]]:
    kinds = [kind for kinds in _manager(name, plugin).hook.authsms_sender_services() for kind in kinds]
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, SenderService)):
            raise ConfigurationError(f"plugins: {name} brings {kind!r}, which is no SenderService.")
    return kinds
