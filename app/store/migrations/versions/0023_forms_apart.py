"""Forms of one page, and of one page in two tabs, are kept apart."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("kept_forms", table_kwargs={"sqlite_autoincrement": True}) as forms:
        forms.add_column(sa.Column("form", sa.String(24), nullable=True))
        forms.add_column(sa.Column("tab", sa.String(24), nullable=True))
        forms.drop_constraint(op.f("uq_kept_forms_official"), type_="unique")
        forms.create_unique_constraint(op.f("uq_kept_forms_official"), ["official", "form"])


def downgrade() -> None:
    op.execute("DELETE FROM kept_files WHERE form IN (SELECT id FROM kept_forms WHERE form IS NOT NULL)")
    op.execute("DELETE FROM kept_forms WHERE form IS NOT NULL")
    with op.batch_alter_table("kept_forms", table_kwargs={"sqlite_autoincrement": True}) as forms:
        forms.drop_constraint(op.f("uq_kept_forms_official"), type_="unique")
        forms.create_unique_constraint(op.f("uq_kept_forms_official"), ["official", "page", "action"])
        forms.drop_column("tab")
        forms.drop_column("form")
