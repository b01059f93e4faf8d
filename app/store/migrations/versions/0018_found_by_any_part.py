"""Names are found by any part: words too long, and looked into too deep, for an index."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_households_pinyin", table_name="households")


def downgrade() -> None:
    op.create_index("ix_households_pinyin", "households", ["pinyin"], unique=False)
