"""``evaluate --errors``: figures, slices, doubtful labels and the report of labelled posts."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from backend.cli.shell import progress_line
from backend.domain import KindredError
from backend.error_analysis.fusion_probe import SYSTEMS

if TYPE_CHECKING:
    from backend.error_analysis.judgements import ScoredPredictions
    from backend.error_analysis.robustness import AccuracyDrop
    from backend.workspace.error_analysis import ErrorAnalysis
    from backend.workspace.workspace import Workspace

MOST = 4
LISTED = 10


def run(workspace: Workspace, given: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    if given.table:
        print("kindred: --errors takes no tables; name a --label", file=sys.stderr)
        return 2
    errors, corpus = workspace.error_analysis, given.corpus
    infos = errors.labels(corpus)
    if not infos:
        name = workspace.corpus(corpus).name
        raise KindredError(
            "no_label",
            f"The corpus {name} has no labels. Import posts with a label column to bring some.",
        )
    label = given.label or infos[0].name
    models = given.model or _quick(errors.models(label, corpus))
    if len(models) > MOST:
        print(f"kindred: at most {MOST} models can be held side by side", file=sys.stderr)
        return 2
    judgements = [
        errors.judged(name, label, corrected=given.corrected, corpus=corpus) for name in models
    ]
    drops: Sequence[AccuracyDrop] = ()
    if given.robustness or given.report:
        progress = progress_line(given, "robustness")
        drops = errors.robustness(models, label, progress=progress, corpus=corpus)
    if given.report:
        page = errors.report(models, label, corrected=given.corrected, corpus=corpus)
        given.report.write_text(page, encoding="utf-8")
        if not given.json:
            print(f"{given.report}: {len(page) / 1e6:.1f} MB")
    if given.json:
        print(json.dumps(as_json(errors, judgements, drops), ensure_ascii=False))
    elif given.errors:
        print(as_text(errors, judgements, drops))
    return 0


def _quick(known: dict[str, str]) -> list[str]:
    """Those that answer without being trained first, the probe among them."""
    return [name for name in known if name not in SYSTEMS and "@" not in name][:MOST]


def as_json(
    errors: ErrorAnalysis,
    judgements: Sequence[ScoredPredictions],
    drops: Sequence[AccuracyDrop] = (),
) -> dict[str, Any]:
    """All of it as plain JSON; posts by their ids."""
    labelled = judgements[0].labelled
    found: dict[str, Any] = {
        "corpus": labelled.corpus,
        "label": labelled.label,
        "classes": list(labelled.classes),
        "posts": len(labelled),
        "models": [_model(errors, judged) for judged in judgements],
        "suspects": [
            {
                "id": s.id,
                "label": s.label,
                "suggested": s.suggested,
                "quality": round(s.quality, 5),
                "flagged": s.flagged,
            }
            for s in errors.suspects(judgements)
        ],
        "conflicts": [
            {"ids": c.ids, "labels": c.labels, "likeness": round(c.likeness, 4), "why": c.why}
            for c in errors.conflicts(labelled)
        ],
        "versus": [],
        "robustness": [
            {
                "noise": d.noise,
                "model": d.model,
                "posts": len(d.posts["tried"]),
                "of": d.of,
                "before": round(d.before, 4),
                "after": round(d.after, 4),
                "drop": round(d.drop, 4),
                "interval": [round(d.low, 4), round(d.high, 4)],
                "broken": list(d.posts["broken"].ids),
                "mended": list(d.posts["mended"].ids),
            }
            for d in drops
        ],
    }
    for other in judgements[1:]:
        pair = errors.versus(judgements[0], other)
        found["versus"].append(
            {
                "first": judgements[0].model,
                "second": other.model,
                "p": pair.p,
                "difference": round(pair.difference.value, 4),
                "interval": [round(pair.difference.low, 4), round(pair.difference.high, 4)],
                "ids": {n: list(pair.one.ids[m]) for n, m in pair.masks.items()},
            }
        )
    return found


def _model(errors: ErrorAnalysis, judged: ScoredPredictions) -> dict[str, Any]:
    found = errors.slices(judged)
    return {
        "model": judged.model,
        "note": judged.note,
        "posts": len(judged),
        "measures": {
            m.name: {"value": round(m.value, 4), "interval": [round(m.low, 4), round(m.high, 4)]}
            for m in errors.measures(judged)
        },
        "confusion": errors.confusion(judged).tolist(),
        "calibration": [
            {
                "posts_of": g.name,
                "posts": g.posts,
                "error": round(g.error, 4),
                "by_chance": round(g.chance, 4),
                "by_chance_interval": [round(g.chance_low, 4), round(g.chance_high, 4)],
            }
            for g in errors.gaps(judged)
        ],
        "groups_tried": found.tried,
        "slices": [
            {
                "name": s.name,
                "kind": s.kind,
                "posts": len(s.ids),
                "errors": s.errors,
                "rate": round(s.rate, 4),
                "interval": [round(s.low, 4), round(s.high, 4)],
                "rest": round(s.rest, 4),
                "q": s.q,
                "also": list(s.also),
                "typical": list(s.typical),
                "ids": list(s.ids),
            }
            for s in found.found
        ],
        "hardest": list(errors.hardest(judged).ids[: LISTED * 5]),
    }


def as_text(
    errors: ErrorAnalysis,
    judgements: Sequence[ScoredPredictions],
    drops: Sequence[AccuracyDrop] = (),
) -> str:
    """What a reader needs first, as Markdown."""
    labelled = judgements[0].labelled
    lines = [f"## {labelled.label} of {labelled.corpus}: {len(labelled):,} labelled posts", ""]
    for judged in judgements:
        lines += [f"### {judged.model} ({len(judged):,} posts)", judged.note, ""]
        lines += ["| figure | value |", "|---|---|"]
        lines += [
            f"| {m.name} | {m.value:.3f} [{m.low:.3f}, {m.high:.3f}] |"
            for m in errors.measures(judged)
        ]
        lines += [
            f"| calibration error, {g.name} ({g.posts:,}) | {g.error:.3f} "
            f"[{g.low:.3f}, {g.high:.3f}], by chance {g.chance:.3f} "
            f"[{g.chance_low:.3f}, {g.chance_high:.3f}] |"
            for g in errors.gaps(judged)
        ]
        found = errors.slices(judged)
        lines += ["", f"Worse than the rest, of {found.tried:,} groups tested:", ""]
        lines += ["| slice | posts | error rate | rest | corrected p |", "|---|---|---|---|---|"]
        lines += [
            f"| {s.name} | {len(s.ids):,} | {s.rate:.0%} [{s.low:.0%}, {s.high:.0%}] "
            f"| {s.rest:.0%} | {s.q:.1e} |"
            for s in found.found[:LISTED]
        ]
        lines.append("")
    doubted = errors.suspects(judgements)
    if doubted:
        flagged = sum(s.flagged for s in doubted)
        lines += [f"Probably wrong labels: {flagged:,} of {len(doubted):,}; the most doubtful:", ""]
        lines += [f"- `{s.id}` {s.label}, rather {s.suggested}" for s in doubted[:LISTED]]
        lines.append("")
    for other in judgements[1:]:
        pair = errors.versus(judgements[0], other)
        d = pair.difference
        lines.append(
            f"{judgements[0].model} against {other.model}: accuracy differs by {d.value:+.3f} "
            f"[{d.low:+.3f}, {d.high:+.3f}], McNemar p = {pair.p:.2g}"
        )
    if drops:
        lines += ["", "| what happens | model | posts | before | after | drop |"]
        lines.append("|---|---|---|---|---|---|")
        lines += [
            f"| {d.noise} | {d.model} | {len(d.posts['tried']):,} | {d.before:.3f} | {d.after:.3f} "
            f"| {d.drop:.3f} [{d.low:.3f}, {d.high:.3f}] |"
            for d in drops
        ]
    return "\n".join(lines)
