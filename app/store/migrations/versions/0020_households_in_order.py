"""The register's list is read in its order: a page of it no longer sorts every household."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_households_listed", "households", ["org_unit", "head_name", "id"], unique=False)
    op.drop_index("ix_households_org_unit", table_name="households")


def downgrade() -> None:
    op.create_index("ix_households_org_unit", "households", ["org_unit"], unique=False)
    op.drop_index("ix_households_listed", table_name="households")
