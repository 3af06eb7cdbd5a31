"""Route texts by prefix, group and label, with weights and senders by country."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    with op.batch_alter_table("sender_service", schema=None) as batch_op:
        batch_op.add_column(sa.Column("prefixes", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("group_names", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("labels", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("weight", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("senders", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("label", sa.String(length=40), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("member_of", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.add_column(sa.Column("label", sa.String(length=40), nullable=False, server_default=""))


def downgrade() -> None:
    """Bring the database back to the revision before."""
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_column("label")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_column("member_of")
        batch_op.drop_column("label")
    with op.batch_alter_table("sender_service", schema=None) as batch_op:
        batch_op.drop_column("senders")
        batch_op.drop_column("weight")
        batch_op.drop_column("labels")
        batch_op.drop_column("group_names")
        batch_op.drop_column("prefixes")
