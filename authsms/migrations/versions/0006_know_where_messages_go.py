"""Know the country that a message goes to."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("country", sa.String(length=2), nullable=False, server_default=""))


def downgrade() -> None:
    """Bring the database back to the revision before."""
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_column("country")
