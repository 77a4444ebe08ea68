"""Attack an app that is served for it, and print what it took.

    python -m tests.attack [table] [requests] [crowd] [--only TEXT] [--part K/N] [--rows FILE]

It fails where an input takes more than 10 s or 1 GB, keeps a small search of another
visitor waiting for more than 1 s (median of ten), or ends the server.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.attack import crowd, oddities, summary, table
from tests.attack.served import Served, serving

PARTS = ("table", "requests", "crowd")


def main() -> int:
    """Run the parts; return how many findings there are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", default=PARTS, help="of " + ", ".join(PARTS))
    parser.add_argument("--only", default="", help="inputs with this in their name")
    parser.add_argument("--part", default="1/1", help="of the inputs: 2/3 for the second third")
    parser.add_argument("--rows", type=Path, help="keeps what was measured, for `summary`")
    parser.add_argument("--seconds", type=float, default=120.0, help="of the crowd")
    args = parser.parse_args()
    found = 0
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "home") as served:
        if "table" in args.parts:
            found += print_table(served, args)
        if "requests" in args.parts:
            found += oddities.run(served)
        if "crowd" in args.parts:
            found += crowd.run(served, args.seconds)
        served.check_alive()
    print(f"\n{found} findings" if found else "\nEverything held.")
    return min(found, 1)


def print_table(served: Served, args: argparse.Namespace) -> int:
    """Print a row for each input; return how many went over a limit."""
    print("| input | MB | s | s of a core | MB of memory | s of a search | answer |")
    print("|---|---|---|---|---|---|---|")
    outcomes = []
    k, _, n = args.part.partition("/")
    for outcome in table.attack(served, args.only, (int(k), int(n))):
        outcomes.append(outcome)
        print(outcome, "" if outcome.holds else "**over**", flush=True)
        if args.rows:
            summary.keep(outcome, args.rows)
    over = sum(not outcome.holds for outcome in outcomes)
    print(f"\n{summary.table(outcomes)}\n\n{len(outcomes)} inputs, {over} over a limit")
    return over


if __name__ == "__main__":
    sys.exit(main())
