"""JSON Schema 2020-12 -> Form. Reads a narrow, checked dialect: what it cannot draw it refuses by name.

Allowed: one object with `properties` (string, integer, array, object of counts), `$ref` into codes.json,
`required`, and `allOf` of `if`/`then`/`else` where `if` asks one field for codes and the branches name fields
(`required`: asked and must be answered; `properties: {name: true}`: asked, may stay empty).
No `pattern`: a regular expression in an uploaded file could hang the process; formats are named instead.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from jsonschema import Draft202012Validator, FormatChecker

from app.forms import text
from app.forms.model import CodedMessage, Condition, Field, Form, FormError, Kind, Option

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MAX_BYTES = 200_000
MAX_FIELDS = 60
MAX_TEXT = 4_000
MAX_FEN = 100_000_000_000

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_BELONGS = re.compile(r"(?:(?:household|member|case):[a-z][a-z0-9_]*|process|step)\Z")
_REF = re.compile(r"(?:\.\./)*codes\.json#/\$defs/([a-z][a-z0-9_]*)\Z")
_OBJECT = frozenset({"type", "properties", "required", "additionalProperties", "allOf"})
_ROOT = _OBJECT | {"$schema", "$id", "title", "description"}
_BOUNDS = {"items", "minItems", "maxItems", "uniqueItems", "minLength", "maxLength", "minimum", "maximum"}
_OWN = {"belongs-to", "widget", "acting", "confirm", "choices", "always", "past", "happened-on", "unique", "batch"}
_OWN |= {"minor", "guardian"}
KEYWORDS = tuple(sorted(f"x-{word}" for word in _OWN | {"sensitive", "spare-rows"}))
"""What a question may say beyond JSON Schema."""
_FIELD = frozenset(_OBJECT - {"allOf"} | {"title", "description", "$ref", "oneOf", "format"} | _BOUNDS | set(KEYWORDS))
_DEFAULT_WIDGET = {"string": "text", "integer": "integer", "array": "checks", "object": "votes"}
_KINDS_OF_WIDGET = {
    "text": ("string",),
    "textarea": ("string",),
    "date": ("string",),
    "radio": ("string",),
    "select": ("string",),
    "money": ("integer",),
    "integer": ("integer",),
    "hidden": ("integer", "string"),
    "checks": ("array",),
    "table": ("array",),
    "people": ("array",),
    "officials": ("integer", "array"),
    "scan": ("integer", "array"),
    "votes": ("object",),
}


def _format_checker() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, judge in text.FORMATS.items():

        def accepts(value: object, judge: Any = judge) -> bool:
            if isinstance(value, str):
                judge(value)
            return True

        checker.checks(name, raises=text.TextError)(accepts)
    return checker


_CHECKER = _format_checker()


def parse(content: str) -> dict[str, Any]:
    """The JSON text of a form file -> its object; size and nesting are bounded."""
    if len(content) > MAX_BYTES:
        raise FormError("forms.schema.too_large", "")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise FormError("forms.schema.not_json", "") from None
    if not isinstance(found, dict):
        raise FormError("forms.schema.not_json", "")
    return found


def load(schema: Mapping[str, Any], codes: Mapping[str, Any]) -> Form:
    """Read a form once; the result may be cached and shared. Raises FormError for what it does not draw.

    `codes` is the content of codes.json ({"$defs": {list: {"oneOf": [{"const", "title"}]}}}).
    """
    if schema.get("$schema") != DIALECT or schema.get("type") != "object":
        raise FormError("forms.schema.dialect", "")
    _only(schema, _ROOT, "")
    fields, compiled = _object(schema, codes, "", "")
    validator = Draft202012Validator({"$schema": DIALECT, **compiled}, format_checker=_CHECKER)
    return Form(_words(schema, "title", ""), str(schema.get("description", "")), fields, validator)


def problems(schema: Mapping[str, Any], codes: Mapping[str, Any]) -> list[CodedMessage]:
    """What stops this schema from being a form; empty when nothing does. For the check before deployment."""
    try:
        load(schema, codes)
    except FormError as error:
        return [(error.code, {"path": error.path, **error.details})]
    return []


def _only(part: Mapping[str, Any], allowed: frozenset[str], path: str) -> None:
    for keyword in part:
        if keyword not in allowed:
            raise FormError("forms.schema.keyword", path, keyword=str(keyword)[:40])


def _words(part: Mapping[str, Any], keyword: str, path: str) -> str:
    found = part.get(keyword)
    if not isinstance(found, str) or not found.strip():
        raise FormError("forms.schema.missing", path, keyword=keyword)
    return found


def _object(
    part: Mapping[str, Any], codes: Mapping[str, Any], path: str, inherited: str
) -> tuple[tuple[Field, ...], dict[str, Any]]:
    """The fields of one object level, and the schema that judges it."""
    properties = part.get("properties")
    if not isinstance(properties, Mapping) or len(properties) > MAX_FIELDS:
        raise FormError("forms.schema.missing", path, keyword="properties")
    if part.get("additionalProperties") is not False:
        raise FormError("forms.schema.open", path)
    required = part.get("required", [])
    when, needed, asked_under = _conditions(part.get("allOf", []), list(properties), path)
    for name in [*required, *when]:
        if name not in properties:
            raise FormError("forms.schema.unknown_name", path, name=str(name)[:40])
    fields: list[Field] = []
    compiled: dict[str, Any] = {}
    for name, found in properties.items():
        here = f"{path}/{name}"
        if not _NAME.match(name) or not isinstance(found, Mapping):
            raise FormError("forms.schema.name", here, name=name[:40])
        rules = {"when": when.get(name, ()), "needed": needed.get(name, ()), "required": name in required}
        item, compiled[name] = _field(name, found, codes, here, inherited=inherited, rules=rules)
        if item.required and item.when:
            raise FormError("forms.schema.required_and_conditional", here)
        fields.append(item)
    _codes_exist(fields, asked_under, path)
    judged = {
        "type": "object",
        "properties": compiled,
        "required": list(required),
        "additionalProperties": False,
        "allOf": [dict(rule) for rule in part.get("allOf", [])],
    }
    return tuple(fields), judged


def _codes_exist(fields: Sequence[Field], asked: Sequence[Condition], path: str) -> None:
    known = {item.name: item for item in fields}
    for condition in asked:
        subject = known[condition.field]
        if not subject.options or not set(condition.codes) <= subject.codes:
            raise FormError("forms.schema.condition", path, name=condition.field)


def _conditions(
    rules: Any, order: list[str], path: str
) -> tuple[dict[str, tuple[Condition, ...]], dict[str, tuple[Condition, ...]], list[Condition]]:
    """From `allOf` of if/then/else: when a field is asked, when it is required, and every condition used."""
    asked: dict[str, tuple[Condition, ...]] = {}
    needed: dict[str, tuple[Condition, ...]] = {}
    used: list[Condition] = []
    for rule in rules:
        if not isinstance(rule, Mapping):
            raise FormError("forms.schema.condition", path, name="")
        condition = _condition(rule, path)
        if condition.field not in order:
            raise FormError("forms.schema.unknown_name", path, name=condition.field)
        used.append(condition)
        for keyword, negated in (("then", False), ("else", True)):
            branch = rule.get(keyword, {})
            _only(branch, frozenset({"required", "properties"}), path)
            here = Condition(condition.field, condition.codes, negated)
            shown = branch.get("properties", {})
            if any(value is not True for value in shown.values()):
                raise FormError("forms.schema.condition", path, name=condition.field)
            for name in {*branch.get("required", []), *shown}:
                if name not in order or order.index(name) <= order.index(condition.field):
                    raise FormError("forms.schema.condition_order", path, name=str(name)[:40])
                asked[name] = (*asked.get(name, ()), here)
            for name in branch.get("required", []):
                needed[name] = (*needed.get(name, ()), here)
    return asked, needed, used


def _condition(rule: Any, path: str) -> Condition:
    """`{"properties": {f: {const | enum | contains}}, "required": [f]}` and nothing else."""
    try:
        _only(rule, frozenset({"if", "then", "else"}), path)
        test = rule["if"]
        ((name, asks),) = test["properties"].items()
        if set(test) != {"properties", "required"} or list(test["required"]) != [name]:
            raise FormError("forms.schema.condition", path, name=name)
        asks = asks.get("contains", asks)
        codes = [asks["const"]] if "const" in asks else asks["enum"]
        if not codes or not all(isinstance(code, str) for code in codes):
            raise TypeError
        return Condition(name, tuple(codes))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, FormError):
            raise
        raise FormError("forms.schema.condition", path, name="") from None


def _resolved(part: Mapping[str, Any], codes: Mapping[str, Any], path: str) -> dict[str, Any]:
    """A property with its code list put in the place of `$ref`."""
    reference = part.get("$ref")
    if reference is None:
        return dict(part)
    match = _REF.match(str(reference))
    listed = codes.get("$defs", {}).get(match[1]) if match else None
    if not isinstance(listed, Mapping) or "oneOf" not in listed:
        raise FormError("forms.schema.reference", path, reference=str(reference)[:80])
    return {"type": "string", "oneOf": listed["oneOf"], **{k: v for k, v in part.items() if k != "$ref"}}


def _options(part: Mapping[str, Any], path: str) -> tuple[Option, ...]:
    try:
        found = tuple(Option(one["const"], one["title"], one.get("x-group", "")) for one in part.get("oneOf", ()))
    except (KeyError, TypeError):
        raise FormError("forms.schema.options", path) from None
    if len({option.code for option in found}) != len(found) or not all(
        isinstance(option.code, str) and isinstance(option.title, str) for option in found
    ):
        raise FormError("forms.schema.options", path)
    return found


def _field(
    name: str,
    found: Mapping[str, Any],
    codes: Mapping[str, Any],
    path: str,
    *,
    inherited: str,
    rules: dict[str, Any],
) -> tuple[Field, dict[str, Any]]:
    part = _resolved(found, codes, path)
    _only(part, _FIELD, path)
    kind = part.get("type")
    widget = part.get("x-widget") or _DEFAULT_WIDGET.get(str(kind), "")
    if not isinstance(kind, str) or not isinstance(widget, str) or kind not in _KINDS_OF_WIDGET.get(widget, ()):
        raise FormError("forms.schema.widget", path, widget=str(widget)[:40])
    items = _resolved(part.get("items", {}), codes, path)
    options = _options(items if kind == "array" else part, path)
    belongs_to = part.get("x-belongs-to", inherited)
    if not isinstance(belongs_to, str) or not _BELONGS.match(belongs_to):
        raise FormError("forms.schema.belongs_to", path)
    columns: tuple[Field, ...] = ()
    if widget == "table":
        columns, row = _object(items, codes, path, belongs_to)
        judged = _list(part, row, path)
    elif kind == "object":
        _only(part, _FIELD, path)
        columns, judged = _object({k: v for k, v in part.items() if k in _OBJECT}, codes, path, belongs_to)
    elif kind == "array":
        judged = _list(part, _scalar(items, options, widget, part, path), path)
        judged["uniqueItems"] = True
    else:
        judged = _scalar(part, options, widget, part, path)
    day = kind == "string" and part.get("format") == "date"
    if belongs_to == "process" and not (options or part.get("x-choices") or widget == "officials" or day):
        raise FormError("forms.schema.process_text", path)
    if widget in ("radio", "select", "checks") and not options and not part.get("x-choices"):
        raise FormError("forms.schema.options", path)
    if part.get("x-unique") and part["x-unique"] not in {column.name for column in columns}:
        raise FormError("forms.schema.unknown_name", path, name=str(part["x-unique"])[:40])
    when = () if part.get("x-always") else rules["when"]
    made = Field(
        name=name,
        title=_words(part, "title", path),
        hint=str(part.get("description", "")),
        widget=widget,
        kind=cast(Kind, kind),
        belongs_to=belongs_to,
        required=rules["required"],
        options=options,
        choices=str(part.get("x-choices", "")),
        when=when,
        needed_when=rules["needed"],
        columns=columns,
        format=str((items if kind == "array" else part).get("format", "")),
        max_length=(items if kind == "array" else part).get("maxLength", 0),
        min_items=part.get("minItems", 0),
        max_items=part.get("maxItems", 0),
        minimum=judged.get("minimum"),
        maximum=judged.get("maximum"),
        acting=bool(part.get("x-acting")),
        confirm=bool(part.get("x-confirm")),
        past=bool(part.get("x-past") or part.get("x-happened-on")),
        happened=bool(part.get("x-happened-on")),
        unique=str(part.get("x-unique", "")),
        sensitive=str(part.get("x-sensitive", "")),
        batch=_batch(part, path),
        spare_rows=part.get("x-spare-rows", 1),
        minor=_minor(part, options, path),
        guardian=bool(part.get("x-guardian")),
    )
    return made, judged


def _minor(part: Mapping[str, Any], options: tuple[Option, ...], path: str) -> str:
    """`head`, or in a table's column the code that a minor's row must have."""
    said = str(part.get("x-minor", ""))
    if said and said != "head" and said not in {option.code for option in options}:
        raise FormError("forms.schema.keyword", path, keyword=f"x-minor {said[:20]}")
    return said


def _batch(part: Mapping[str, Any], path: str) -> str:
    """How a list of households is asked: once for all, each, or made by the system; each where nothing is said."""
    said = str(part.get("x-batch", "each"))
    if said not in ("once", "each", "made"):
        raise FormError("forms.schema.keyword", path, keyword=f"x-batch {said[:20]}")
    return said


def _list(part: Mapping[str, Any], items: dict[str, Any], path: str) -> dict[str, Any]:
    most = part.get("maxItems")
    if not isinstance(most, int) or not 1 <= most <= 200:
        raise FormError("forms.schema.unbounded", path, keyword="maxItems")
    return {"type": "array", "items": items, "minItems": part.get("minItems", 0), "maxItems": most}


def _scalar(
    part: Mapping[str, Any], options: tuple[Option, ...], widget: str, outer: Mapping[str, Any], path: str
) -> dict[str, Any]:
    """The judge of one plain value. Code lists become `enum` (a `oneOf` of 40 constants is slow to try)."""
    kind = part.get("type")
    if kind == "integer":
        default = MAX_FEN if widget == "money" else 1_000_000_000
        return {
            "type": "integer",
            "minimum": part.get("minimum", 0),
            "maximum": min(part.get("maximum", default), default),
        }
    if kind != "string":
        raise FormError("forms.schema.widget", path, widget=str(kind)[:40])
    if options:
        return {"type": "string", "enum": [option.code for option in options]}
    shape = part.get("format")
    if shape is not None and shape not in text.FORMATS:
        raise FormError("forms.schema.format", path, format=str(shape)[:40])
    if widget == "date" and shape != "date":
        raise FormError("forms.schema.format", path, format="date")
    most = part.get("maxLength")
    if not isinstance(most, int) or not 1 <= most <= MAX_TEXT:
        if not outer.get("x-choices"):
            raise FormError("forms.schema.unbounded", path, keyword="maxLength")
        most = 64
    judged: dict[str, Any] = {"type": "string", "minLength": part.get("minLength", 1), "maxLength": most}
    if shape in text.FORMATS:
        judged["format"] = shape
    return judged
