"""Know the condition of sender services, and how much may be sent."""

import sqlalchemy as sa
from alembic import op

from authsms.foundation.db import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    op.create_table(
        "service_condition",
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("breaker", sa.String(length=10), nullable=False),
        sa.Column("failures", sa.JSON(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("retry_at", UtcDateTime(), nullable=True),
        sa.Column("pause_seconds", sa.Float(precision=53), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("probe", sa.String(length=80), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("paused_at", UtcDateTime(), nullable=True),
        sa.Column("paused_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("service", name=op.f("pk_service_condition")),
    )
    op.create_table(
        "purpose_pause",
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("paused_at", UtcDateTime(), nullable=False),
        sa.Column("paused_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("purpose", name=op.f("pk_purpose_pause")),
    )
    op.create_table(
        "service_demotion",
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("demoted_at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("pause_seconds", sa.Float(precision=53), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("service", "country", name=op.f("pk_service_demotion")),
    )
    op.create_table(
        "delivery_tally",
        sa.Column("slot", UtcDateTime(), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("reported", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slot", "service", "country", name=op.f("pk_delivery_tally")),
    )
    op.create_table(
        "service_rate",
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("per_second", sa.Float(precision=53), nullable=False),
        sa.Column("burst", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("service", name=op.f("pk_service_rate")),
    )
    op.create_table(
        "spending_cap",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=4), nullable=False),
        sa.Column("most_texts", sa.BigInteger(), nullable=True),
        sa.Column("most_cost", sa.BigInteger(), nullable=True),
        sa.Column("reserve_percent", sa.Integer(), nullable=False),
        sa.Column("alarm_percent", sa.Integer(), nullable=False),
        sa.Column("is_brake", sa.Boolean(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spending_cap")),
    )
    op.create_table(
        "spending_use",
        sa.Column("cap_id", sa.String(length=64), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("texts", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cap_id"], ["spending_cap.id"], name=op.f("fk_spending_use_cap_id_spending_cap"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("cap_id", "starts_at", name=op.f("pk_spending_use")),
    )


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_table("spending_use")
    op.drop_table("spending_cap")
    op.drop_table("service_rate")
    op.drop_table("delivery_tally")
    op.drop_table("service_demotion")
    op.drop_table("purpose_pause")
    op.drop_table("service_condition")
