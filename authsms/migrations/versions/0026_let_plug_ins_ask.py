"""Remember how plug-ins ask that were made for another server."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    with op.batch_alter_table("endpoint") as table:
        table.add_column(sa.Column("networks", sa.JSON(), server_default="[]", nullable=False))
        table.add_column(sa.Column("joins_codes", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Bring the database back to the revision before."""
    with op.batch_alter_table("endpoint") as table:
        table.drop_column("joins_codes")
        table.drop_column("networks")
