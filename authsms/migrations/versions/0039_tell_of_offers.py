"""Know what of an offer its program has been told by webhook."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    op.add_column("offer", sa.Column("hook_change", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("offer", sa.Column("hook_end", sa.String(length=16), nullable=False, server_default=""))


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_column("offer", "hook_end")
    op.drop_column("offer", "hook_change")
