"""Several questions in one statement: a page of many short lists costs one round trip.

A `question` is a select by its arguments. Asked alone it is an ordinary statement; `together` asks many, each as a JSON
array of arrays inside one row, and leaves the answers where a reading keeps what it asked already.
"""

import json
from collections import namedtuple
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache, update_wrapper
from inspect import signature
from typing import Any, Generic, ParamSpec, TypeVar

from sqlalchemy import Boolean, Date, Dialect, LargeBinary, Select, Text, bindparam, case, cast, func, select
from sqlalchemy.types import TypeDecorator, TypeEngine

from .session import Session

Asked = ParamSpec("Asked")
Given = TypeVar("Given")


class Question(Generic[Asked, Given]):
    """A select over plain columns by its arguments, which it only compares with columns or takes as its limit. A reading
    asks it once; who gets the rows shares them, and leaves them as they are."""

    def __init__(self, build: Callable[Asked, Select[Any]], row: Callable[..., Given] | None = None) -> None:
        update_wrapper(self, build)
        self._build, self.row = build, row
        self.names = tuple(signature(build).parameters)
        self._alone: Select[Any] | None = None

    def select(self, prefix: str) -> Select[Any]:
        """The statement with its arguments as parameters of this prefix."""
        build: Callable[..., Select[Any]] = self._build
        return build(*(bindparam(f"{prefix}{name}") for name in self.names))

    def __call__(self, session: Session, /, *args: Asked.args, **more: Asked.kwargs) -> Sequence[Given]:
        given = (*args, *(more[name] for name in self.names[len(args) :]))
        key = (self, given)
        if session.asked is not None and key in session.asked:
            kept: Sequence[Given] = session.asked[key]
            return kept
        if self._alone is None:
            self._alone = self.select("")
        rows: Any = session.conn.execute(self._alone, dict(zip(self.names, given, strict=True))).all()
        found: Sequence[Given] = rows if self.row is None else [self.row(*one) for one in rows]
        if session.asked is not None:
            session.asked[key] = found
        return found


def question(build: Callable[Asked, Select[Any]]) -> Question[Asked, Any]:
    """A question of the store: `build` gives the select for its arguments."""
    return Question(build)


def question_of(row: Callable[..., Given]) -> Callable[[Callable[Asked, Select[Any]]], Question[Asked, Given]]:
    """A question whose columns stand in the order of the fields of a row class."""
    return lambda build: Question(build, row)


def together(session: Session, *asked: tuple[Question[..., Any], tuple[Any, ...]]) -> None:
    """Ask these in one statement. Only a reading keeps answers: elsewhere nothing happens, and each is asked when needed."""
    if session.asked is None:
        return
    wanted = [one for one in dict.fromkeys(asked) if one not in session.asked]
    if not wanted:
        return
    dialect = session.conn.dialect
    statement, shapes = _combined(dialect.name, tuple(question for question, _ in wanted))
    params = {
        f"q{n}_{name}": value
        for n, (question, args) in enumerate(wanted)
        for name, value in zip(question.names, args, strict=True)
    }
    found = session.conn.execute(statement, params).one()
    for one, (row, types), text in zip(wanted, shapes, found, strict=True):
        readers = [_reader(kind, dialect) for kind in types]
        session.asked[one] = [
            row(
                *(
                    value if read is None or value is None else read(value)
                    for read, value in zip(readers, values, strict=True)
                )
            )
            for values in json.loads(text)
        ]


@lru_cache(maxsize=64)
def _combined(dialect: str, questions: tuple[Question[..., Any], ...]) -> tuple[Select[Any], tuple[Any, ...]]:
    """The statement, and of each question (row class, types of its columns)."""
    parts, shapes = [], []
    for n, question in enumerate(questions):
        asked = question.select(f"q{n}_")
        if dialect == "sqlite" and asked._limit_clause is None:
            asked = asked.limit(-1)  # with a limit it keeps its order inside an aggregate
        rows = asked.subquery()
        columns = [_written(column, dialect) for column in rows.c]
        if dialect == "sqlite":
            lines = func.json_group_array(func.json_array(*columns))
        else:
            lines = func.coalesce(cast(func.json_agg(func.json_build_array(*columns)), Text), "[]")
        parts.append(select(lines).select_from(rows).scalar_subquery())
        row = question.row or namedtuple("Row", [c.key for c in rows.c], rename=True)
        shapes.append((row, tuple(c.type for c in rows.c)))
    return select(*(part.label(f"q{n}") for n, part in enumerate(parts))), tuple(shapes)


def _written(column: Any, dialect: str) -> Any:
    """A column as JSON takes it: bytes as hexadecimal digits."""
    if isinstance(column.type, LargeBinary):
        return case((column.is_not(None), func.hex(column))) if dialect == "sqlite" else func.encode(column, "hex")
    return column


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """From JSON to the value that the column's type gives; None where they are the same."""
    if isinstance(kind, TypeDecorator):
        return lambda value: kind.process_result_value(value, dialect)
    if isinstance(kind, Date):
        return date.fromisoformat
    if isinstance(kind, LargeBinary):
        return bytes.fromhex
    return bool if isinstance(kind, Boolean) else None
