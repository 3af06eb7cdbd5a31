"""Tell applications with OpenID Connect from sites behind a reverse proxy."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    op.add_column("endpoint", sa.Column("kind", sa.String(length=20), server_default="oidc", nullable=False))


def downgrade() -> None:
    """Bring the database back to the revision before."""
    with op.batch_alter_table("endpoint") as table:
        table.drop_column("kind")
