"""Where the package's own files lie, in a source tree and in an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def templates_folder() -> Path:
    """Return the folder of the templates: inside the installed package, beside it in a source tree."""
    inside = _PACKAGE / "templates"
    return inside if inside.is_dir() else _PACKAGE.parent / "templates"


def static_folder() -> Path:
    """Return the folder of style sheets and scripts; third-party files lie in its ``vendor`` folder."""
    return _PACKAGE / "static"


def translations_folder() -> Path:
    """Return the folder of the compiled translations."""
    return _PACKAGE / "translations"


def migrations_folder() -> Path:
    """Return the folder of the database migrations."""
    return _PACKAGE / "migrations"


def alerts_file() -> Path:
    """Return the example of alerting rules for Prometheus."""
    return _PACKAGE / "alerts.example.yaml"
