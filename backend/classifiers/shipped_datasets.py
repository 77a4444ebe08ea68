"""The shipped labelled datasets, built by rule from the shipped labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from backend.classifiers.dataset import LabelledDataset, encode_labels, grouped_folds, merge_rare
from backend.settings import ASSETS, SEED

JUDGED = 20  # least number of judgements of an emoji
CLEAR = 0.1  # least distance of their balance from neutral


def paired(assets: Path = ASSETS) -> LabelledDataset:
    """The paired sentiment benchmark: a tweet and an emoji image whose sentiments agree.

    The pairs are constructed: nobody posted the two together. Both labels are people's.
    Tweets and emoji are divided into folds first and paired within a fold, so that no
    emoji of a test post, in any drawing style, is trained on.
    """
    tweets = [
        t
        for t in pq.read_table(assets / "labels" / "tweets.parquet").to_pylist()
        if t["label"] in ("positive", "negative")
    ]
    labels = np.array([t["label"] == "positive" for t in tweets], dtype=np.int64)
    folds = grouped_folds([t["group"] for t in tweets], labels)
    emoji = _emoji(assets)
    kinds = np.array([e["positive"] for e in emoji], dtype=np.int64)
    # Folds of emoji, not of drawings: all styles of an emoji share a fold.
    codes, first, back = np.unique(
        [e["hexcode"] for e in emoji], return_index=True, return_inverse=True
    )
    places = grouped_folds(codes, kinds[first])[back]
    rng = np.random.default_rng(SEED)
    chosen = [
        emoji[rng.choice(np.flatnonzero((places == fold) & (kinds == label)))]
        for fold, label in zip(folds, labels, strict=True)
    ]
    return LabelledDataset(
        name="paired sentiment",
        texts=[t["text"] for t in tweets],
        supports=[e["name"] for e in chosen],
        images=[e["path"] for e in chosen],
        audios=[None] * len(tweets),
        labels=labels,
        classes=("negative", "positive"),
        folds=folds,
        groups=np.array([t["group"] for t in tweets]),
        tested=np.ones(len(tweets), dtype=bool),
        note="a rated tweet and an emoji image of agreeing human sentiment, paired by rule; "
        "the emoji's name is the supporting text; no tested emoji was trained on",
    )


def _emoji(assets: Path) -> list[dict[str, Any]]:
    """Return drawings, in every style, of emoji with clear human sentiment."""
    rated: dict[str, dict[str, Any]] = {}
    posts: dict[str, str] = {}
    for row in pq.read_table(assets / "labels" / "emoji.parquet").to_pylist():
        counts = [row[k] or 0 for k in ("negative", "neutral", "positive")]
        if sum(counts) < JUDGED:
            continue
        balance = (counts[2] - counts[0]) / sum(counts)
        if abs(balance) > CLEAR:
            rated[row["hexcode"]] = {"name": row["name"], "positive": balance > 0}
            if row["post"]:
                posts[row["post"]] = row["hexcode"]
    drawings = [
        rated[row["hexcode"]]
        | {"hexcode": row["hexcode"], "path": assets / "training" / "images" / row["image"]}
        for row in pq.read_table(assets / "training" / "pairs.parquet").to_pylist()
        if row["hexcode"] in rated
    ]
    for row in _posts(assets):
        code = posts.get(row["id"])
        if code is not None and row["image"]:
            path = assets / "corpus" / "media" / row["image"]
            drawings.append(rated[code] | {"hexcode": code, "path": path})
    return sorted(drawings, key=lambda e: str(e["path"]))


def tuxpaint(assets: Path = ASSETS) -> LabelledDataset:
    """The tri-modal benchmark: Tux Paint stamps with image, English caption and effect sound.

    Labels are the collection's own folders. All stamps are trained on; the minority that
    has all three modalities is tested.
    """
    captions = {
        row["post"]: row["caption"]
        for row in pq.read_table(assets / "labels" / "tuxpaint_captions.parquet").to_pylist()
        if row["lang"] == "en"
    }
    rows = [r for r in _posts(assets) if r["source"] == "tuxpaint"]
    names = [_kind(dict(r["labels"])["folder"]) for r in rows]
    sounding = dict.fromkeys(names, 0)
    for row, name in zip(rows, names, strict=True):
        sounding[name] += bool(row["audio"])
    names = [n if sounding[n] >= 7 else "other" for n in names]
    labels, classes = encode_labels(names)
    media = assets / "corpus" / "media"
    audios = [media / r["audio"] if r["audio"] else None for r in rows]
    images = [media / r["image"] if r["image"] else None for r in rows]
    texts = [captions.get(r["id"], r["text"] or "") for r in rows]
    tested = np.array([bool(t and i and a) for t, i, a in zip(texts, images, audios, strict=True)])
    groups = [r["group"] or r["id"] for r in rows]
    return LabelledDataset(
        name="Tux Paint",
        texts=texts,
        supports=[""] * len(rows),
        images=images,
        audios=audios,
        labels=labels,
        classes=classes,
        # Balanced among the tested stamps too: few have a sound.
        folds=grouped_folds(groups, labels + len(classes) * tested),
        groups=np.array(groups),
        tested=tested,
        note=f"stamps with image, English caption and sound; the label is the collection's "
        f"folder ({', '.join(classes)}); trained on all stamps, tested on those with all three",
    )


def _kind(folder: str) -> str:
    """``animals/mammals/cats`` -> ``mammals``; other folders -> their first part."""
    first, *rest = folder.split("/")
    if first != "animals":
        return first
    return rest[0] if rest and rest[0] in ("birds", "mammals") else "other animals"


def sounds(assets: Path = ASSETS) -> LabelledDataset:
    """Sonic Pi's samples, labelled by the collection's families."""
    rows = [r for r in _posts(assets) if r["source"] == "sonic-pi" and r["audio"]]
    names = merge_rare([dict(r["labels"])["category"] for r in rows], least=8)
    labels, classes = encode_labels(names)
    groups = [r["group"] or r["id"] for r in rows]
    return LabelledDataset(
        name="sound families",
        texts=[""] * len(rows),  # a sample's title begins with its family
        supports=[""] * len(rows),
        images=[None] * len(rows),
        audios=[assets / "corpus" / "media" / r["audio"] for r in rows],
        labels=labels,
        classes=classes,
        folds=grouped_folds(groups, labels),
        groups=np.array(groups),
        tested=np.ones(len(rows), dtype=bool),
        note=f"Sonic Pi samples by family ({', '.join(classes)}); sound alone",
    )


def _posts(assets: Path) -> list[dict[str, Any]]:
    columns = ["id", "text", "image", "audio", "labels", "source", "group"]
    rows = pq.read_table(assets / "corpus" / "posts.parquet", columns=columns).to_pylist()
    for row in rows:
        if isinstance(row["labels"], str):
            import json

            row["labels"] = json.loads(row["labels"])
    return rows
