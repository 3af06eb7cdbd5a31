"""Bind the numbers that codes come back from to their owners."""

import sqlalchemy as sa
from alembic import op

from authsms.foundation.db import UtcDateTime

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    for table in ("challenge", "method_failure"):
        op.add_column(table, sa.Column("number_hash", sa.String(length=64), server_default="", nullable=False))
        op.add_column(table, sa.Column("number", sa.LargeBinary(), nullable=True))
    op.add_column(
        "method_failure", sa.Column("new_number_hash", sa.String(length=64), server_default="", nullable=False)
    )
    op.add_column("method_failure", sa.Column("new_number_from", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_column("method_failure", "new_number_from")
    op.drop_column("method_failure", "new_number_hash")
    for table in ("method_failure", "challenge"):
        op.drop_column(table, "number")
        op.drop_column(table, "number_hash")
