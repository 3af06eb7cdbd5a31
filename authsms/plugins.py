"""Imports the plugins the configuration names and returns what they bring, typed."""

import importlib
import importlib.metadata
from collections.abc import Sequence
from types import ModuleType

import pluggy

from authsms.foundation.errors import ConfigurationError
from authsms.plugin_api import PROJECT, HookSpecs, SenderService

_GROUP = "authsms"


def load_plugins(names: Sequence[str]) -> list[type[SenderService]]:
    """Import the plugins called *names* and return their sender services, in that order.

    Args:
        names: Each the name of an entry point in the group ``authsms``, or else of a module.

    Raises:
        ConfigurationError: A plugin is missing or broken, or two bring the same kind; the text names it.
    """
    # Looking the entry points up reads the metadata of every package that is installed.
    entries = importlib.metadata.entry_points(group=_GROUP) if names else importlib.metadata.EntryPoints()
    kinds: dict[str, type[SenderService]] = {}
    for name in dict.fromkeys(names):
        for kind in _sender_services(name, _import(name, entries)):
            if kind.key in kinds:
                raise ConfigurationError(
                    f"plugins: {name} brings the kind {kind.key!r}, which another one brings, too."
                )
            kinds[kind.key] = kind
    return list(kinds.values())


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
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(HookSpecs)
    manager.register(plugin, name)
    kinds = [kind for kinds in manager.hook.authsms_sender_services() for kind in kinds]
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, SenderService)):
            raise ConfigurationError(f"plugins: {name} brings {kind!r}, which is no SenderService.")
    return kinds
