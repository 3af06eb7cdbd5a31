"""Say which program an offer is, and number what changes in it."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    op.add_column("offer", sa.Column("endpoint_id", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("offer", sa.Column("content", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("offer", sa.Column("change", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_offer_endpoint_id", "offer", ["endpoint_id"])
    op.add_column("offer_recipient", sa.Column("change", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_column("offer_recipient", "change")
    op.drop_index("ix_offer_endpoint_id", "offer")
    for name in ("change", "content", "endpoint_id"):
        op.drop_column("offer", name)
