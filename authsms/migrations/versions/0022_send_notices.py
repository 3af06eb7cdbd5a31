"""Send notices once to each person."""

import sqlalchemy as sa
from alembic import op

from authsms.foundation.db import UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    op.create_table(
        "notice",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("author", sa.String(length=256), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_notice")),
    )
    op.create_index(op.f("ix_notice_expires_at"), "notice", ["expires_at"])
    op.create_table(
        "notice_recipient",
        sa.Column("notice", sa.String(length=40), nullable=False),
        sa.Column("person_key", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice"], ["notice.name"], name=op.f("fk_notice_recipient_notice_notice"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("notice", "person_key", name=op.f("pk_notice_recipient")),
    )


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_table("notice_recipient")
    op.drop_table("notice")
