"""A SQLite database with all tables and no rows: made once in a process, and from then on copied."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

from authsms.foundation.db import Database, sqlite_url
from authsms.foundation.schema import upgrade_schema


def create_tables(url: str) -> None:
    """Make all tables in an empty database."""
    database = Database(url)
    upgrade_schema(database)
    database.dispose()


@cache
def sqlite_template() -> Path:
    """Return the file to copy, which must stay as it is; all migrations together take half a second."""
    file = Path(tempfile.mkdtemp(prefix="authsms-tables-")) / "template.db"
    create_tables(sqlite_url(file))
    return file


def copy_sqlite_template(file: Path) -> None:
    """Make such a database in *file*, which nobody else may read, as the product does."""
    shutil.copy(sqlite_template(), file)
