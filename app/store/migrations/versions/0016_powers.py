"""What an administrator asks and another one confirms; one-time codes that end."""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from app.clock import now
from app.store import types

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

CODES_END = timedelta(days=3)
"""What was handed out before and never used works as long as a fresh code."""


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("officials", sa.Column("code_until", types.Moment()))
    op.add_column("officials", sa.Column("code_used_at", types.Moment()))
    op.add_column("officials", sa.Column("code_by", _big()))
    officials = sa.table("officials", sa.column("must_change", sa.Boolean()), sa.column("code_until", types.Moment()))
    op.execute(officials.update().where(officials.c.must_change).values(code_until=now() + CODES_END))
    op.create_table(
        "powers",
        sa.Column("id", _big(), sa.Identity(always=False), nullable=False),
        sa.Column("deed", sa.String(12), nullable=False),
        sa.Column("official", _big(), nullable=False),
        sa.Column("role", sa.String(40)),
        sa.Column("org_unit", sa.String(24)),
        sa.Column("asked_by", _big()),
        sa.Column("asked_at", types.Moment(), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("decided_by", _big()),
        sa.Column("decided_at", types.Moment()),
        sa.ForeignKeyConstraint(["official"], ["officials.id"], name=op.f("fk_powers_official")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_powers")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_powers_official"), "powers", ["official"])


def downgrade() -> None:
    op.drop_table("powers")
    for name in ("code_by", "code_used_at", "code_until"):
        op.drop_column("officials", name)
