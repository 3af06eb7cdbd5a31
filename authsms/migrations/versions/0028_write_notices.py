"""Write notices in the portal, and queue them in the background."""

import sqlalchemy as sa
from alembic import op

from authsms.foundation.db import UtcDateTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    op.add_column("notice_recipient", sa.Column("recipient_hash", sa.String(length=64), nullable=True))
    op.create_index("ix_notice_recipient_number", "notice_recipient", ["notice", "recipient_hash"], unique=True)
    op.create_table(
        "notice_order",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("author", sa.String(length=256), nullable=False),
        sa.Column("letter", sa.LargeBinary(), nullable=True),
        sa.Column("samples", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("starts_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("looked_up", sa.Integer(), nullable=False),
        sa.Column("audience", sa.Integer(), nullable=False),
        sa.Column("tally", sa.JSON(), nullable=False),
        sa.Column("problem", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("leased_until", UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_order")),
    )
    op.create_index(op.f("ix_notice_order_name"), "notice_order", ["name"])
    op.create_index("ix_notice_order_state", "notice_order", ["state", "starts_at"])


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_table("notice_order")
    op.drop_index("ix_notice_recipient_number", "notice_recipient")
    with op.batch_alter_table("notice_recipient") as batch:
        batch.drop_column("recipient_hash")
