"""The worst of each kind of input.

    python -m tests.attack.summary FILE

prints it of what ``python -m tests.attack table --rows FILE`` has kept; of an input that was
brought more than once, the last time counts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.attack.table import Outcome


def keep(outcome: Outcome, file: Path) -> None:
    """Append an outcome to a file."""
    with file.open("a", encoding="utf-8") as rows:
        rows.write(json.dumps(asdict(outcome)) + "\n")


def table(outcomes: Sequence[Outcome]) -> str:
    """Return a table of Markdown with a row for each kind."""
    lines = [
        "| kind | inputs | over a limit | most s | most s of a core | most MB of memory "
        "| most s of a search |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind in dict.fromkeys(outcome.kind for outcome in outcomes):
        of_kind = [outcome for outcome in outcomes if outcome.kind == kind]
        calm = [outcome.seconds for outcome in of_kind if not outcome.busy]
        cells = (
            kind,
            str(len(of_kind)),
            str(sum(not outcome.holds for outcome in of_kind)),
            f"{max(calm):.1f}" if calm else "",
            f"{max(outcome.processor for outcome in of_kind):.1f}",
            f"{max(outcome.megabytes for outcome in of_kind):.0f}",
            f"{max(outcome.delay for outcome in of_kind):.2f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table of a file."""
    rows = map(json.loads, Path(sys.argv[1]).read_text("utf-8").splitlines())
    last = {row["name"]: Outcome(**row) for row in rows}
    print(table([*last.values()]))
    print(f"\n{len(last)} inputs")
    for outcome in last.values():
        if not outcome.holds:
            print(outcome)


if __name__ == "__main__":
    main()
