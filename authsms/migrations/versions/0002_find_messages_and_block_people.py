"""Find messages by person and by trouble, and block people."""

import sqlalchemy as sa
from alembic import op

from authsms.foundation.db import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TROUBLE = sa.text("state IN ('failed', 'unknown', 'stale', 'withheld')")


def upgrade() -> None:
    """Bring the database to this revision."""
    op.create_table(
        "person_block",
        sa.Column("person_key", sa.String(length=200), nullable=False),
        sa.Column("login", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("blocked_by", sa.String(length=200), nullable=False),
        sa.Column("blocked_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("person_key", name=op.f("pk_person_block")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index("ix_message_person", ["person_key", "login", "created_at"], unique=False)
        batch_op.create_index(
            "ix_message_trouble", ["created_at"], unique=False, sqlite_where=TROUBLE, postgresql_where=TROUBLE
        )


def downgrade() -> None:
    """Bring the database back to the revision before."""
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index("ix_message_trouble", sqlite_where=TROUBLE, postgresql_where=TROUBLE)
        batch_op.drop_index("ix_message_person")
    op.drop_table("person_block")
