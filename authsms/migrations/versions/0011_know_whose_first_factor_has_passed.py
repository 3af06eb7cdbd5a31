"""Know whose first factor has passed: a part of what may be sent can be kept for them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_proven", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Bring the database back to the revision before."""
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_column("is_proven")
