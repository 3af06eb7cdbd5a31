"""Remember which number of the repository a number of one's own took the place of."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    op.add_column("own_number", sa.Column("listed_hash", sa.String(length=64), nullable=False, server_default=""))


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_column("own_number", "listed_hash")
