"""Long work that a page asks for stands as a row, which the tick takes to a child process."""

import sqlalchemy as sa
from alembic import op

from app.store import types

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job_runs", sa.Column("asked", types.Json()))
    op.add_column("job_runs", sa.Column("beat_at", types.Moment()))


def downgrade() -> None:
    op.drop_column("job_runs", "beat_at")
    op.drop_column("job_runs", "asked")
