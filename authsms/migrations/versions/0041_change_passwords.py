"""Say by event what becomes of passwords that have to be changed, and have those kept here changed."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    op.add_column("event", sa.Column("overdue", sa.String(length=8), nullable=False, server_default="deny"))
    op.add_column("logon_process", sa.Column("is_overdue", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("local_person", sa.Column("must_change", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Bring the database back to the revision before."""
    for table, column in (("local_person", "must_change"), ("logon_process", "is_overdue"), ("event", "overdue")):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
