"""Known gateways as data: what to type into a form that is made for any of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from authsms.senders.settings import SettingValue


@dataclass(frozen=True, slots=True)
class Preset:
    """Values that a new service of a kind starts with; what is personal is left empty, to be filled in.

    Attributes:
        name: What the command line calls it; lower case, its own among all presets.
        title: Name of the gateway, for people.
        help: What to fill in, and where to find it.
        values: Values by name of the setting. Of secret pairs only the names are given, with empty values.
    """

    name: str
    title: str
    help: str
    values: Mapping[str, SettingValue] = field(default_factory=dict)
