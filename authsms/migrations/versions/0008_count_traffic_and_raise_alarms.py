"""Count traffic by the hour, and remember what is wrong."""

import sqlalchemy as sa
from alembic import op

from authsms.foundation.db import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    op.create_table(
        "traffic_hour",
        sa.Column("hour", UtcDateTime(), nullable=False),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("hour", name=op.f("pk_traffic_hour")),
    )
    op.create_table(
        "traffic_logon",
        sa.Column("hour", UtcDateTime(), nullable=False),
        sa.Column("tag", sa.String(length=40), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "tag", name=op.f("pk_traffic_logon")),
    )
    common = ("hour", "purpose", "service", "country", "state", "failure", "code", "is_taken", "is_used", "lag")
    op.create_table(
        "traffic_message",
        sa.Column("hour", UtcDateTime(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("failure", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("is_taken", sa.Boolean(), nullable=False),
        sa.Column("is_used", sa.Boolean(), nullable=False),
        sa.Column("lag", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(*common, name=op.f("pk_traffic_message")),
    )
    op.create_table(
        "alarm",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("cleared_at", UtcDateTime(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_alarm")),
    )


def downgrade() -> None:
    """Bring the database back to the revision before."""
    for table in ("alarm", "traffic_message", "traffic_logon", "traffic_hour"):
        op.drop_table(table)
