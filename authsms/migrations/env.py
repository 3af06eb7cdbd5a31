"""Run by Alembic: brings one connection to a revision, or compares it with the models."""

from typing import Any, Literal

from alembic import context

from authsms import app  # imports every model
from authsms.foundation.db import Base, UtcDateTime

_MODELS = app.__name__


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    if kind == "type" and isinstance(item, UtcDateTime):
        return "UtcDateTime()"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=_render,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
