"""GoEmotions: the table of its labels, and what is said when its files are not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.affect.evidence import OUTPUTS
from backend.affect.fitting import goemotions
from backend.domain import EMOTIONS, KindredError

LINES = "so kind of you\t15\ta1\nwhat? ew\t7,11\ta2\nthe bus is at nine\t27\ta3\n"


def test_every_emotion_has_a_label_and_every_label_a_meaning() -> None:
    first = {emotions[0] for emotions, _ in goemotions.LABELS.values() if emotions}
    assert first == set(EMOTIONS)
    assert len(goemotions.NAMES) == 28 and goemotions.NAMES[27] == "neutral"
    for emotions, _ in goemotions.LABELS.values():
        assert set(emotions) <= set(EMOTIONS) and len(set(emotions)) == len(emotions)


def test_labels_become_targets() -> None:
    comments = goemotions.parse(LINES)
    assert comments.texts == ["so kind of you", "what? ew", "the bus is at nine"]
    assert comments.ids == ["a1", "a2", "a3"]
    strongest = [OUTPUTS[i] for i in comments.emotion.argmax(axis=1)]
    assert strongest[0] == "trust" and strongest[2] == "neutral"
    both = comments.emotion[1]
    assert both[OUTPUTS.index("disgust")] == 1.0 and both[OUTPUTS.index("anticipation")] == 1.0
    assert both[OUTPUTS.index("surprise")] == goemotions.SECOND and both[8] == 0.0
    assert np.allclose(comments.sentiment.sum(axis=1), 1.0)
    assert np.allclose(comments.sentiment[2], [0.0, 1.0, 0.0])
    assert comments.sentiment[1, 0] > comments.sentiment[1, 2]


def test_a_missing_or_changed_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KindredError, match=r"no train\.tsv.*google-research") as missing:
        goemotions.read(tmp_path, "train")
    assert missing.value.code == "no_goemotions"
    (tmp_path / "train.tsv").write_text(LINES, encoding="utf-8")
    with pytest.raises(KindredError, match="sha256") as changed:
        goemotions.read(tmp_path, "train")
    assert changed.value.code == "changed_goemotions"
