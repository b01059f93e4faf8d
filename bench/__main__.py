"""`python -m bench [--quick] [--only ROW …]`: every row of the speed table, on SQLite and PostgreSQL."""

import argparse
import sys

from . import report
from .county import databases


def main() -> None:
    asked = argparse.ArgumentParser(prog="bench", description=__doc__)
    asked.add_argument("--quick", action="store_true", help="a tenth of everything")
    asked.add_argument("--only", nargs="*", choices=report.ROWS, help="only these rows")
    options = asked.parse_args()
    with databases() as made:
        held = report.run(made, quick=options.quick, only=options.only or list(report.ROWS))
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
