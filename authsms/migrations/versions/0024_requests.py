"""Keep pushed requests, and let endpoints sign theirs."""

import sqlalchemy as sa
from alembic import op

from authsms.foundation.db import UtcDateTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    with op.batch_alter_table("endpoint") as batch_op:
        batch_op.add_column(sa.Column("request_keys", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "pushed_request",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("is_signed", sa.Boolean(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_pushed_request")),
    )
    op.create_index(op.f("ix_pushed_request_expires_at"), "pushed_request", ["expires_at"])
    op.create_table(
        "spent_request",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_spent_request")),
    )
    op.create_index(op.f("ix_spent_request_expires_at"), "spent_request", ["expires_at"])


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_table("spent_request")
    op.drop_table("pushed_request")
    with op.batch_alter_table("endpoint") as batch_op:
        batch_op.drop_column("request_keys")
