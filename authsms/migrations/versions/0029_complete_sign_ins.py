"""Know sign-ins that only complete what an endpoint has begun."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    for table_name in ("chain", "logon_process"):
        with op.batch_alter_table(table_name) as table:
            table.add_column(sa.Column("is_supplement", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("continuation") as table:
        table.add_column(sa.Column("is_vouched", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("login_session") as table:
        table.add_column(sa.Column("only_at", sa.String(length=200), server_default="", nullable=False))


def downgrade() -> None:
    """Bring the database back to the revision before."""
    with op.batch_alter_table("login_session") as table:
        table.drop_column("only_at")
    with op.batch_alter_table("continuation") as table:
        table.drop_column("is_vouched")
    for table_name in ("logon_process", "chain"):
        with op.batch_alter_table(table_name) as table:
            table.drop_column("is_supplement")
