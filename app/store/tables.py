"""Every table. Names are plural; ids are integers given by the database and never reused."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from .types import Json, Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


_BIG = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[int]:
    return Column("id", _BIG, Identity(always=False), primary_key=True)


def _ref(name: str, target: str, **options: bool) -> Column[int]:
    return Column(name, _BIG, ForeignKey(target), **options)  # type: ignore[arg-type]


# --- people and places -----------------------------------------------------------------------------

officials = Table(
    "officials",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("username", String(64), unique=True),
    Column("password_hash", Text),
    Column("must_change", Boolean, nullable=False, default=True),
    Column("code_until", Moment),
    Column("code_used_at", Moment),
    Column("code_by", _BIG),
    Column("failures", Integer, nullable=False, default=0),
    Column("locked_until", Moment),
    Column("active", Boolean, nullable=False, default=True),
    Column("demo", Boolean, nullable=False, default=False),
    Column("email", String(120)),
    sqlite_autoincrement=True,
)
assignments = Table(
    "assignments",
    metadata,
    _id(),
    _ref("official", "officials.id", nullable=False, index=True),
    Column("role", String(40), nullable=False),
    Column("org_unit", String(24), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    _ref("substitutes_for", "officials.id", nullable=True),
    Index("ix_assignments_role_unit", "role", "org_unit"),
    sqlite_autoincrement=True,
)
powers = Table(
    "powers",
    metadata,
    _id(),
    Column("deed", String(12), nullable=False),
    _ref("official", "officials.id", nullable=False, index=True),
    Column("role", String(40)),
    Column("org_unit", String(24)),
    Column("asked_by", _BIG),
    Column("asked_at", Moment, nullable=False),
    Column("status", String(12), nullable=False),
    Column("decided_by", _BIG),
    Column("decided_at", Moment),
    sqlite_autoincrement=True,
)
sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    _ref("official", "officials.id", nullable=False),
    Column("csrf", String(43), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
)

devices = Table(
    "devices",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    _ref("official", "officials.id", nullable=False, index=True),
    Column("failures", Integer, nullable=False, default=0),
    Column("seen_at", Moment, nullable=False),
)

kinships = Table(
    "kinships",
    metadata,
    _ref("official", "officials.id", primary_key=True),
    _ref("household", "households.id", primary_key=True, index=True),
    Column("declared_at", Moment, nullable=False),
)
notifications = Table(
    "notifications",
    metadata,
    _id(),
    _ref("official", "officials.id", nullable=False),
    Column("kind", String(24), nullable=False),
    Column("case_id", _BIG),
    Column("task", _BIG),
    Column("sender", _BIG),
    Column("at", Moment, nullable=False),
    Column("read_at", Moment),
    Column("mailed_at", Moment),
    Column("clue", _BIG),
    Index("ix_notifications_mine", "official", "read_at"),
    sqlite_autoincrement=True,
)
follow_ups = Table(
    "follow_ups",
    metadata,
    _ref("official", "officials.id", primary_key=True),
    _ref("task", "tasks.id", primary_key=True),
    Column("follow_on", Date, nullable=False),
)
saved_filters = Table(
    "saved_filters",
    metadata,
    _id(),
    _ref("official", "officials.id", nullable=False, index=True),
    Column("name", String(40), nullable=False),
    Column("query", String(200), nullable=False),
    sqlite_autoincrement=True,
)
feedback = Table(
    "feedback",
    metadata,
    _id(),
    _ref("official", "officials.id", nullable=False),
    Column("page", String(120), nullable=False),
    Column("at", Moment, nullable=False),
    _ref("data_key", "data_keys.id", nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("answer", LargeBinary),
    Column("answered_by", _BIG),
    Column("answered_at", Moment),
    sqlite_autoincrement=True,
)

# --- dated data and deployments --------------------------------------------------------------------

entries = Table(
    "entries",
    metadata,
    _id(),
    Column("name", String(40), nullable=False),
    Column("key", String(80), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("number", Integer, nullable=False, default=1),
    Column("value", Json, nullable=False),
    Column("source", Text, nullable=False, default=""),
    Column("default", Boolean, nullable=False, default=False),
    Column("supersedes", Integer),
    Column("deployment", _BIG),
    UniqueConstraint("name", "key", "valid_from", "number"),
    sqlite_autoincrement=True,
)
files = Table(
    "files",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("bytes", LargeBinary, nullable=False),
)
deployments = Table(
    "deployments",
    metadata,
    _id(),
    Column("process", String(60), nullable=False),
    Column("version", Integer, nullable=False),
    Column("author", Text, nullable=False),
    Column("approver", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("deployed_at", Moment, nullable=False),
    UniqueConstraint("process", "version"),
    sqlite_autoincrement=True,
)
succession = Table(
    "succession",
    metadata,
    Column("diagram", LargeBinary, primary_key=True),
    Column("element", String(80), primary_key=True),
    Column("says", Json, nullable=False),
    sqlite_with_rowid=False,
)
deployment_files = Table(
    "deployment_files",
    metadata,
    _ref("deployment", "deployments.id", primary_key=True),
    Column("path", String(120), primary_key=True),
    Column("hash", LargeBinary, ForeignKey("files.hash"), nullable=False),
)

# --- households and cases --------------------------------------------------------------------------

households = Table(
    "households",
    metadata,
    _id(),
    Column("org_unit", String(24), nullable=False),
    Column("head_name", Text),
    Column("pinyin", Text),
    Column("household_type", String(20)),
    Column("category", String(24)),
    Column("status", String(24), nullable=False, default="registered"),
    _ref("data_key", "data_keys.id", nullable=False),
    Column("demo", Boolean, nullable=False, default=False),
    Column("number", String(40)),
    Column("listed_on", Date),
    Index("ix_households_listed", "org_unit", "head_name", "id"),
    Index("ix_households_name", "head_name"),
    Index("ix_households_number", "number", unique=True),
    sqlite_autoincrement=True,
)
household_versions = Table(
    "household_versions",
    metadata,
    _ref("household", "households.id", primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("as_of", Date, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("secret", LargeBinary, nullable=False),
)
person_index = Table(
    "person_index",
    metadata,
    Column("blind", LargeBinary, primary_key=True),
    _ref("household", "households.id", nullable=False, index=True),
    Column("member", Integer, nullable=False),
)
register_questions = Table(
    "register_questions",
    metadata,
    _id(),
    _ref("household", "households.id", nullable=False),
    Column("kind", String(12), nullable=False),
    Column("member", String(20), nullable=False, server_default=""),
    Column("other", String(20)),
    Column("unit_to", String(24)),
    Column("data_on", Date),
    Column("asked_at", Moment, nullable=False),
    Column("asked_by", _BIG),
    Column("left_by", _BIG),
    Column("taken_by", _BIG),
    Column("closed_at", Moment),
    Column("closed_by", _BIG),
    Column("closed_as", String(8)),
    Index(
        "uq_register_questions_open",
        "household",
        "kind",
        "member",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)
imports = Table(
    "imports",
    metadata,
    _id(),
    Column("kind", String(24), nullable=False),
    Column("file_hash", LargeBinary, nullable=False),
    Column("data_on", Date, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("made_by", _BIG),
    Column("counts", Json, nullable=False),
    sqlite_autoincrement=True,
)
import_mappings = Table(
    "import_mappings",
    metadata,
    Column("kind", String(24), primary_key=True),
    Column("header", String(64), primary_key=True),
    Column("field", String(40), nullable=False),
)
clues = Table(
    "clues",
    metadata,
    _id(),
    _ref("household", "households.id", nullable=True),
    Column("case_id", _BIG),
    Column("channel", String(20), nullable=False),
    Column("found_on", Date, nullable=False),
    Column("sender", _BIG),
    Column("merged_into", _BIG),
    Column("recorded_at", Moment, nullable=False),
    Column("org_unit", String(24)),
    Column("sender_unit", String(24)),
    Column("source", String(24)),
    Column("sign", String(40)),
    Column("family", String(24)),
    Column("risk", String(24)),
    Column("grade", String(8)),
    Column("data_on", Date),
    Column("run", String(20)),
    Column("status", String(12), nullable=False, server_default="entered"),
    Column("outcome", String(24)),
    Column("watch_until", Date),
    Column("times", Integer, nullable=False, server_default="1"),
    Column("checked_at", Moment),
    Column("name", Text),
    Column("data_key", _BIG),
    Column("secret", LargeBinary),
    Column("demo", Boolean, nullable=False, server_default=false()),
    Index("ix_clues_household", "household", "sign"),
    Index("ix_clues_standing", "org_unit", "status"),
    Index("ix_clues_sender", "sender"),
    Index("ix_clues_sender_unit", "sender_unit", "status"),
    Index("ix_clues_case", "case_id"),
    Index("ix_clues_family", "family", "found_on"),
    sqlite_autoincrement=True,
)
submissions = Table(
    "submissions",
    metadata,
    _id(),
    Column("code", LargeBinary, nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("source", LargeBinary, nullable=False),
    Column("puzzle", LargeBinary, nullable=False, unique=True),
    Column("received_at", Moment, nullable=False),
    Column("taken_at", Moment),
    Column("clue", _BIG),
    Column("state", String(12), nullable=False, server_default="received"),
    Column("answer", LargeBinary),
    Column("changed_at", Moment),
    Index("ix_submissions_new", "id", sqlite_where=text("taken_at IS NULL"), postgresql_where=text("taken_at IS NULL")),
    Index("ix_submissions_source", "source", "received_at"),
    sqlite_autoincrement=True,
)
debts = Table(
    "debts",
    metadata,
    _id(),
    _ref("clue", "clues.id", nullable=False, index=True),
    _ref("household", "households.id", nullable=True, index=True),
    Column("case_id", _BIG),
    Column("org_unit", String(24), nullable=False),
    Column("helped_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("chased_on", Date),
    Column("settled_at", Moment),
    sqlite_autoincrement=True,
)
leaflets = Table(
    "leaflets",
    metadata,
    _ref("household", "households.id", primary_key=True),
    Column("kind", String(12), primary_key=True),
    Column("given_on", Date, nullable=False),
    Column("given_by", _BIG),
)
cases = Table(
    "cases",
    metadata,
    _id(),
    _ref("household", "households.id", nullable=False),
    Column("clue_on", Date, nullable=False),
    Column("limit_at", Moment, nullable=False),
    Column("status", String(24), nullable=False, default="open"),
    Column("outcome", String(40)),
    Column("category", String(24)),
    Column("earlier_case", _BIG),
    Column("opened_at", Moment, nullable=False),
    Column("decided_at", Moment),
    Column("closed_at", Moment),
    Column("details", LargeBinary),
    Column("door", String(40), nullable=False, default="", server_default=""),
    Index(
        "uq_cases_open_household",
        "household",
        "door",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index("ix_cases_household", "household"),
    sqlite_autoincrement=True,
)
snapshots = Table(
    "snapshots",
    metadata,
    _id(),
    _ref("case_id", "cases.id", nullable=False, index=True),
    Column("household_version", Integer),
    Column("formula", String(40), nullable=False),
    Column("taken_at", Moment, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
measures = Table(
    "measures",
    metadata,
    _id(),
    _ref("case_id", "cases.id", nullable=False, index=True),
    Column("risk", String(24), nullable=False),
    Column("group", String(24), nullable=False),
    Column("lead", String(24), nullable=False),
    Column("planned_on", Date),
    Column("done_on", Date),
    Column("ended_at", Moment),
    sqlite_autoincrement=True,
)
contacts = Table(
    "contacts",
    metadata,
    _id(),
    _ref("household", "households.id", nullable=False, index=True),
    _ref("official", "officials.id", nullable=False),
    Column("level", String(12), nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date),
    sqlite_autoincrement=True,
)

# --- instances, tasks, waits -----------------------------------------------------------------------

process_instances = Table(
    "process_instances",
    metadata,
    _id(),
    Column("process", String(60), nullable=False),
    Column("subject_kind", String(20), nullable=False),
    Column("subject_id", _BIG, nullable=False),
    Column("case_id", _BIG, index=True),
    Column("household", _BIG),
    Column("org_unit", String(24)),
    Column("data_key", _BIG),
    _ref("deployment", "deployments.id", nullable=False),
    Column("stream", _BIG, nullable=False),
    Column("state", LargeBinary),
    Column("status", String(12), nullable=False, default="open"),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index(
        "ix_process_instances_subject",
        "subject_id",
        "subject_kind",
        sqlite_where=text("case_id IS NULL"),
        postgresql_where=text("case_id IS NULL"),
    ),
    sqlite_autoincrement=True,
)
tasks = Table(
    "tasks",
    metadata,
    _id(),
    _ref("instance", "process_instances.id", nullable=False),
    Column("address", String(160), nullable=False),
    Column("element", String(80), nullable=False),
    Column("type", String(40), nullable=False, server_default=""),
    Column("list", String(40), nullable=False, server_default=""),
    Column("item", String(40)),
    Column("case_id", _BIG, index=True),
    Column("roles", String(120), nullable=False),
    Column("org_unit", String(24), nullable=False),
    Column("assignee", _BIG),
    Column("due", Moment, nullable=False),
    Column("status", String(12), nullable=False, default="open"),
    Column("version", Integer, nullable=False, default=1),
    Column("urged", Integer, nullable=False, default=0),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("closed_by", _BIG),
    Column("answer", Json),
    UniqueConstraint("instance", "address"),
    Index(
        "ix_tasks_role",
        "org_unit",
        "roles",
        "due",
        sqlite_where=text("status = 'open' AND assignee IS NULL"),
        postgresql_where=text("status = 'open' AND assignee IS NULL"),
    ),
    Index("ix_tasks_mine", "assignee", "due", sqlite_where=text("status = 'open'"), postgresql_where=text("status = 'open'")),
    Index(
        "ix_tasks_done",
        "closed_by",
        "closed_at",
        sqlite_where=text("closed_by IS NOT NULL"),
        postgresql_where=text("closed_by IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)
task_drafts = Table(
    "task_drafts",
    metadata,
    _ref("task", "tasks.id", primary_key=True),
    _ref("official", "officials.id", primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("saved_at", Moment, nullable=False),
)
list_drafts = Table(
    "list_drafts",
    metadata,
    _ref("official", "officials.id", primary_key=True),
    Column("kind", String(60), primary_key=True),
    _ref("data_key", "data_keys.id", nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("saved_at", Moment, nullable=False),
)
kept_forms = Table(
    "kept_forms",
    metadata,
    _id(),
    _ref("official", "officials.id", nullable=False),
    Column("page", String(2_000), nullable=False),
    Column("action", String(300), nullable=False),
    Column("typed", Boolean, nullable=False),
    _ref("data_key", "data_keys.id", nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("saved_at", Moment, nullable=False),
    Column("form", String(24)),
    Column("tab", String(24)),
    UniqueConstraint("official", "form"),
    sqlite_autoincrement=True,
)
kept_files = Table(
    "kept_files",
    metadata,
    _id(),
    _ref("form", "kept_forms.id", nullable=False, index=True),
    Column("size", Integer, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
timers = Table(
    "timers",
    metadata,
    _ref("instance", "process_instances.id", primary_key=True),
    Column("address", String(160), primary_key=True),
    Column("element", String(80), nullable=False),
    Column("attached_to", String(80), nullable=False, default="", server_default=""),
    Column("due", Moment, nullable=False),
    Column("provisional", Boolean, nullable=False, default=False),
    Column("opened_at", Moment, nullable=False),
    Column("claimed_at", Moment),
    Column("tries", Integer, nullable=False, default=0),
    Index("ix_timers_due", "due"),
    Index(
        "ix_timers_provisional",
        "instance",
        "attached_to",
        sqlite_where=text("provisional"),
        postgresql_where=text("provisional"),
    ),
    sqlite_with_rowid=False,
)
acts = Table(
    "acts",
    metadata,
    _ref("case_id", "cases.id", primary_key=True),
    Column("element", String(160), primary_key=True),
    _ref("official", "officials.id", primary_key=True),
    sqlite_with_rowid=False,
)
instance_acts = Table(
    "instance_acts",
    metadata,
    _ref("instance", "process_instances.id", primary_key=True),
    Column("element", String(160), primary_key=True),
    _ref("official", "officials.id", primary_key=True),
    sqlite_with_rowid=False,
)
kept_lists = Table(
    "kept_lists",
    metadata,
    _ref("instance", "process_instances.id", primary_key=True),
    Column("digest", String(32), primary_key=True),
    Column("content", Json, nullable=False),
    sqlite_with_rowid=False,
)
awaited_messages = Table(
    "awaited_messages",
    metadata,
    _ref("instance", "process_instances.id", primary_key=True),
    Column("address", String(160), primary_key=True),
    Column("name", String(60), nullable=False),
    sqlite_with_rowid=False,
)
messages = Table(
    "messages",
    metadata,
    _id(),
    _ref("instance", "process_instances.id", nullable=False, index=True),
    Column("name", String(60), nullable=False),
    Column("sent_at", Moment, nullable=False),
    Column("sender", _BIG),
    Column("secret", LargeBinary, nullable=False),
    Column("delivered_event", Integer),
    sqlite_autoincrement=True,
)
holds = Table(
    "holds",
    metadata,
    _id(),
    _ref("case_id", "cases.id", nullable=False, index=True),
    Column("elements", Text, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("lifted_by_role", String(40), nullable=False),
    Column("cause", _BIG),
    Column("opened_at", Moment, nullable=False),
    Column("lifted_at", Moment),
    sqlite_autoincrement=True,
)
incidents = Table(
    "incidents",
    metadata,
    _id(),
    _ref("instance", "process_instances.id", nullable=False, index=True),
    Column("address", String(160), nullable=False),
    Column("element", String(80), nullable=False),
    Column("code", String(80), nullable=False),
    Column("details", Json, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    sqlite_autoincrement=True,
)
notices = Table(
    "notices",
    metadata,
    _id(),
    _ref("case_id", "cases.id", nullable=False, index=True),
    Column("posted_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("taken_down_on", Date),
    Column("void_at", Moment),
    Column("web_token", String(32), unique=True),
    sqlite_autoincrement=True,
)
papers = Table(
    "papers",
    metadata,
    _id(),
    Column("case_id", _BIG, index=True),
    Column("kind", String(80), nullable=False),
    Column("title", Text, nullable=False),
    Column("media_type", String(80), nullable=False),
    Column("hash", LargeBinary, nullable=False),
    _ref("data_key", "data_keys.id", nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("added_by", _BIG),
    Column("batch", _BIG, index=True),
    sqlite_autoincrement=True,
)
batches = Table(
    "batches",
    metadata,
    _id(),
    Column("kind", String(24), nullable=False),
    Column("org_unit", String(24), nullable=False, index=True),
    Column("happened_on", Date, nullable=False),
    Column("made_at", Moment, nullable=False),
    _ref("made_by", "officials.id", nullable=False),
    _ref("data_key", "data_keys.id", nullable=False),
    Column("secret", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
batch_items = Table(
    "batch_items",
    metadata,
    _ref("batch", "batches.id", primary_key=True),
    Column("row", Integer, primary_key=True),
    _ref("case_id", "cases.id", nullable=False, index=True),
    _ref("task", "tasks.id", nullable=False),
)

# --- the monthly re-screening ----------------------------------------------------------------------

runs = Table(
    "runs",
    metadata,
    _id(),
    Column("kind", String(20), nullable=False),
    Column("period", String(20), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("late", Boolean, nullable=False, default=False),
    Column("status", String(12), nullable=False),
    Column("closed_at", Moment),
    Column("counts", Json, nullable=False),
    UniqueConstraint("kind", "period"),
    sqlite_autoincrement=True,
)
duties = Table(
    "duties",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("subject", _BIG, primary_key=True),
    Column("period", String(20), primary_key=True),
    Column("org_unit", String(24), nullable=False),
    Column("status", String(12), nullable=False),
    Column("due_on", Date, nullable=False),
    Column("done_at", Moment),
    sqlite_with_rowid=False,
)
department_files = Table(
    "department_files",
    metadata,
    _id(),
    _ref("run", "runs.id", nullable=False, index=True),
    Column("department", String(24), nullable=False),
    Column("template", String(40), nullable=False),
    Column("file_hash", LargeBinary, nullable=False),
    Column("data_on", Date, nullable=False),
    Column("counts", Json, nullable=False),
    Column("uploaded_by", _BIG),
    Column("uploaded_at", Moment, nullable=False),
    Column("status", String(12), nullable=False),
    _ref("data_key", "data_keys.id", nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("original_until", Date),
    UniqueConstraint("run", "template", "file_hash"),
    sqlite_autoincrement=True,
)
findings = Table(
    "findings",
    metadata,
    _ref("file", "department_files.id", primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("clue", _BIG, nullable=False),
    Column("fresh", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
extracts = Table(
    "extracts",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("stamp", String(80), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("rows", Integer, nullable=False),
    _ref("data_key", "data_keys.id", nullable=False),
    Column("secret", LargeBinary, nullable=False),
)

# --- grids and rounds of visits ---------------------------------------------------------------------

grids = Table(
    "grids",
    metadata,
    _id(),
    Column("org_unit", String(24), nullable=False, index=True),
    Column("name", String(40), nullable=False),
    UniqueConstraint("org_unit", "name"),
    sqlite_autoincrement=True,
)
grid_people = Table(
    "grid_people",
    metadata,
    _id(),
    _ref("grid", "grids.id", nullable=False, index=True),
    _ref("official", "officials.id", nullable=False),
    Column("from_on", Date, nullable=False),
    Column("until_on", Date),
    Column("reason", Text),
    sqlite_autoincrement=True,
)
grid_households = Table(
    "grid_households",
    metadata,
    _ref("household", "households.id", primary_key=True),
    _ref("grid", "grids.id", nullable=False, index=True),
)
visit_items = Table(
    "visit_items",
    metadata,
    _ref("run", "runs.id", primary_key=True),
    _ref("household", "households.id", primary_key=True),
    Column("org_unit", String(24), nullable=False),
    Column("grid", _BIG),
    Column("groups", String(120)),
    Column("status", String(12), nullable=False),
    Column("result", String(12)),
    Column("signs", Text),
    Column("helped_outside", Boolean, nullable=False, default=False),
    Column("visited_on", Date),
    Column("done_at", Moment),
    Column("done_by", _BIG),
    Index("ix_visit_items_village", "run", "org_unit", "status"),
    sqlite_with_rowid=False,
)

# --- what former poor households earn and spend, month by month -------------------------------------

month_incomes = Table(
    "month_incomes",
    metadata,
    _ref("household", "households.id", primary_key=True),
    Column("period", String(7), primary_key=True),
    Column("org_unit", String(24), nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("entered_by", _BIG),
    Column("entered_at", Moment, nullable=False),
    Index("ix_month_incomes_village", "org_unit", "period"),
    sqlite_with_rowid=False,
)

# --- the monthly exchange (6.2) --------------------------------------------------------------------

exchanges = Table(
    "exchanges",
    metadata,
    _id(),
    Column("kind", String(20), nullable=False),
    Column("period", String(7), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("token", String(64), nullable=False, unique=True),
    Column("status", String(12), nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("next_at", Moment, nullable=False),
    Column("trouble", String(40)),
    Column("receipt", String(200)),
    Column("made_at", Moment, nullable=False),
    Column("closed_at", Moment),
    _ref("data_key", "data_keys.id", nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("basis", String(120)),
    UniqueConstraint("kind", "period"),
    sqlite_autoincrement=True,
)
handed_on = Table(
    "handed_on",
    metadata,
    _ref("exchange", "exchanges.id", primary_key=True),
    _ref("household", "households.id", primary_key=True, index=True),
    sqlite_with_rowid=False,
)

# --- risks of a whole place -------------------------------------------------------------------------

indicator_values = Table(
    "indicator_values",
    metadata,
    Column("indicator", String(40), primary_key=True),
    Column("org_unit", String(24), primary_key=True),
    Column("period", String(7), primary_key=True),
    Column("value", BigInteger, nullable=False),
    Column("entered_by", _BIG),
    Column("entered_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)
scale_risks = Table(
    "scale_risks",
    metadata,
    _id(),
    Column("why", String(12), nullable=False),
    Column("period", String(10), nullable=False),
    Column("about", String(60), nullable=False),
    Column("org_unit", String(24), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("status", String(12), nullable=False),
    Column("outcome", String(12)),
    Column("closed_at", Moment),
    _ref("data_key", "data_keys.id", nullable=False),
    Column("secret", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
scale_signals = Table(
    "scale_signals",
    metadata,
    _id(),
    Column("period", String(7), nullable=False),
    Column("rule", String(12), nullable=False),
    Column("about", String(60), nullable=False),
    Column("org_unit", String(24), nullable=False),
    Column("since", String(7), nullable=False),
    Column("figures", Json, nullable=False),
    Column("found_at", Moment, nullable=False),
    _ref("risk", "scale_risks.id", nullable=False, index=True),
    Column("fresh", Boolean, nullable=False),
    UniqueConstraint("period", "rule", "about", "org_unit"),
    sqlite_autoincrement=True,
)
scan_thresholds = Table(
    "scan_thresholds",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("total", Integer, primary_key=True),
    Column("micros", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# --- the record ------------------------------------------------------------------------------------

streams = Table(
    "streams",
    metadata,
    _id(),
    Column("name", String(60), nullable=False, unique=True),
    Column("number", Integer, nullable=False, default=0),
    Column("hash", LargeBinary, nullable=False, default=b""),
    sqlite_autoincrement=True,
)
events = Table(
    "events",
    metadata,
    _ref("stream", "streams.id", primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", _BIG),
    Column("case_id", _BIG),
    Column("instance", _BIG),
    Column("command_id", LargeBinary),
    Column("body", LargeBinary, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("prev_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index(
        "uq_events_command",
        "command_id",
        unique=True,
        sqlite_where=text("command_id IS NOT NULL"),
        postgresql_where=text("command_id IS NOT NULL"),
    ),
)
data_keys = Table(
    "data_keys",
    metadata,
    _id(),
    Column("owner", String(60), nullable=False),
    Column("suite", String(12), nullable=False),
    Column("master", String(20), nullable=False),
    Column("wrapped", LargeBinary),
    Column("destroyed_at", Moment),
    sqlite_autoincrement=True,
)
seals = Table(
    "seals",
    metadata,
    Column("day", Date, primary_key=True),
    Column("made_at", Moment, nullable=False),
    Column("suite", String(12), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
)
readings = Table(
    "readings",
    metadata,
    _id(),
    _ref("official", "officials.id", nullable=False),
    _ref("household", "households.id", nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("what", String(40), nullable=False),
    Column("reason", Text),
    Column("secret", LargeBinary),
    sqlite_autoincrement=True,
)

# --- jobs ------------------------------------------------------------------------------------------

job_runs = Table(
    "job_runs",
    metadata,
    Column("job", String(60), primary_key=True),
    Column("period", String(20), primary_key=True),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("result", Json),
    Column("asked", Json),
    Column("beat_at", Moment),
)
exports = Table(
    "exports",
    metadata,
    _id(),
    _ref("official", "officials.id", nullable=False, index=True),
    Column("org_unit", String(24), nullable=False),
    Column("filters", Json, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("status", String(12), nullable=False),
    _ref("data_key", "data_keys.id", nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("decided_by", _BIG),
    Column("decided_at", Moment),
    Column("taken_at", Moment),
    Index("ix_exports_asked", "org_unit", sqlite_where=text("status = 'asked'"), postgresql_where=text("status = 'asked'")),
    sqlite_autoincrement=True,
)
leases = Table(
    "leases",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", Moment, nullable=False),
)
clock = Table(
    "clock",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("offset_micros", BigInteger, nullable=False),
)

INSERT_ONLY = ("events", "entries", "readings", "seals", "files", "deployments", "deployment_files")
"""Tables whose rows are never changed or removed; triggers hold this on both databases."""
