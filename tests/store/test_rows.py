"""Row classes: their fields are the columns, in order, so that a changed table is seen."""

from dataclasses import FrozenInstanceError, fields
from datetime import UTC, datetime

import pytest

from app.store import cases, households
from app.store.rows import Case, Clue, Household, Task
from app.store.tables import clues, metadata, tasks
from app.store.types import micros, moment
from tests.conftest import County
from tests.walking import Walk


@pytest.mark.parametrize(("kind", "table"), [(Clue, clues), (Task, tasks), (Household, metadata.tables["households"])])
def test_a_row_has_every_column_of_its_table_in_order(kind: type, table: object) -> None:
    assert [f.name for f in fields(kind)] == [c.name for c in table.c]  # type: ignore[attr-defined]


def test_a_case_comes_with_its_households_plain_columns_and_cannot_be_changed(county: County) -> None:
    walk = Walk(county, 1).open()
    with county.store.reading() as session:
        case = cases.known(session, walk.case_id)
        household = households.get(session, case.household)
        assert household is not None
        assert (case.head_name, case.org_unit, case.data_key) == (household.head_name, household.org_unit, household.data_key)
        assert cases.cases_of(session, case.household) == [case]
    with pytest.raises(FrozenInstanceError):
        case.status = "closed"  # type: ignore[misc]
    columns = [c.name for c in metadata.tables["cases"].c]
    assert [f.name for f in fields(Case)][: len(columns)] == columns


def test_moments_are_kept_to_the_microsecond() -> None:
    for at in (datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC), datetime(2021, 9, 1, 8, 30, 0, 1, UTC)):
        assert moment(micros(at)) == at
