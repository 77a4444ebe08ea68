"""``evaluate --errors``: metrics, slices, label issues and the report for labelled posts."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from backend.cli.shell import progress_line
from backend.domain import KindredError
from backend.error_analysis.fusion_probe import SYSTEMS
from backend.workspace.error_analysis import MAX_MODELS

if TYPE_CHECKING:
    from backend.error_analysis.predictions import ScoredPredictions
    from backend.error_analysis.robustness import AccuracyDrop
    from backend.workspace.error_analysis import ErrorAnalysis
    from backend.workspace.workspace import Workspace

LISTED = 10


def run(workspace: Workspace, args: argparse.Namespace) -> int:
    """Run it and return the exit code."""
    if args.table:
        print("kindred: --errors does not take tables; name a --label instead", file=sys.stderr)
        return 2
    errors, corpus = workspace.error_analysis, args.corpus
    infos = errors.labels(corpus)
    if not infos:
        name = workspace.corpus(corpus).name
        message = f"The corpus {name} has no usable labels. Import posts with a label column."
        raise KindredError("no_label", message)
    label = args.label or infos[0].name
    models = args.model or _default_models(errors.models(label, corpus))
    if len(models) > MAX_MODELS:
        print(f"kindred: name at most {MAX_MODELS} models", file=sys.stderr)
        return 2
    all_scored = [
        errors.predictions(name, label, corrected=args.corrected, corpus=corpus) for name in models
    ]
    drops: Sequence[AccuracyDrop] = ()
    if args.robustness or args.report:
        progress = progress_line(args, "robustness")
        drops = errors.robustness(models, label, progress=progress, corpus=corpus)
    if args.report:
        page = errors.report(models, label, corrected=args.corrected, corpus=corpus)
        args.report.write_text(page, encoding="utf-8")
        if not args.json:
            print(f"{args.report}: {len(page) / 1e6:.1f} MB")
    if args.json:
        print(json.dumps(as_json(errors, all_scored, drops), ensure_ascii=False))
    elif args.errors:
        print(as_text(errors, all_scored, drops))
    return 0


def _default_models(known: dict[str, str]) -> list[str]:
    """The models that need no minutes of training, the probe among them."""
    return [name for name in known if name not in SYSTEMS and "@" not in name][:MAX_MODELS]


def as_json(
    errors: ErrorAnalysis,
    all_scored: Sequence[ScoredPredictions],
    drops: Sequence[AccuracyDrop] = (),
) -> dict[str, Any]:
    """The whole analysis as plain JSON, with the ids of posts."""
    ground_truth = all_scored[0].ground_truth
    analysis: dict[str, Any] = {
        "corpus": ground_truth.corpus,
        "label": ground_truth.label,
        "classes": list(ground_truth.classes),
        "posts": len(ground_truth),
        "models": [_model(errors, scored) for scored in all_scored],
        "suspects": [
            {
                "id": s.id,
                "label": s.label,
                "suggested": s.suggested,
                "quality": round(s.quality, 5),
                "flagged": s.flagged,
            }
            for s in errors.rank_label_issues(all_scored)
        ],
        "conflicts": [
            {"ids": c.ids, "labels": c.labels, "likeness": round(c.similarity, 4), "why": c.reason}
            for c in errors.conflicts(ground_truth)
        ],
        "versus": [],
        "robustness": [
            {
                "noise": d.corruption,
                "model": d.model,
                "posts": len(d.posts["tried"]),
                "of": d.eligible,
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
    for other in all_scored[1:]:
        comparison = errors.compare(all_scored[0], other)
        d = comparison.difference
        analysis["versus"].append(
            {
                "first": all_scored[0].model,
                "second": other.model,
                "p": comparison.p,
                "difference": round(d.value, 4),
                "interval": [round(d.low, 4), round(d.high, 4)],
                "ids": {n: list(comparison.one.ids[m]) for n, m in comparison.masks.items()},
            }
        )
    return analysis


def _model(errors: ErrorAnalysis, scored: ScoredPredictions) -> dict[str, Any]:
    found = errors.slices(scored)
    return {
        "model": scored.model,
        "note": scored.note,
        "posts": len(scored),
        "measures": {
            m.name: {"value": round(m.value, 4), "interval": [round(m.low, 4), round(m.high, 4)]}
            for m in errors.measures(scored)
        },
        "confusion": errors.confusion(scored).tolist(),
        "calibration": [
            {
                "posts_of": g.name,
                "posts": g.posts,
                "error": round(g.error, 4),
                "by_chance": round(g.chance, 4),
                "by_chance_interval": [round(g.chance_low, 4), round(g.chance_high, 4)],
            }
            for g in errors.gaps(scored)
        ],
        "groups_tried": found.tested,
        "slices": [
            {
                "name": s.name,
                "kind": s.kind,
                "posts": len(s.ids),
                "errors": s.errors,
                "rate": round(s.rate, 4),
                "interval": [round(s.low, 4), round(s.high, 4)],
                "rest": round(s.rest_rate, 4),
                "q": s.q,
                "also": list(s.overlapping),
                "typical": list(s.typical),
                "ids": list(s.ids),
            }
            for s in found.slices
        ],
        "hardest": list(errors.hardest(scored).ids[: LISTED * 5]),
    }


def as_text(
    errors: ErrorAnalysis,
    all_scored: Sequence[ScoredPredictions],
    drops: Sequence[AccuracyDrop] = (),
) -> str:
    """The main results as Markdown."""
    ground_truth = all_scored[0].ground_truth
    lines = [
        f"## {ground_truth.label} of {ground_truth.corpus}: {len(ground_truth):,} labelled posts",
        "",
    ]
    for scored in all_scored:
        lines += [f"### {scored.model} ({len(scored):,} posts)", scored.note, ""]
        lines += ["| metric | value |", "|---|---|"]
        lines += [
            f"| {m.name} | {m.value:.3f} [{m.low:.3f}, {m.high:.3f}] |"
            for m in errors.measures(scored)
        ]
        lines += [
            f"| calibration error, {g.name} ({g.posts:,}) | {g.error:.3f} "
            f"[{g.low:.3f}, {g.high:.3f}], if perfectly calibrated {g.chance:.3f} "
            f"[{g.chance_low:.3f}, {g.chance_high:.3f}] |"
            for g in errors.gaps(scored)
        ]
        found = errors.slices(scored)
        lines += ["", f"Groups with a higher error rate, of {found.tested:,} tested:", ""]
        lines += [
            "| group | posts | error rate | all other posts | corrected p |",
            "|---|---|---|---|---|",
        ]
        lines += [
            f"| {s.name} | {len(s.ids):,} | {s.rate:.0%} [{s.low:.0%}, {s.high:.0%}] "
            f"| {s.rest_rate:.0%} | {s.q:.1e} |"
            for s in found.slices[:LISTED]
        ]
        lines.append("")
    if issues := errors.rank_label_issues(all_scored):
        flagged = sum(s.flagged for s in issues)
        lines += [f"Probably wrong labels: {flagged:,} of {len(issues):,}. The most doubtful:", ""]
        lines += [f"- `{s.id}` {s.label}, more likely {s.suggested}" for s in issues[:LISTED]]
        lines.append("")
    for other in all_scored[1:]:
        comparison = errors.compare(all_scored[0], other)
        d = comparison.difference
        lines.append(
            f"{all_scored[0].model} against {other.model}: accuracy differs by {d.value:+.3f} "
            f"[{d.low:+.3f}, {d.high:+.3f}], McNemar p = {comparison.p:.2g}"
        )
    if drops:
        lines += ["", "| corruption | model | posts | before | after | drop |"]
        lines.append("|---|---|---|---|---|---|")
        lines += [
            f"| {d.corruption} | {d.model} | {len(d.posts['tried']):,} | {d.before:.3f} "
            f"| {d.after:.3f} | {d.drop:.3f} [{d.low:.3f}, {d.high:.3f}] |"
            for d in drops
        ]
    return "\n".join(lines)
