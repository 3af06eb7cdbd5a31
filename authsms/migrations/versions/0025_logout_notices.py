"""Tell endpoints that login sessions have ended."""

import sqlalchemy as sa
from alembic import op

from authsms.foundation.db import UtcDateTime

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    with op.batch_alter_table("endpoint") as batch_op:
        batch_op.add_column(sa.Column("backchannel_uri", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "logout_notice",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=200), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("person_key", sa.String(length=200), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logout_notice")),
    )
    op.create_index(op.f("ix_logout_notice_due_at"), "logout_notice", ["due_at"])


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_table("logout_notice")
    with op.batch_alter_table("endpoint") as batch_op:
        batch_op.drop_column("backchannel_uri")
