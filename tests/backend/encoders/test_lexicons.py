from __future__ import annotations

import numpy as np
import pytest

from backend.domain import EMOTIONS
from backend.encoders import lexicons, lightgbm_trees

TEXTS = ["i am so happy today", "my dog died and i cry", "WTF is this, disgusting!!"]
# What `nade.Nade().predict` of nade 0.3.1 gives for the same texts, rounded as it rounds.
PACKAGE = {
    "joy": [0.9, 0.0, 0.0],
    "trust": [0.047, 0.0, 0.0],
    "fear": [0.0, 0.309, 0.187],
    "surprise": [0.065, 0.095, 0.111],
    "sadness": [0.0, 0.748, 0.341],
    "disgust": [0.0, 0.136, 0.54],
    "anger": [0.0, 0.273, 0.47],
    "anticipation": [0.295, 0.0, 0.0],
}


def test_nade_is_the_package() -> None:
    found = lexicons.nade(TEXTS)
    assert found.shape == (3, 8)
    assert found.dtype == np.float32
    for emotion, values in PACKAGE.items():
        np.testing.assert_allclose(found[:, EMOTIONS.index(emotion)], values, atol=6e-4)


def test_nade_alone_or_in_a_batch() -> None:
    together = lexicons.nade(TEXTS)
    for text, row in zip(TEXTS, together, strict=True):
        assert np.array_equal(lexicons.nade([text])[0], row)
    assert lexicons.nade([]).shape == (0, 8)


def test_nade_takes_any_string() -> None:
    strange = ["\0", "a\nb", "\ud800", "🎉" * 50, "x" * 5000]
    assert np.isfinite(lexicons.nade(strange)).all()


def test_vader() -> None:
    good, empty, bad = lexicons.vader(["I love it!", "", "I hate it."])
    assert good[0] > 0.5 > -0.3 > bad[0]
    assert not empty.any()
    assert good[1:].sum() == pytest.approx(1)
    assert lexicons.vader([]).shape == (0, 4)


def test_vader_reads_a_bounded_part_of_any_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the square of the emoji of a text: 20,000 took over two minutes."""
    read: list[str] = []

    class Analyzer:
        emojis = lexicons._vader().emojis

        def polarity_scores(self, text: str) -> dict[str, float]:
            read.append(text)
            return dict.fromkeys(("compound", "pos", "neu", "neg"), 0.0)

    monkeypatch.setattr(lexicons, "_vader", Analyzer)
    lexicons.vader([unit * 20_000 for unit in ("😀", "a ", "a😀", "\n", "🏴󠁧󠁢󠁥󠁮󠁧󠁿")])
    names = Analyzer.emojis
    for text in read:
        words = sum(c.isspace() + (1 + names[c].count(" ") if c in names else 0) for c in text)
        assert words <= lexicons.VADER_WORDS, text[:10]


MODEL = """tree
num_class=1
objective=regression

Tree=0
num_leaves=3
num_cat=0
split_feature=1 0
threshold=0.5 2
decision_type=2 2
left_child=1 -1
right_child=-2 -3
leaf_value=1 10 100
is_linear=0

Tree=1
num_leaves=1
num_cat=0
leaf_value=0.25
is_linear=0

end of trees
"""


def test_trees_are_walked_as_lightgbm_does() -> None:
    forest = lightgbm_trees.read(MODEL)
    rows = np.array([[2, 0.5], [2.1, 0.5], [0, 0.6]])
    assert forest.predict(rows).tolist() == [1.25, 100.25, 10.25]


@pytest.mark.parametrize(
    ("old", "new"), [("num_cat=0", "num_cat=1"), ("=2 2", "=2 9"), ("num_class=1", "num_class=3")]
)
def test_other_kinds_of_trees_are_refused(old: str, new: str) -> None:
    with pytest.raises(ValueError, match="not supported"):
        lightgbm_trees.read(MODEL.replace(old, new, 1))
