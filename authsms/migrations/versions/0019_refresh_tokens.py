"""Give endpoints options, and keep refresh tokens."""

import sqlalchemy as sa
from alembic import op

from authsms.foundation.db import UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    with op.batch_alter_table("endpoint") as batch_op:
        batch_op.add_column(sa.Column("options", sa.JSON(), nullable=False, server_default="[]"))
    op.create_table(
        "token_family",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=200), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("person_key", sa.String(length=200), nullable=False),
        sa.Column("scope", sa.String(length=200), nullable=False),
        sa.Column("renewed_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token_family")),
    )
    for column in ("session_id", "person_key", "expires_at"):
        op.create_index(op.f(f"ix_token_family_{column}"), "token_family", [column])
    op.create_table(
        "refresh_token",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("family_id", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_refresh_token")),
    )
    op.create_index(op.f("ix_refresh_token_family_id"), "refresh_token", ["family_id"])


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_table("refresh_token")
    op.drop_table("token_family")
    with op.batch_alter_table("endpoint") as batch_op:
        batch_op.drop_column("options")
