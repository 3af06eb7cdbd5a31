"""Send the newest codes first."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_WAITS = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    """Bring the database to this revision."""
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("turn", sa.BigInteger(), nullable=False, server_default="0"))
    _order_by("priority", "turn", "due_at")


def downgrade() -> None:
    """Bring the database back to the revision before."""
    _order_by("priority", "due_at")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_column("turn")


def _order_by(*columns: str) -> None:
    op.drop_index("ix_message_waiting", table_name="message")
    op.create_index("ix_message_waiting", "message", list(columns), sqlite_where=_WAITS, postgresql_where=_WAITS)
