"""Keep contacts, and what people have agreed to."""

import sqlalchemy as sa
from alembic import op

from authsms.foundation.db import UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_APPEND_ONLY = {
    "sqlite": (
        """CREATE TRIGGER consent_no_update BEFORE UPDATE ON consent
        BEGIN SELECT RAISE(ABORT, 'consent records are append only'); END""",
        """CREATE TRIGGER consent_no_delete BEFORE DELETE ON consent
        BEGIN SELECT RAISE(ABORT, 'consent records are append only'); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION consent_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'consent records are append only'; END $$""",
        """CREATE TRIGGER consent_no_update BEFORE UPDATE ON consent
        FOR EACH ROW EXECUTE FUNCTION consent_append_only()""",
        """CREATE TRIGGER consent_no_delete BEFORE DELETE ON consent
        FOR EACH ROW EXECUTE FUNCTION consent_append_only()""",
    ),
}
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the database to this revision."""
    op.create_table(
        "contact",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("person_key", sa.String(length=200), nullable=False),
        sa.Column("login", sa.String(length=256), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.LargeBinary(), nullable=False),
        sa.Column("recipient_hash", sa.String(length=64), nullable=False),
        sa.Column("masked", sa.String(length=32), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("challenge_id", sa.String(length=64), nullable=False),
        sa.Column("wording", sa.String(length=600), nullable=False),
        sa.Column("verified_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("person_key", "recipient_hash", name=op.f("uq_contact_person_key_recipient_hash")),
    )
    op.create_index("ix_contact_recipient_hash", "contact", ["recipient_hash"])
    op.create_table(
        "consent",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("person_key", sa.String(length=200), nullable=False),
        sa.Column("login", sa.String(length=256), nullable=False),
        sa.Column("contact_id", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("number", sa.LargeBinary(), nullable=False),
        sa.Column("recipient_hash", sa.String(length=64), nullable=False),
        sa.Column("masked", sa.String(length=32), nullable=False),
        sa.Column("wording", sa.String(length=600), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("stated_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index("ix_consent_person_key", "consent", ["person_key", "id"])
    op.create_index("ix_consent_recipient_hash", "consent", ["recipient_hash", "id"])
    for statement in _APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_table("consent")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION consent_append_only()")
    op.drop_table("contact")
