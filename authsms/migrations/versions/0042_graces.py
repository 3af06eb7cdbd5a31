"""Let a stronger sign-in unlock a shorter chain for a while."""

import sqlalchemy as sa
from alembic import op

from authsms.foundation.db import UtcDateTime

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    with op.batch_alter_table("chain") as table:
        table.add_column(sa.Column("required", sa.String(length=200), server_default="", nullable=False))
        table.add_column(sa.Column("grace_minutes", sa.Integer(), server_default="0", nullable=False))
    with op.batch_alter_table("logon_process") as table:
        table.add_column(sa.Column("is_strict", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "grace",
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("person_key", sa.String(length=200), nullable=False),
        sa.Column("event", sa.String(length=200), nullable=False),
        sa.Column("chain", sa.String(length=200), nullable=False),
        sa.Column("methods", sa.JSON(), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_grace")),
    )
    op.create_index(op.f("ix_grace_person_key"), "grace", ["person_key"])
    op.create_index(op.f("ix_grace_expires_at"), "grace", ["expires_at"])


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_table("grace")
    with op.batch_alter_table("logon_process") as table:
        table.drop_column("is_strict")
    with op.batch_alter_table("chain") as table:
        table.drop_column("grace_minutes")
        table.drop_column("required")
