"""FORMS: schema -> fields to draw; submitted strings -> clean values, or an error per field.

No database, no Flask, no clock: one library, jsonschema.

`load` reads a JSON Schema once; `clean` judges what a person typed, `strict` what a program hands in.
Problems are `(code, args)` pairs; `app.labels.forms` has the sentences.
"""

from app.forms.clean import Cleaned, clean, shown, strict, without_strangers
from app.forms.judge import in_order
from app.forms.model import CodedMessage, Condition, Field, Form, FormError, Option, holds
from app.forms.parts import (
    acting_people,
    blank,
    happened_on,
    names,
    process_names,
    process_values,
    split,
    told,
)
from app.forms.schema import KEYWORDS, load, parse, problems
from app.forms.text import day_in_words, prose, yuan
from app.forms.view import Cell, Row, draw, searched

__all__ = [
    "KEYWORDS",
    "Cell",
    "Cleaned",
    "CodedMessage",
    "Condition",
    "Field",
    "Form",
    "FormError",
    "Option",
    "Row",
    "acting_people",
    "blank",
    "clean",
    "day_in_words",
    "draw",
    "happened_on",
    "holds",
    "in_order",
    "load",
    "names",
    "parse",
    "problems",
    "process_names",
    "process_values",
    "prose",
    "searched",
    "shown",
    "split",
    "strict",
    "told",
    "without_strangers",
    "yuan",
]
