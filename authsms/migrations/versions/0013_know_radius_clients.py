"""Know RADIUS clients, and what they were asked."""

import sqlalchemy as sa
from alembic import op

from authsms.foundation.db import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    op.create_table(
        "radius_client",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("event", sa.String(length=200), nullable=False),
        sa.Column("must_sign", sa.Boolean(), nullable=False),
        sa.Column("can_challenge", sa.Boolean(), nullable=False),
        sa.Column("separator", sa.String(length=1), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_radius_client")),
        sa.UniqueConstraint("name", name=op.f("uq_radius_client_name")),
        sa.UniqueConstraint("network", name=op.f("uq_radius_client_network")),
    )
    op.create_table(
        "radius_challenge",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("ticket", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_radius_challenge")),
    )
    with op.batch_alter_table("radius_challenge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_radius_challenge_expires_at"), ["expires_at"], unique=False)


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_table("radius_challenge")
    op.drop_table("radius_client")
