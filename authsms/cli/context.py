"""What most commands begin with: settings, logs, and services on a database at the right revision."""

from collections.abc import Iterator
from contextlib import contextmanager

from authsms.foundation.logs import configure_logging
from authsms.foundation.schema import require_schema
from authsms.foundation.settings import Settings, load_settings
from authsms.wiring import Services, build


def open_settings(*, quiet: bool = False) -> Settings:
    """Return the settings of this installation, with logging switched on.

    Args:
        quiet: Log warnings and worse only, for commands whose output is for people.
    """
    settings = load_settings()
    configure_logging("WARNING" if quiet else settings.logging.level, as_json=settings.logging.as_json)
    return settings


@contextmanager
def open_services(*, quiet: bool = True) -> Iterator[Services]:
    """Give the services of this installation and close them at the end."""
    services = build(open_settings(quiet=quiet))
    try:
        require_schema(services.database)
        services.prepare()
        yield services
    finally:
        services.close()
