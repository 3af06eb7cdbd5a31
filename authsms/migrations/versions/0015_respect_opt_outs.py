"""Respect opt-outs."""

import sqlalchemy as sa
from alembic import op

from authsms.foundation.db import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_STANDS = sa.text("lifted_at IS NULL")


def upgrade() -> None:
    """Bring the database to this revision."""
    op.create_table(
        "suppression",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("recipient_hash", sa.String(length=64), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("sender", sa.String(length=40), nullable=False),
        sa.Column("shown_sender", sa.String(length=40), nullable=False),
        sa.Column("masked", sa.String(length=32), nullable=False),
        sa.Column("since", UtcDateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.Column("lifted_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
        sa.UniqueConstraint("recipient_hash", "service", "sender", name="uq_suppression_recipient_hash"),
    )
    op.create_index(
        "ix_suppression_standing", "suppression", ["since", "id"], sqlite_where=_STANDS, postgresql_where=_STANDS
    )
    op.create_table(
        "inbound_text",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("recipient_hash", sa.String(length=64), nullable=False),
        sa.Column("masked", sa.String(length=32), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("is_answered", sa.Boolean(), nullable=False),
        sa.Column("received_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_inbound_text")),
    )
    op.create_index("ix_inbound_text_recipient_hash", "inbound_text", ["recipient_hash", "received_at"])
    op.create_index("ix_inbound_text_service", "inbound_text", ["service"])
    op.create_index("ix_inbound_text_received_at", "inbound_text", ["received_at"])
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("through", sa.String(length=120), nullable=False, server_default=""))


def downgrade() -> None:
    """Bring the database back to the revision before."""
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_column("through")
    op.drop_table("inbound_text")
    op.drop_table("suppression")
