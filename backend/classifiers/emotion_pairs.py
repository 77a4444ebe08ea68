"""Comments of GoEmotions beside drawings of emoji that express the same emotion."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from backend.affect.fitting import goemotions
from backend.classifiers.dataset import LabelledDataset, grouped_folds
from backend.domain import EMOTIONS
from backend.settings import ASSETS, SEED

COMMENTS = 300  # of each emotion

# Code points of emoji whose name in Unicode's catalogue expresses an emotion.
EMOJI: Mapping[str, str] = {
    "joy": "1F600 1F601 1F602 1F603 1F604 1F606 1F60A 1F638 1F639 1F63A 1F642 1F973 1F389 263A",
    "trust": "1F91D 1FAC2 1F917 1F44D 1F64F 1F970 1F60D 1F49D 2764",
    "fear": "1F628 1F630 1F631 1F627 1F61F 1FAE3 1FAE8 1F640",
    "surprise": "1F62E 1F62F 1F632 1F92F 1FAE2 E281",
    "sadness": "1F622 1F62D 1F61E 1F614 1F641 2639 1F63F 1F494 1F625 1F979 E282",
    "disgust": "1F922 1F92E 1F4A9 1FAB3",
    "anger": "1F620 1F621 1F624 1F92C 1F47F 1F4A2 1F63E 1F64E 1F595",
    "anticipation": "1F91E 231B 23F3 1F914 1F4C5 1F440 1F381",
}


def home(folder: Path) -> Path | None:
    """Return the folder with GoEmotions' parts: itself or its ``data``; None without any part."""
    parts = ("train.tsv", "dev.tsv", "test.tsv")
    places = (folder, folder / "data")
    return next((at for at in places if any((at / part).is_file() for part in parts)), None)


def read(folder: Path) -> LabelledDataset:
    """Read comments with one emotion and pair them with drawings; see `pair`.

    Parameters
    ----------
    folder : pathlib.Path
        Holds GoEmotions' ``train.tsv`` and ``dev.tsv``; see `home`.

    Raises
    ------
    KindredError
        As for `backend.affect.fitting.goemotions.read`.
    """
    return pair(*_comments(folder))


def pair(texts: list[str], labels: np.ndarray, assets: Path = ASSETS) -> LabelledDataset:
    """Pair texts with drawings of the same emotion.

    The pairs are constructed: nobody posted the two together. The emotion of a comment is
    its readers', that of a drawing the name of its emoji. Both are divided into folds first
    and paired within a fold, so that no emoji of a test post, in any drawing style, is
    trained on. In a fold without an emoji of their emotion, comments have no image and are
    only trained on.

    Parameters
    ----------
    texts : list of str
    labels : numpy.ndarray
        ``(n,)`` int64 indexes into `backend.domain.EMOTIONS`.
    assets : pathlib.Path
    """
    folds = grouped_folds(texts, labels)
    codes = [(code, e) for e, name in enumerate(EMOTIONS) for code in EMOJI[name].split()]
    emotion_of = dict(codes)
    places = grouped_folds([code for code, _ in codes], np.array([e for _, e in codes]))
    fold_of = {code: fold for (code, _), fold in zip(codes, places, strict=True)}
    drawings: dict[tuple[int, int], list[Path]] = {}
    rows = pq.read_table(assets / "training" / "pairs.parquet", columns=["hexcode", "image"])
    for row in rows.to_pylist():
        code = row["hexcode"]
        if code in emotion_of and row["image"]:
            path = assets / "training" / "images" / row["image"]
            drawings.setdefault((int(fold_of[code]), emotion_of[code]), []).append(path)
    rng = np.random.default_rng(SEED)
    images: list[Path | None] = []
    for fold, label in zip(folds, labels, strict=True):
        some = sorted(drawings.get((int(fold), int(label)), []))
        images.append(some[rng.integers(len(some))] if some else None)
    return LabelledDataset(
        name="paired emotions",
        texts=texts,
        supports=[""] * len(texts),
        images=images,
        audios=[None] * len(texts),
        labels=labels,
        classes=tuple(EMOTIONS),
        folds=folds,
        groups=np.array(texts),
        tested=np.array([image is not None for image in images]),
        note="a Reddit comment with one emotion according to its readers (GoEmotions) and a "
        "drawing of an emoji whose name expresses it, paired by rule; no tested emoji was "
        "trained on",
    )


def _comments(folder: Path) -> tuple[list[str], np.ndarray]:
    """Return different comments with a single label, at most `COMMENTS` of an emotion."""
    found: dict[str, int] = {}
    for part in ("train", "dev"):
        comments = goemotions.read(folder, part)
        for row in np.flatnonzero(comments.labels.sum(axis=1) == 1):
            name = goemotions.NAMES[int(comments.labels[row].argmax())]
            emotions, _ = goemotions.LABELS[name]
            if emotions:
                found.setdefault(comments.texts[row], EMOTIONS.index(emotions[0]))
    every = list(found)
    order = np.random.default_rng(SEED).permutation(len(every))
    kept: list[int] = []
    for emotion in range(len(EMOTIONS)):
        kept += [i for i in order if found[every[i]] == emotion][:COMMENTS]
    texts = [every[i] for i in sorted(kept)]
    return texts, np.array([found[t] for t in texts], dtype=np.int64)
