"""What a log says of an error: type and place, no word of it."""

from app import trouble
from app.policy import calendar


def test_an_error_is_named_by_its_type_and_our_last_line() -> None:
    try:
        calendar.add_months("演示户甲", 1)  # type: ignore[arg-type]
    except Exception as error:
        told = trouble.of(error)
    assert told["cause"] and told["place"].startswith("policy/calendar.py:") and "演示" not in str(told)


def test_an_error_of_others_has_no_place() -> None:
    try:
        int("演示")
    except ValueError as error:
        assert trouble.of(error) == {"cause": "ValueError"}
