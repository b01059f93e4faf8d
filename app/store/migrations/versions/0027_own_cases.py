"""A household may have cases of other procedures beside its monitoring, each opened at a door."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    op.add_column("cases", sa.Column("door", sa.String(40), nullable=False, server_default=""))
    op.drop_index("uq_cases_open_household", table_name="cases")
    op.create_index(
        "uq_cases_open_household", "cases", ["household", "door"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )


def downgrade() -> None:
    op.drop_index("uq_cases_open_household", table_name="cases")
    op.create_index("uq_cases_open_household", "cases", ["household"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    op.drop_column("cases", "door")
