from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import pytest

from app.policy import calendar
from app.policy.income import income_window


def workday(day: date) -> bool | None:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None


def test_fifteen_working_days_step_over_the_autumn_holidays_and_count_the_make_up_saturday() -> None:
    assert calendar.add_working_days(date(2026, 9, 21), 15, workday) == (date(2026, 10, 19), False)
    assert calendar.add_working_days(date(2026, 9, 29), 7, workday) == (date(2026, 10, 14), False)
    assert workday(date(2026, 2, 14)) and workday(date(2026, 10, 10))


def test_an_unknown_year_counts_weekdays_and_says_so() -> None:
    assert calendar.add_working_days(date(2026, 12, 31), 1, workday) == (date(2027, 1, 1), True)
    assert calendar.add_working_days(date(2026, 12, 30), 1, workday) == (date(2026, 12, 31), False)


def test_a_calendar_without_working_days_is_an_error_not_a_hang() -> None:
    with pytest.raises(ValueError, match="no working day"):
        calendar.add_working_days(date(2026, 1, 1), 1, lambda day: False)


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2021, 12, 31), 2, date(2022, 2, 28)),
        (date(2021, 11, 30), 1, date(2021, 12, 30)),
        (date(2021, 1, 31), -2, date(2020, 11, 30)),
        (date(2021, 5, 15), 0, date(2021, 5, 15)),
    ],
)
def test_months_end_on_the_last_day_of_a_shorter_month(start: date, n: int, end: date) -> None:
    assert calendar.add_months(start, n) == end


def test_the_day_after_the_clue_is_day_one_and_the_last_day_belongs_to_it() -> None:
    clue = date(2026, 3, 1)
    due = calendar.end_of(calendar.add_days(clue, 15))
    assert due == datetime(2026, 3, 16, 16, tzinfo=UTC)
    assert calendar.days_left(due, datetime(2026, 3, 1, 1, tzinfo=UTC)) == 15
    assert calendar.days_left(due, due - timedelta(microseconds=1)) == 0
    assert calendar.days_left(due, due) == -1


def test_a_local_day_begins_at_sixteen_hours_utc_the_day_before() -> None:
    assert calendar.local_date(datetime(2026, 3, 1, 15, 59, tzinfo=UTC)) == date(2026, 3, 1)
    assert calendar.local_date(datetime(2026, 3, 1, 16, 0, tzinfo=UTC)) == date(2026, 3, 2)
    with pytest.raises(ValueError, match="time zone"):
        calendar.local_date(datetime(2026, 3, 1))


def test_a_notice_of_five_days_is_over_when_five_whole_days_have_passed() -> None:
    assert calendar.notice_over_on(date(2026, 3, 1), 5) == date(2026, 3, 7)


def test_add_knows_the_three_units_only() -> None:
    assert calendar.add(date(2026, 1, 31), 1, "months", workday) == (date(2026, 2, 28), False)
    assert calendar.add(date(2026, 1, 31), 1, "calendar_days", workday) == (date(2026, 2, 1), False)
    with pytest.raises(ValueError, match="weeks"):
        calendar.add(date(2026, 1, 31), 1, "weeks", workday)


def test_income_window_is_the_twelve_full_months_before_the_month_of_application() -> None:
    assert income_window(date(2021, 6, 17)) == (date(2020, 6, 1), date(2021, 5, 31))
    assert income_window(date(2024, 3, 31)) == (date(2023, 3, 1), date(2024, 2, 29))
    assert income_window(date(2024, 1, 1)) == (date(2023, 1, 1), date(2023, 12, 31))
