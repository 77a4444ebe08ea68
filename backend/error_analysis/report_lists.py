"""The parts of a report that list: slices, doubtful labels, two models, robustness."""

from __future__ import annotations

from collections.abc import Sequence

from backend.error_analysis.judgements import ScoredPredictions
from backend.error_analysis.model_names import called
from backend.error_analysis.report_parts import Analysis, Cards, esc, ranged, sayer, table
from backend.error_analysis.robustness import AccuracyDrop
from backend.error_analysis.slices import Slices

POSTS = 12  # of each list


def slices(found: Slices, cards: Cards) -> str:
    """Where a model does worse."""
    if not found.found:
        return f"<p>None of {found.tried:,} groups does worse than chance would have it.</p>"
    parts = [
        f'<p class="soft">{found.tried:,} groups were tested, {found.worse:,} do worse after '
        "correction for so many tests; of those that say the same, one is shown.</p>"
    ]
    rows = [
        [
            esc(s.name),
            f"{len(s.ids):,}",
            f"{s.errors:,}",
            f"{s.rate:.0%} <small>[{s.low:.0%}, {s.high:.0%}]</small>",
            f"{s.rest:.0%}",
            f"{s.more:+.0%} <small>[{s.more_low:+.0%}, {s.more_high:+.0%}]</small>",
            f"{s.q:.1e}",
        ]
        for s in found.found
    ]
    head = ["slice", "posts", "errors", "error rate", "rest", "more", "corrected p"]
    parts.append(table(head, rows, 1))
    for s in found.found[:5]:
        parts.append(
            f"<details><summary>Typical errors of {esc(s.name)}</summary>"
            + cards(s.typical, lambda _: "")
            + "</details>"
        )
    return "".join(parts)


def labels(analysis: Analysis, judgements: Sequence[ScoredPredictions], cards: Cards) -> list[str]:
    """Doubtful labels and contradictory twins."""
    doubted = analysis.suspects(judgements)
    flagged = sum(s.flagged for s in doubted)
    by_id = {s.id: s for s in doubted}
    parts = ["<h2>Labels to look at</h2>"]
    if doubted:
        parts.append(
            f"<p>{flagged:,} of {len(doubted):,} labels are probably wrong by confident learning "
            "on held-out predictions. The most doubtful:</p>"
        )
        parts.append(
            cards(
                [s.id for s in doubted[:POSTS]],
                lambda i: (
                    f"labelled {esc(by_id[i].label)}, rather {esc(by_id[i].suggested)} "
                    f"({by_id[i].probability:.0%})"
                ),
            )
        )
    pairs = analysis.conflicts(judgements[0].labelled)
    if pairs:
        parts.append(f"<h3>{len(pairs):,} near-duplicates with different labels</h3>")
        rows = [
            [
                f"<code>{esc(c.ids[0])}</code> {esc(c.labels[0])}",
                f"<code>{esc(c.ids[1])}</code> {esc(c.labels[1])}",
                esc(c.why),
                f"{c.likeness:.3f}",
            ]
            for c in pairs[: 2 * POSTS]
        ]
        parts.append(table(["one", "other", "why", "likeness"], rows, 3))
    return parts


def pairs(analysis: Analysis, judgements: Sequence[ScoredPredictions], cards: Cards) -> list[str]:
    """The first model against each other one."""
    if len(judgements) < 2:
        return []
    parts = ["<h2>Side by side</h2>"]
    for other in judgements[1:]:
        found = analysis.versus(judgements[0], other)
        one, two = called(judgements[0].model), called(other.model)
        rows = [[esc(n), f"{int(m.sum()):,}"] for n, m in found.masks.items()]
        d = found.difference
        parts.append(
            f"<h3>{esc(one)} (first) and {esc(two)} (second)</h3><p>On {len(found.one):,} posts "
            f"that both read: accuracy differs by {ranged(d.value, d.low, d.high)}, "
            f"McNemar p = {found.p:.2g}.</p>" + table(["", "posts"], rows, 1)
        )
        for name, judged in (("only first", found.two), ("only second", found.one)):
            ids = judged.ids[found.masks[name]][:POSTS]
            parts.append(
                f"<details><summary>{esc(name)} right</summary>"
                f"{cards(ids, sayer(judged))}</details>"
            )
    return parts


def robust(drops: Sequence[AccuracyDrop]) -> list[str]:
    """What noise costs."""
    if not drops:
        return []
    rows = [
        [
            esc(d.noise),
            esc(called(d.model)),
            f"{len(d.posts['tried']):,} of {d.of:,}",
            f"{d.before:.3f}",
            f"{d.after:.3f}",
            ranged(d.drop, d.low, d.high),
            f"{len(d.posts['broken']):,}",
            f"{len(d.posts['mended']):,}",
        ]
        for d in drops
    ]
    head = [
        "what happens",
        "model",
        "posts",
        "accuracy before",
        "after",
        "drop",
        "broken",
        "mended",
    ]
    return ["<h2>Robustness</h2>", table(head, rows, 2)]
