"""Find messages in trouble by their reason: the next state of a message that goes well then changes no index."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    _find_trouble_by("failure <> ''")


def downgrade() -> None:
    """Bring the database back to the revision before."""
    _find_trouble_by("state IN ('failed', 'unknown', 'stale', 'withheld')")


def _find_trouble_by(condition: str) -> None:
    where = sa.text(condition)
    op.drop_index("ix_message_trouble", "message")
    op.create_index("ix_message_trouble", "message", ["created_at"], sqlite_where=where, postgresql_where=where)
