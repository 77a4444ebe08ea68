"""Modalities encoded side by side give what each gives alone."""

from __future__ import annotations

import numpy as np

from backend.posts import Content, Modality, Picture, Sound
from backend.workspace import Workspace


def test_side_by_side_is_as_one_after_the_other(workspace: Workspace) -> None:
    rng = np.random.default_rng(0)
    picture = Picture((rng.integers(0, 255, (90, 120, 3), dtype=np.uint8),))
    sound = Sound(rng.normal(0, 0.1, 32_000).astype(np.float32), 16_000)
    whole = Content(text="What a day", image=picture, audio=sound)
    told: list[tuple[int, int]] = []
    features = workspace.embedder.features(
        [whole, Content(text="Sun"), Content(text="Rain", audio=sound)],
        progress=lambda n, of: told.append((n, of)),
    )
    for found, content in zip(
        features[::2], [whole, Content(text="Rain", audio=sound)], strict=True
    ):
        assert tuple(found.vectors) == content.modalities
        for modality in content.modalities:
            (alone,) = workspace.embedder.features([content.only((modality,))])
            np.testing.assert_array_equal(found.vectors[modality], alone.vectors[modality])
    assert list(features[1].vectors) == [Modality.TEXT]
    assert max(told) == (6, 6)
