"""Say by event whether people choose among its chains, and keep that somebody has chosen."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    op.add_column("event", sa.Column("selection", sa.String(length=8), nullable=False, server_default="optional"))
    op.add_column("logon_process", sa.Column("is_chosen", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Bring the database back to the revision before."""
    for table, column in (("logon_process", "is_chosen"), ("event", "selection")):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
