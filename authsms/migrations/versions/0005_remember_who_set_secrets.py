"""Remember who gave a repository its secret."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    with op.batch_alter_table("repository", schema=None) as batch_op:
        batch_op.add_column(sa.Column("secret_set_by", sa.String(length=256), nullable=False, server_default=""))


def downgrade() -> None:
    """Bring the database back to the revision before."""
    with op.batch_alter_table("repository", schema=None) as batch_op:
        batch_op.drop_column("secret_set_by")
