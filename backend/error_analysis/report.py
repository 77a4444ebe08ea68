"""The whole analysis as one HTML page: no script, no file beside it, nothing fetched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from backend.error_analysis.calibration import Bin
from backend.error_analysis.judgements import ScoredPredictions
from backend.error_analysis.model_names import called, introduced
from backend.error_analysis.report_lists import POSTS, labels, pairs, robust, slices
from backend.error_analysis.report_parts import Analysis, Cards, esc, ranged, sayer, table
from backend.error_analysis.robustness import AccuracyDrop

CLASSES = 14  # of a matrix; more do not fit a page
STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8889; --bad: #b3402f; --good: #1f7f8c }
* { box-sizing: border-box }
body { font: 16px/1.5 "Source Sans 3", "Source Sans Pro", system-ui, sans-serif; margin: 0 auto;
  max-width: 1080px; padding: 1.5rem 1rem 4rem; background: #fcfbf8; color: #21202a }
h1, h2, h3 { font-family: "Source Serif 4", Georgia, serif; line-height: 1.2 }
h2 { margin-top: 2.6rem; border-top: 1px solid var(--line); padding-top: 1.2rem }
.soft, td small { opacity: .72 } .wide { overflow-x: auto }
table { border-collapse: collapse; margin: .6rem 0 1rem; font-variant-numeric: tabular-nums }
th, td { padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; font-weight: 400 } thead th { opacity: .72; font-size: .86rem }
td.n, th.n { text-align: right; white-space: nowrap }
.matrix td, .matrix th { padding: .35rem .6rem; text-align: right; border: 1px solid var(--line) }
.post { display: flex; gap: .7rem; align-items: flex-start; padding: .4rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
.post img { width: 56px; height: 56px; object-fit: contain; flex: none; background: #fff;
  border-radius: 6px } code { font-size: .84em; opacity: .8 }
svg { max-width: 100%; height: auto } details { margin: .4rem 0 }
@media (prefers-color-scheme: dark) { body { background: #16151c; color: #eceae4 } }
"""


def write(
    analysis: Analysis, judgements: Sequence[ScoredPredictions], drops: Sequence[AccuracyDrop]
) -> str:
    """Write the report.

    Parameters
    ----------
    analysis : Analysis
    judgements : sequence of ScoredPredictions
        One a model, of one label.
    drops : sequence of AccuracyDrop
        Empty when robustness was not measured.

    Returns
    -------
    str
        HTML.
    """
    labelled = judgements[0].labelled
    cards = Cards(analysis, labelled)
    title = f"Errors on “{labelled.label}” of {labelled.corpus}"
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    parts = [
        f"<h1>{esc(title)}</h1>",
        f'<p class="soft">{len(labelled):,} labelled posts, {len(labelled.classes)} classes; '
        f"{len(judgements)} models; {day}. Intervals cover 95 %.</p>",
        *(_notes(judgements)),
        _figures(analysis, judgements),
    ]
    for judged in judgements:
        parts += _model(analysis, judged, cards)
    parts += labels(analysis, judgements, cards)
    parts += pairs(analysis, judgements, cards)
    parts += robust(drops)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{esc(title)}</title><style>{STYLE}</style></head><body>"
        f"{''.join(parts)}</body></html>"
    )


def _notes(judgements: Sequence[ScoredPredictions]) -> list[str]:
    return [
        f'<p class="soft"><b>{esc(name)}</b>{esc(going_on)} '
        f"It read {len(j):,} of {len(j.labelled):,} posts.</p>"
        for j in judgements
        for name, going_on in [introduced(j)]
    ]


def _figures(analysis: Analysis, judgements: Sequence[ScoredPredictions]) -> str:
    columns = [analysis.measures(j) for j in judgements]
    names = list(dict.fromkeys(m.name for column in columns for m in column))
    by_name = [{m.name: m for m in column} for column in columns]
    rows = []
    for name in names:
        cells = [by[name] for by in by_name if name in by]
        rows.append([esc(name), *(ranged(m.value, m.low, m.high) for m in cells)])
    return "<h2>How good</h2>" + table(["", *(esc(called(j.model)) for j in judgements)], rows, 1)


def _model(analysis: Analysis, judged: ScoredPredictions, cards: Cards) -> list[str]:
    parts = [
        f"<h2>{esc(called(judged.model))}</h2>",
        "<h3>Confusion</h3>",
        _matrix(analysis, judged),
    ]
    rows = [
        [
            esc(row.name),
            f"{row.posts:,}",
            f"{row.given:,}",
            ranged(*row.precision),
            ranged(*row.recall),
            f"{row.f1:.3f}",
        ]
        for row in analysis.by_class(judged)
    ]
    head = ["class", "posts", "given", "precision", "recall", "F1"]
    parts.append(table(head, rows, 1))
    parts.append("<h3>Calibration</h3>" + _curve(analysis.curve(judged)))
    gaps = [
        [
            esc(g.name),
            f"{g.posts:,}",
            ranged(g.error, g.low, g.high),
            ranged(g.chance, g.chance_low, g.chance_high),
        ]
        for g in analysis.gaps(judged)
    ]
    head = ["posts of", "posts", "expected calibration error", "by chance alone"]
    parts.append(table(head, gaps, 1))
    some = [t for t in analysis.thresholds(judged) if round(t.at * 100) % 10 == 0]
    costs = [
        [f"{t.at:.0%}", f"{t.answered:,}", f"{t.wrong:,}", f"{t.spared:,}", f"{t.lost:,}"]
        for t in some
    ]
    head = ["answer from", "answered", "wrong", "errors spared", "right ones held back"]
    parts.append(table(head, costs, 1))
    parts.append("<h3>Where it does worse</h3>" + slices(analysis.slices(judged), cards))
    hard = list(analysis.hardest(judged).ids)[:POSTS]
    said = sayer(judged)
    parts.append("<details><summary>Hardest posts</summary>" + cards(hard, said) + "</details>")
    return parts


def _matrix(analysis: Analysis, judged: ScoredPredictions) -> str:
    counts = analysis.confusion(judged)
    order = np.argsort(-counts.sum(axis=1), kind="stable")[:CLASSES]
    shown = np.sort(order) if len(order) == len(counts) else order
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    head = "".join(f"<th>{esc(judged.classes[i])}</th>" for i in shown)
    rows = []
    for i in shown:
        cells = "".join(
            f'<td style="background:color-mix(in srgb, var({"--good" if i == j else "--bad"}) '
            f'{55 * shares[i, j]:.0f}%, transparent)">{counts[i, j]:,}</td>'
            for j in shown
        )
        rows.append(f"<tr><th>{esc(judged.classes[i])}</th>{cells}</tr>")
    left = len(counts) - len(shown)
    note = f'<p class="soft">The {left} smallest classes are left out.</p>' if left else ""
    return (
        '<p class="soft">Rows: the label. Columns: what was given.</p><div class="wide">'
        f'<table class="matrix"><thead><tr><th></th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>{note}"
    )


def _curve(bins: Sequence[Bin]) -> str:
    peak = max(b.posts for b in bins) or 1
    marks = ['<line x1="40" y1="240" x2="340" y2="20" stroke="currentColor" opacity=".35"/>']
    for b in bins:
        x = 40 + 300 * b.low
        height = 60 * b.posts / peak
        marks.append(
            f'<rect x="{x + 2:.1f}" y="{310 - height:.1f}" width="26" height="{height:.1f}" '
            f'fill="currentColor" opacity=".35"><title>{b.posts} posts</title></rect>'
        )
        if b.posts:
            cx = 40 + 300 * b.confidence
            y, low, high = (240 - 220 * v for v in (b.accuracy, b.accuracy_low, b.accuracy_high))
            marks.append(
                f'<line x1="{cx:.1f}" x2="{cx:.1f}" y1="{low:.1f}" y2="{high:.1f}" '
                f'stroke="currentColor" opacity=".6"/><circle cx="{cx:.1f}" cy="{y:.1f}" r="4" '
                f'fill="#7570db"><title>{b.posts} posts: confidence {b.confidence:.2f}, '
                f"accuracy {b.accuracy:.2f}</title></circle>"
            )
    return (
        '<svg viewBox="0 0 360 330" width="420" role="img" aria-label="Accuracy against '
        'confidence, with the number of posts below"><g font-size="11" fill="currentColor">'
        '<text x="4" y="24">1</text><text x="4" y="244">0</text>'
        '<text x="150" y="326">confidence</text></g>'
        '<path d="M40 20V240H340" fill="none" stroke="currentColor" opacity=".5"/>'
        f"{''.join(marks)}</svg>"
    )
