"""An installation and its command line."""

from pathlib import Path

import pytest

from tests.parts.shell import Shell


@pytest.fixture
def shell(tmp_path: Path, sqlite_database_url: str) -> Shell:
    """A shell in the folder of an installation with a database."""
    assert sqlite_database_url.endswith(f"{tmp_path}/authsms.db")
    return Shell(tmp_path)
