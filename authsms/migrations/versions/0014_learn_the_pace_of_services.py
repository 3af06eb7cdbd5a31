"""Learn the pace of services that ask to wait."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    with op.batch_alter_table("service_condition", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pace", sa.Float(precision=53), nullable=False, server_default="0"))


def downgrade() -> None:
    """Bring the database back to the revision before."""
    with op.batch_alter_table("service_condition", schema=None) as batch_op:
        batch_op.drop_column("pace")
