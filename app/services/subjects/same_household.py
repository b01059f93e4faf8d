"""Which household a step is about: its village and its head, as the file says; no step changes them beside something else."""

from collections.abc import Mapping
from typing import Any

from app.forms import Form
from app.forms.model import CodedMessage
from app.store import households as household_rows
from app.store.processes import Work
from app.store.session import Session

from ..household import file as household_file
from ..people import County
from . import table as subjects


def settled(session: Session, work: Work, form: Form) -> dict[str, Any]:
    """What the form asks of which household it is, and the file says: that is not changed here."""
    document = subjects.of(work).file(session, work)
    return household_file.settled(form, document, work.village) if document is not None else {}


def moved(session: Session, work: Work, form: Form, values: Mapping[str, Any], county: County) -> dict[str, CodedMessage]:
    """Another village or another head than the file's: neither changes beside something else."""
    stands, own = settled(session, work, form), work.household
    found: dict[str, CodedMessage] = {}
    for item in form.fields:
        given, known = values.get(item.name), stands.get(item.name)
        if given is None or item.belongs_to not in household_file.IDENTITY:
            continue
        if known is None:
            of_number = own is not None and item.belongs_to == household_file.NUMBER
            if of_number and set(household_rows.with_person(session, str(given))) - {own}:
                found[item.name] = ("steps.person_elsewhere", {})
        elif item.belongs_to == household_file.VILLAGE:
            if given != known:
                found[item.name] = ("steps.village_stays", {"village": county.name_of(known)})
        elif not household_file.agrees(item.belongs_to, str(given), str(known)):
            found[item.name] = ("steps.head_stays", {"title": item.title, "value": known})
    return found
