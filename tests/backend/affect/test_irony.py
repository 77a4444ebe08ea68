"""Words against emoji, with the encoder and heads that come with Kindred."""

from __future__ import annotations

import pytest

from backend.affect import AffectModel
from backend.affect.irony import LEAST, Contrast, contrasts
from backend.bundles.active import active
from backend.bundles.embedder import Embedder
from backend.settings import settings


def test_words_and_emoji_are_told_apart() -> None:
    bundle = active(settings().home)
    texts = ["I love waiting for two hours, so fun 😒😒", "I love this 😍", "no emoji", "😒", None]
    found = contrasts(AffectModel.load(bundle), Embedder(bundle), texts)
    against, along = found[:2]
    assert found[2:] == [None, None, None]
    assert against is not None and along is not None
    assert against.words > against.emoji
    assert against.words - against.emoji > along.words - along.emoji


@pytest.mark.parametrize(
    ("words", "emoji", "ironic"), [(0.9, 0.1, True), (0.5, 0.4, False), (0.1, 0.9, False)]
)
def test_only_positive_words_hint_at_irony(words: float, emoji: float, ironic: bool) -> None:
    assert Contrast(words, emoji).ironic == ironic
    assert Contrast(LEAST, 0.0).ironic
