"""Risks of a whole place: series, signals, what was studied and done, thresholds simulated once."""

import sqlalchemy as sa
from alembic import op

from app.store import types

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", _big(), sa.Identity(always=False), nullable=False)


def upgrade() -> None:
    op.create_table(
        "indicator_values",
        sa.Column("indicator", sa.String(40), nullable=False),
        sa.Column("org_unit", sa.String(24), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("entered_by", _big()),
        sa.Column("entered_at", types.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("indicator", "org_unit", "period", name=op.f("pk_indicator_values")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "scale_risks",
        _id(),
        sa.Column("why", sa.String(12), nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("about", sa.String(60), nullable=False),
        sa.Column("org_unit", sa.String(24), nullable=False),
        sa.Column("opened_at", types.Moment(), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("outcome", sa.String(12)),
        sa.Column("closed_at", types.Moment()),
        sa.Column("data_key", _big(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["data_key"], ["data_keys.id"], name=op.f("fk_scale_risks_data_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scale_risks")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "scale_signals",
        _id(),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("rule", sa.String(12), nullable=False),
        sa.Column("about", sa.String(60), nullable=False),
        sa.Column("org_unit", sa.String(24), nullable=False),
        sa.Column("since", sa.String(7), nullable=False),
        sa.Column("figures", types.Json(), nullable=False),
        sa.Column("found_at", types.Moment(), nullable=False),
        sa.Column("risk", _big(), nullable=False),
        sa.Column("fresh", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["risk"], ["scale_risks.id"], name=op.f("fk_scale_signals_risk")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scale_signals")),
        sa.UniqueConstraint("period", "rule", "about", "org_unit", name=op.f("uq_scale_signals_period")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_scale_signals_risk", "scale_signals", ["risk"])
    op.create_table(
        "scan_thresholds",
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", "total", name=op.f("pk_scan_thresholds")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_clues_family", "clues", ["family", "found_on"])


def downgrade() -> None:
    op.drop_index("ix_clues_family", "clues")
    for name in ("scan_thresholds", "scale_signals", "scale_risks", "indicator_values"):
        op.drop_table(name)
