"""Let endpoints ask by REST."""

import sqlalchemy as sa
from alembic import op

from authsms.foundation.db import UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    with op.batch_alter_table("endpoint") as endpoint:
        endpoint.add_column(sa.Column("rest_secret", sa.LargeBinary(), nullable=True))
    op.create_table(
        "endpoint_session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("endpoint_id", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["endpoint.id"],
            name=op.f("fk_endpoint_session_endpoint_id_endpoint"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoint_session")),
    )
    op.create_index(op.f("ix_endpoint_session_endpoint_id"), "endpoint_session", ["endpoint_id"])
    op.create_index(op.f("ix_endpoint_session_expires_at"), "endpoint_session", ["expires_at"])
    op.create_table(
        "endpoint_salt",
        sa.Column("endpoint_id", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["endpoint.id"],
            name=op.f("fk_endpoint_salt_endpoint_id_endpoint"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("endpoint_id", "salt", name=op.f("pk_endpoint_salt")),
    )
    op.create_table(
        "rest_logon",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("endpoint_session", sa.String(length=64), nullable=False),
        sa.Column("endpoint_id", sa.String(length=64), nullable=False),
        sa.Column("ticket", sa.LargeBinary(), nullable=False),
        sa.Column("told", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rest_logon")),
        sa.UniqueConstraint("session_id", name=op.f("uq_rest_logon_session_id")),
    )
    op.create_index(op.f("ix_rest_logon_expires_at"), "rest_logon", ["expires_at"])


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_table("rest_logon")
    op.drop_table("endpoint_salt")
    op.drop_table("endpoint_session")
    with op.batch_alter_table("endpoint") as endpoint:
        endpoint.drop_column("rest_secret")
