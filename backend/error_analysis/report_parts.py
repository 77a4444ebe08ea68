"""What a report is made of: tables, posts, text made inert."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any, Protocol

import numpy as np
from PIL import Image

from backend.error_analysis.calibration import Bin, Gap, Threshold
from backend.error_analysis.comparison import ModelComparison
from backend.error_analysis.figures import ClassRow, Measure
from backend.error_analysis.ground_truth import GroundTruth
from backend.error_analysis.judgements import ScoredPredictions
from backend.error_analysis.label_issues import LabelConflict, LabelIssue
from backend.error_analysis.slices import Slices

SIDE = 72  # pixels of a picture


class Analysis(Protocol):
    """What a report asks of `backend.workspace.error_analysis.ErrorAnalysis`."""

    def measures(self, judged: ScoredPredictions) -> tuple[Measure, ...]:
        """Figures with intervals."""
        ...

    def confusion(self, judged: ScoredPredictions) -> np.ndarray:
        """The matrix."""
        ...

    def by_class(self, judged: ScoredPredictions) -> tuple[ClassRow, ...]:
        """Its rows."""
        ...

    def curve(self, judged: ScoredPredictions) -> tuple[Bin, ...]:
        """Calibration."""
        ...

    def gaps(self, judged: ScoredPredictions) -> tuple[Gap, ...]:
        """By modalities."""
        ...

    def thresholds(self, judged: ScoredPredictions) -> tuple[Threshold, ...]:
        """Costs."""
        ...

    def slices(self, judged: ScoredPredictions) -> Slices:
        """Where it fails."""
        ...

    def hardest(self, judged: ScoredPredictions) -> Any:
        """Hardest posts."""
        ...

    def suspects(self, judgements: Sequence[ScoredPredictions]) -> tuple[LabelIssue, ...]:
        """Doubtful labels."""
        ...

    def conflicts(self, labelled: GroundTruth) -> tuple[LabelConflict, ...]:
        """Contradictory twins."""
        ...

    def versus(self, one: ScoredPredictions, two: ScoredPredictions) -> ModelComparison:
        """Two models."""
        ...

    def picture(self, labelled: GroundTruth, id_: str) -> bytes | None:
        """A post's image."""
        ...


def esc(text: object) -> str:
    """Make any text inert in HTML."""
    return escape(str(text), quote=True)


class Cards:
    """Posts as small rows with their picture."""

    def __init__(self, analysis: Analysis, labelled: GroundTruth) -> None:
        self._analysis = analysis
        self._labelled = labelled
        self._place = {id_: i for i, id_ in enumerate(labelled.ids)}

    def __call__(self, ids: Iterable[str], say: Callable[[str], str]) -> str:
        """Posts by their ids, each with what `say` says of it (markup)."""
        rows = []
        for id_ in ids:
            row = self._labelled.table.slice(self._place[id_], 1).to_pylist()[0]
            words = (row["text"] or row["title"] or "")[:220]
            rows.append(
                f'<div class="post">{self._picture(id_)}<div>{esc(words)}<br>'
                f"<small>{say(id_)} <code>{esc(id_)}</code></small></div></div>"
            )
        return "".join(rows)

    def _picture(self, id_: str) -> str:
        data = self._analysis.picture(self._labelled, id_)
        if data is None:
            return ""
        return f'<img alt="" src="data:image/webp;base64,{base64.b64encode(data).decode()}">'


def small(frame: np.ndarray) -> bytes:
    """A picture small enough for a report, as WebP."""
    buffer = io.BytesIO()
    image = Image.fromarray(frame)
    image.thumbnail((SIDE * 2, SIDE * 2))
    image.save(buffer, "WEBP", quality=70)
    return buffer.getvalue()


def table(head: Sequence[str], rows: Sequence[Sequence[object]], numbers: int) -> str:
    """A table whose columns from `numbers` on are right-aligned; cells are markup."""

    def cells(tag: str, values: Sequence[object]) -> str:
        return "".join(
            f"<{tag}{' class=n' if i >= numbers else ''}>{value}</{tag}>"
            for i, value in enumerate(values)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return (
        f'<div class="wide"><table><thead><tr>{cells("th", head)}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def ranged(value: float, low: float, high: float) -> str:
    """Write a figure with its interval."""
    return f"{value:.3f} <small>[{low:.3f}, {high:.3f}]</small>"


def sayer(judged: ScoredPredictions) -> Callable[[str], str]:
    """Say of a post what it is labelled and was given."""
    place = {id_: i for i, id_ in enumerate(judged.ids)}

    def say(id_: str) -> str:
        i = place[id_]
        label, given = judged.classes[judged.truth[i]], judged.classes[judged.guess[i]]
        return f"labelled {esc(label)}, given {esc(given)} at {judged.confidence[i]:.0%}"

    return say
