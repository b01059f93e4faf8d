"""Papers of a case: what is known of it for them, what each says, and printing."""

from .file import (
    File,
    carries_monitoring,
    category,
    day_of,
    days_of_notice,
    entering,
    group_of_file,
    matter,
    objections_to,
    open_file,
    outcome_words,
)
from .printing import (
    BEFORE,
    GROUPS,
    MEDIA,
    OF_STEP,
    Format,
    Printable,
    available,
    before,
    leaflet,
    may_open_scan,
    may_print,
    own_groups,
    render,
    title_of,
    values,
)

__all__ = [
    "BEFORE", "GROUPS", "MEDIA", "OF_STEP", "File", "Format", "Printable", "available", "before", "carries_monitoring",
    "category", "day_of", "days_of_notice", "entering", "group_of_file", "leaflet", "matter", "may_open_scan",
    "may_print", "objections_to", "open_file", "outcome_words", "own_groups", "render", "title_of", "values",
]  # fmt: skip
