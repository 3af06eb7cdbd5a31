"""Know codes of eight digits and of other hash functions, and which tokens were given."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision; until now all that counted had come by a file."""
    with op.batch_alter_table("enrollment") as table:
        table.add_column(sa.Column("digits", sa.Integer(), server_default="6", nullable=False))
        table.add_column(sa.Column("algorithm", sa.String(length=10), server_default="SHA1", nullable=False))
        table.add_column(sa.Column("is_given", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(sa.text("UPDATE enrollment SET is_given = :given WHERE method = 'HOTP:1'").bindparams(given=True))


def downgrade() -> None:
    """Bring the database back to the revision before."""
    with op.batch_alter_table("enrollment") as table:
        table.drop_column("is_given")
        table.drop_column("algorithm")
        table.drop_column("digits")
