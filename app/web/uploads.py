"""Pages that come with a form: kept before the form is judged, so that what follows may fail without losing them."""

from collections.abc import Callable

from flask import request

from app.forms import Form
from app.services import scans
from app.services.people import Refused

from . import visits
from .visits import Visit

MOST_FILES = 12
Submitted = dict[str, list[str]]
Check = Callable[[Visit], tuple[Form, str]]
"""Who asks and which form takes the pages: (form, name of the step). Raises NotFound for everybody else."""


def keep(check: Check, content: Submitted) -> Refused | None:
    """Store every page that came along in a transaction of its own, and name it in the form."""
    files = [(name.removeprefix("_file-"), f) for name, f in request.files.items(multi=True) if f.filename]
    if not files:
        return None
    with visits.reading() as visit:  # before any picture is opened
        form, _ = check(visit)
    taken = {field.name for field in form.fields if field.widget == "scan"}
    if len(files) > MOST_FILES or any(name not in taken for name, _ in files):
        return Refused("forms.unknown_field", name=files[-1][0][:40])
    try:
        made = [(name, scans.small(f.read())) for name, f in files]
    except Refused as error:
        return error
    with visits.writing() as visit:
        form, step = check(visit)
        for name, page in made:
            field = form.by_name[name]
            ident = scans.keep(visit.session, visit.actor, step, field.title, page, visit.now)
            kept = [v for v in content.get(name, []) if v]
            content[name] = [*kept, str(ident)] if field.many else [str(ident)]
    return None
