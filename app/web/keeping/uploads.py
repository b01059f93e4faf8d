"""Pages that come with a form: kept before the form is judged, so that what follows may fail without losing them."""

from collections.abc import Callable

from flask import request

from app.forms import Form
from app.forms.model import CodedMessage
from app.services.people import Refused
from app.services.work import scans

from ..shell import request as req
from ..shell.filters import tell
from ..shell.request import PageContext
from . import forms as keeping

MOST_FILES = 60
Submitted = dict[str, list[str]]
Check = Callable[[PageContext], tuple[Form, str]]
"""Who asks and which form takes the pages: (form, name of the step). Raises NotFound for everybody else."""


def keep(check: Check, content: Submitted) -> dict[str, CodedMessage]:
    """Store every page that came along in a transaction of its own, and name it in the form. Returns what is wrong with the
    others, by field."""
    files = [(name.removeprefix("_file-"), f) for name, f in request.files.items(multi=True) if f.filename]
    if not files:
        return {}
    with req.reading() as context:  # before any picture is opened
        form, _ = check(context)
    fields = {field.name for field in form.fields if field.widget == "scan"}
    made, wrong = list[tuple[str, tuple[bytes, str]]](), dict[str, list[str]]()
    for n, (name, file) in enumerate(files):
        try:
            if name not in fields:
                raise Refused("forms.unknown_field", name=name[:40])
            if n >= MOST_FILES:
                raise Refused("scans.too_many_at_once", most=MOST_FILES)
            made.append((name, scans.small(file.read())))
        except Refused as error:
            said = tell("scans.not_taken", name=file.filename or "", why=tell(error.code, **error.details))
            wrong.setdefault(name if name in fields else "", []).append(said)
    stored: dict[str, list[str]] = {}
    with req.writing() as context:
        form, step = check(context)
        for name, page in made:
            field = form.by_name[name]
            try:
                ident = str(scans.keep(context, step, field.title, page))
            except Refused as error:
                wrong.setdefault(name, []).append(tell(error.code, **error.details))
                break
            kept = [v for v in content.get(name, []) if v]
            content[name] = [*kept, ident] if field.many else [ident]
            stored[name] = [*stored.get(name, []), ident] if field.many else [ident]
    keeping.taken({f"_file-{name}" for name in fields}, stored)
    return {name: ("scans.wrong", {"said": "".join(said)}) for name, said in wrong.items()}
