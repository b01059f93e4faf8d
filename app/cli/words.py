"""What the command line takes and says: values checked before anything is done, errors as one sentence."""

import argparse
import re
import sys
from collections.abc import Callable
from datetime import date
from typing import NoReturn

from app.labels import say
from app.policy.calendar import RECORDS_BEGIN


class Stop(Exception):
    """A sentence for the person at the keyboard."""


def stop(code: str, **args: object) -> NoReturn:
    raise Stop(say(code, **args))


def tell(sentence: str) -> int:
    """An error: the sentence on standard error, exit code 2."""
    print(sentence, file=sys.stderr)
    return 2


def number(least: int, most: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def read(text: str) -> int:
        plain = text.removeprefix("-") if least < 0 else text
        if not (plain.isascii() and plain.isdigit() and len(plain) < 20 and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(say("cli.value.number", text=text[:40], least=least, most=most))
        return int(text)

    return read


def day(text: str) -> date:
    try:
        if len(text) != len("2021-09-01"):
            raise ValueError
        found = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(say("cli.value.day", text=text[:40])) from None
    if found < RECORDS_BEGIN:
        raise argparse.ArgumentTypeError(say("cli.value.day_too_early", text=text, year=RECORDS_BEGIN.year))
    return found


def month(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text, re.ASCII):
        raise argparse.ArgumentTypeError(say("cli.value.month", text=text[:40]))
    if int(text[:4]) < RECORDS_BEGIN.year:
        raise argparse.ArgumentTypeError(say("cli.value.day_too_early", text=text, year=RECORDS_BEGIN.year))
    return text


def words(longest: int) -> Callable[[str], str]:
    """Something that is not blank."""

    def read(text: str) -> str:
        found = text.strip()
        if not 0 < len(found) <= longest or not found.isprintable():
            raise argparse.ArgumentTypeError(say("cli.value.words", longest=longest))
        return found

    return read


_SAID = (
    (r"the following arguments are required: COMMAND", "cli.args.no_command"),
    (r"the following arguments are required: (?P<names>.+)", "cli.args.required"),
    (r"unrecognized arguments: (?P<names>.+)", "cli.args.unknown"),
    (r"argument COMMAND: invalid choice: (?P<text>.+?) \(choose from (?P<choices>.+)\)", "cli.args.unknown_command"),
    (r"argument (?P<names>.+?): invalid choice: (?P<text>.+?) \(choose from (?P<choices>.+)\)", "cli.args.choice"),
    (r"argument (?P<names>.+?): expected .+", "cli.args.expected"),
    (r"ambiguous option: (?P<names>.+)", "cli.args.unknown"),
    (r"argument (?P<names>.+?): (?P<why>.+)", "cli.args.value"),
)
"""argparse's own words -> ours."""


class Parser(argparse.ArgumentParser):
    """Says what was wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        for pattern, code in _SAID:
            found = re.fullmatch(pattern, message, re.DOTALL)
            if found:
                raise Stop(say(code, command=self.prog, **found.groupdict()))
        raise Stop(say("cli.args.other", command=self.prog))
