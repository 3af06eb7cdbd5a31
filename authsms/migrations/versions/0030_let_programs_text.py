"""Know whose notices are that programs send."""

import sqlalchemy as sa
from alembic import op

from authsms.foundation.db import UtcDateTime

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    op.create_table(
        "program_notice",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("endpoint_id", sa.String(length=64), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_program_notice")),
    )
    op.create_index(op.f("ix_program_notice_expires_at"), "program_notice", ["expires_at"])


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_table("program_notice")
