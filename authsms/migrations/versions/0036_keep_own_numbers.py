"""Keep the numbers that people have given themselves."""

import sqlalchemy as sa
from alembic import op

from authsms.foundation.db import UtcDateTime

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    op.create_table(
        "own_number",
        sa.Column("person_key", sa.String(length=200), nullable=False),
        sa.Column("number", sa.LargeBinary(), nullable=False),
        sa.Column("masked", sa.String(length=32), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("person_key", name=op.f("pk_own_number")),
    )


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_table("own_number")
