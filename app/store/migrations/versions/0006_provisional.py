"""The few limits counted without knowing the year's holidays are found without reading the others."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    only = sa.text("provisional")
    op.create_index("ix_timers_provisional", "timers", ["instance", "element"], sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    op.drop_index("ix_timers_provisional", table_name="timers")
