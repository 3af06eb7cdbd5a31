"""Remember tests of sender services, and what a segment costs."""

import sqlalchemy as sa
from alembic import op

from authsms.foundation.db import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    op.create_table(
        "sender_test",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("is_typed", sa.Boolean(), nullable=False),
        sa.Column("masked", sa.String(length=32), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.String(length=400), nullable=False),
        sa.Column("provider_id", sa.String(length=255), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sender_test")),
    )
    with op.batch_alter_table("sender_test", schema=None) as batch_op:
        batch_op.create_index("ix_sender_test_service_started_at", ["service", "started_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sender_test_started_at"), ["started_at"], unique=False)
    with op.batch_alter_table("sender_policy", schema=None) as batch_op:
        batch_op.add_column(sa.Column("segment_price", sa.String(length=20), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("currency", sa.String(length=3), nullable=False, server_default="EUR"))


def downgrade() -> None:
    """Bring the database back to the revision before."""
    with op.batch_alter_table("sender_policy", schema=None) as batch_op:
        batch_op.drop_column("currency")
        batch_op.drop_column("segment_price")
    with op.batch_alter_table("sender_test", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sender_test_started_at"))
        batch_op.drop_index("ix_sender_test_service_started_at")
    op.drop_table("sender_test")
