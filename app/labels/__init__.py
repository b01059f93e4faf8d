"""The Chinese words that Python code needs: code -> sentence. Prose lives in templates, names in diagrams and forms."""

import importlib
import pkgutil
from functools import cache


@cache
def _texts() -> dict[str, str]:
    merged: dict[str, str] = {}
    for module in pkgutil.iter_modules(__path__):
        merged.update(importlib.import_module(f"{__name__}.{module.name}").TEXT)
    return merged


def say(code: str, **args: object) -> str:
    """The sentence for a message code; an unknown code is shown as it is, so that nothing is hidden."""
    text = _texts().get(code)
    return text.format(**args) if text is not None else code
