"""Comments and drawings of one emotion are paired within a fold."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from backend.affect.fitting import goemotions
from backend.classifiers import emotion_pairs
from backend.domain import EMOTIONS, KindredError
from backend.evaluation import emotion_fusion
from backend.settings import ASSETS


def test_pairs_agree_and_share_no_emoji_between_folds() -> None:
    labels = np.tile(np.arange(len(EMOTIONS)), 30)
    dataset = emotion_pairs.pair([f"comment {i}" for i in range(len(labels))], labels)
    pairs = pq.read_table(ASSETS / "training" / "pairs.parquet", columns=["hexcode", "image"])
    code_of = {row["image"]: row["hexcode"] for row in pairs.to_pylist()}
    folds: dict[str, set[int]] = {}
    for image, label, fold in zip(dataset.images, labels, dataset.folds, strict=True):
        if image is not None:
            code = code_of[image.relative_to(ASSETS / "training" / "images").as_posix()]
            assert code in emotion_pairs.EMOJI[EMOTIONS[label]].split()
            folds.setdefault(code, set()).add(int(fold))
    assert all(len(some) == 1 for some in folds.values())
    tested = dataset.tested & (labels == EMOTIONS.index("joy"))
    assert tested.sum() == 30  # joy has an emoji in every fold
    assert len(set(dataset.labels[dataset.tested])) == len(EMOTIONS)


def test_no_emoji_stands_for_two_emotions_and_all_have_drawings() -> None:
    codes = [code for some in emotion_pairs.EMOJI.values() for code in some.split()]
    assert len(codes) == len(set(codes))
    pairs = pq.read_table(ASSETS / "training" / "pairs.parquet", columns=["hexcode"])
    assert set(codes) <= set(pairs["hexcode"].to_pylist())


def test_a_folder_of_goemotions_is_fused_by_emotion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    comments = {"17": "What a day", "25": "I miss them", "2": "How dare you", "14": "It was dark"}
    lines = [f"{text} {i}\t{code}\tx{i}" for i in range(30) for code, text in comments.items()]
    data = tmp_path / "data"  # as in the repository that publishes them
    data.mkdir()
    (data / "dev.tsv").write_text("Not one thing\t17,25\ty")
    with pytest.raises(KindredError, match=r"no train\.tsv"):
        emotion_fusion.datasets(tmp_path)
    (data / "train.tsv").write_text("\n".join(lines))
    parts = ("train", "dev")
    sums = {p: sha256((data / f"{p}.tsv").read_bytes()).hexdigest() for p in parts}
    monkeypatch.setattr(goemotions, "SHA256", sums)
    found = emotion_fusion.datasets(tmp_path)
    assert emotion_fusion.datasets(data)[0][0].texts == found[0][0].texts
    assert [text for _, text in found] == list(emotion_fusion.TEXTS)
    dataset = found[0][0]
    assert dataset.name == "paired emotions" and len(dataset) == 120
    assert Counter(dataset.classes[i] for i in dataset.labels) == dict.fromkeys(
        ("joy", "sadness", "anger", "fear"), 30
    )
