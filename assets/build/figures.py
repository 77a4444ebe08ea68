"""Measure the default bundle's recipe and write the figures into its model card."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from backend import evaluation
from backend.bundles.bundle import open_bundle
from backend.bundles.writing import rewrite_card
from backend.domain import Modality
from backend.metrics.result import ResultTable
from backend.settings import ASSETS, settings

TABLES = ("retrieval", "sentiment", "emotion", "faces", "arousal")
HEADING = "## Measured quality"


def main(encoders: Mapping[Modality, str]) -> None:
    """Run every table of quality; takes about half an hour on two cores.

    Parameters
    ----------
    encoders : mapping of Modality to str
        The bundle's.
    """
    results = []
    for name in TABLES:
        print(f"measuring {name}", file=sys.stderr)
        results.append(evaluation.run(name, encoders=encoders))
    write(results)


def write(results: Sequence[ResultTable]) -> None:
    """Write results into the card of the default bundle, in place of earlier ones."""
    path = ASSETS / "bundles" / settings().bundle
    card = open_bundle(path).card.partition(f"\n{HEADING}")[0].rstrip()
    parts = [
        f"{card}\n\n{HEADING}",
        "On held-out data, by heads trained on the rest; 95 % intervals in brackets.",
    ]
    for result in results:
        parts.append(f"Printed by `python -m backend evaluate {result.name}`:")
        parts.append(result.as_text().replace("## ", "### ", 1))
    rewrite_card(path, "\n\n".join(parts) + "\n")
