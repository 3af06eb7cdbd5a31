"""Make offers that people answer."""

import sqlalchemy as sa
from alembic import op

from authsms.foundation.db import UtcDateTime

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    _make_offers()
    _make_people()
    _make_numbers()


def _make_offers() -> None:
    op.create_table(
        "offer",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("texts", sa.LargeBinary(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("places_left", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("spread_seconds", sa.Integer(), nullable=False),
        sa.Column("is_enforced", sa.Boolean(), nullable=False),
        sa.Column("author", sa.String(length=256), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("end", sa.String(length=16), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_offer")),
        sa.UniqueConstraint("name", name=op.f("uq_offer_name")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_offer_expires_at", "offer", ["expires_at"])


def _make_people() -> None:
    op.create_table(
        "offer_recipient",
        _offer(),
        sa.Column("person_key", sa.String(length=200), nullable=False),
        sa.Column("login", sa.String(length=256), nullable=False),
        sa.Column("display_name", sa.String(length=256), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("attempts_made", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("told_state", sa.String(length=16), nullable=False),
        _belongs("offer_recipient"),
        sa.PrimaryKeyConstraint("offer", "person_key", name=op.f("pk_offer_recipient")),
    )
    op.create_index("ix_offer_recipient_due_at", "offer_recipient", ["due_at"])


def _make_numbers() -> None:
    op.create_table(
        "offer_address",
        _offer(),
        sa.Column("recipient_hash", sa.String(length=64), nullable=False),
        sa.Column("person_key", sa.String(length=200), nullable=False),
        sa.Column("number", sa.LargeBinary(), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("texted_at", UtcDateTime(), nullable=False),
        _belongs("offer_address"),
        sa.PrimaryKeyConstraint("offer", "recipient_hash", name=op.f("pk_offer_address")),
    )
    op.create_index("ix_offer_address_recipient_hash", "offer_address", ["recipient_hash"])
    op.create_table(
        "offer_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        _offer(),
        sa.Column("person_key", sa.String(length=200), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        _belongs("offer_link"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_offer_link")),
    )
    op.create_index(op.f("ix_offer_link_offer"), "offer_link", ["offer"])


def downgrade() -> None:
    """Bring the database back to the revision before."""
    for table in ("offer_link", "offer_address", "offer_recipient", "offer"):
        op.drop_table(table)


def _offer() -> sa.Column[int]:
    return sa.Column("offer", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _belongs(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["offer"], ["offer.number"], name=op.f(f"fk_{table}_offer_offer"), ondelete="CASCADE"
    )
