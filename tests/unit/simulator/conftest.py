"""Fixtures for tests of the simulator's parts."""

from collections.abc import Iterator

import pytest
from flask import Flask


@pytest.fixture
def flask_context() -> Iterator[None]:
    """What `jsonify` needs."""
    with Flask("test").app_context():
        yield
