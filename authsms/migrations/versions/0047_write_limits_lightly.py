"""Drop the index of limits that every take writes and only the purge reads."""

from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    op.drop_index("ix_limit_row_arrival", "limit_row")


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.create_index("ix_limit_row_arrival", "limit_row", ["arrival"])
