"""The command line; `shouwang --help` lists what it does.

An error is one sentence on standard error and exit code 2; findings are exit code 1.
"""

import argparse
import errno
import getpass
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from alembic.util import CommandError

from app import config
from app.crypto import BadKeyFile, KeyDestroyed
from app.engine.values import EngineError
from app.labels import say
from app.policy.parameters import MissingEntry
from app.services.definitions import NotDeployed
from app.services.people import Refused
from app.store import faults
from app.store.faults import ArgumentError, DatabaseError
from app.store.session import Busy, DiskFull

from . import commands, words
from .words import Parser, Stop, number, tell


def main(argv: Sequence[str] | None = None) -> int:
    try:
        args = parser().parse_args(argv)
        result: int = args.run(args)
        sys.stdout.flush()
        return result
    except BrokenPipeError:  # who reads it has seen enough; what is still to be written goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return tell(sentence(error))
    except KeyboardInterrupt:
        return tell(say("cli.stopped"))


def sentence(error: Exception) -> str:
    """What happened and what to do, for every way in which a command can fail."""
    match error:
        case Stop():
            return str(error)
        case config.BadSetting():
            return say("cli.bad_setting", name=str(error))
        case Refused() | EngineError():
            return say(error.code, **error.details)
        case BadKeyFile():
            return say(error.code, path=error.path)
        case Busy():
            return say("cli.busy")
        case DiskFull():
            return say("cli.disk_full")
        case NotDeployed():
            return say("cli.not_deployed", process=error)
        case MissingEntry():
            return say("cases.no_entry", on=error.on)
        case KeyDestroyed():
            return say("cases.erased")
        case ArgumentError():
            return say("cli.bad_setting", name="DATABASE_URL")
        case CommandError():
            return say("database.newer")
        case DatabaseError():
            return _database(error)
        case OSError():
            return _file(error)
    if _reads_a_row(error):
        return say("database.damaged")
    return say("cli.failed", cause=type(error).__name__, place=_place(error))


def _database(error: DatabaseError) -> str:
    kind = faults.kind_of(error.orig)
    if kind in ("not_migrated", "damaged", "read_only", "no_access", "no_database", "gone"):
        return say(f"database.{kind}")
    return say("cli.no_database", cause=type(error.orig).__name__)


_FILES = {
    errno.ENOENT: "missing",
    errno.EACCES: "denied",
    errno.EPERM: "denied",
    errno.EROFS: "denied",
    errno.EISDIR: "folder",
    errno.ENOTDIR: "not_a_folder",
    errno.EEXIST: "exists",
    errno.ENAMETOOLONG: "name",
}


def _file(error: OSError) -> str:
    if faults.kind_of(error) == "full":
        return say("cli.disk_full")
    why = _FILES.get(error.errno or 0, "exists" if isinstance(error, FileExistsError) else "other")
    why = "folder" if isinstance(error, IsADirectoryError) else why
    return say(f"cli.file.{why}", path=error.filename or (error.args[0] if error.args else ""))


def _reads_a_row(error: Exception) -> bool:
    """Whether it happened while a value was taken from a row as what its column holds."""
    trace, last = error.__traceback__, ""
    while trace is not None:
        last, trace = str(trace.tb_frame.f_globals.get("__name__")), trace.tb_next
    return isinstance(error, ValueError | TypeError) and last.startswith("sqlalchemy.engine")


def _place(error: BaseException) -> str:
    """Module and line, for whoever mends the program; never what the data said."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace is not None else "-"


Option = tuple[tuple[str, ...], dict[str, Any]]
IDENT, NAME, REASON = number(1, 2**53), words.words(80), words.words(500)


def _wide(prog: str) -> argparse.HelpFormatter:
    return argparse.HelpFormatter(prog, max_help_position=26, width=100)


def parser() -> Parser:
    made = Parser(prog="shouwang", description=say("cli.help"), formatter_class=_wide)
    group = made.add_subparsers(required=True, metavar="COMMAND", title=say("cli.help.commands"))

    def command(name: str, run: Callable[[Any], int], *options: Option) -> None:
        told = say(f"cli.help.{name}")
        sub = group.add_parser(name, help=told, description=told, formatter_class=_wide)
        for names, settings in options:
            sub.add_argument(*names, **settings)
        sub.set_defaults(run=run)

    yes: dict[str, Any] = {"action": "store_true"}
    command("check", commands.check, (("files",), {"nargs": "+"}), (("--json",), yes))
    command("types", commands.types)
    command(
        "deploy",
        commands.deploy,
        (("--root",), {"default": str(config.ROOT)}),
        (("--author",), {"default": _user(), "type": NAME}),
        (("--approver",), {"required": True, "type": NAME}),
        (("--reason",), {"default": "-", "type": REASON}),
    )
    command("export-definition", commands.export, (("process",), {}), (("folder",), {}))
    command("verify", commands.verify, (("--case",), {"type": IDENT}))
    command("seal", commands.seal, (("--day",), {"type": words.day, "metavar": "YYYY-MM-DD"}))
    command("keys", commands.rotate, (("action",), {"choices": ["rotate"]}))
    command(
        "erase-household",
        commands.erase,
        (("household",), {"type": IDENT}),
        (("--basis",), {"required": True, "type": REASON}),
        (("--by",), {"required": True, "type": NAME}),
        (("--approved-by",), {"required": True, "type": NAME}),
    )
    command("privacy-report", commands.privacy_report, (("file",), {}))
    command(
        "import-households",
        commands.import_households,
        (("file",), {}),
        (("--data-on",), {"required": True, "type": words.day, "metavar": "YYYY-MM-DD"}),
        (("--errors",), {}),
        (("--dry-run",), yes),
        (("--sheet",), {"action": "append", "metavar": "NAME", "help": say("cli.help_sheet")}),
        (("--hidden",), {"choices": ("take", "leave"), "help": say("cli.help_hidden")}),
        (("--header",), {"type": number(1, 40), "metavar": "ROW", "help": say("cli.help_header")}),
    )
    command(
        "create-official", commands.create_official, (("username",), {}), (("name",), {}), (("role",), {}), (("unit",), {})
    )
    command(
        "demo",
        commands.demo,
        (("--households",), {"type": number(1, 100_000), "default": 300}),
        (("--register",), {"type": number(0, 1_000_000), "default": 0}),
        (("--seed",), {"type": number(0, 2**31), "default": 1}),
        (("--advance",), {"type": number(-3650, 3650)}),
        (("--if-empty",), yes),
    )
    command("serve", commands.serve, (("--public",), {"metavar": "FILE"}))
    command("rescreen", commands.rescreen, (("--month",), {"required": True, "type": words.month, "metavar": "YYYY-MM"}))
    command("public-file", commands.public_file, (("file",), {}))
    command("public-role", commands.public_role, (("name",), {"type": words.words(60)}))
    command("scheduler", commands.scheduler)
    return made


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in containers
        return "-"
