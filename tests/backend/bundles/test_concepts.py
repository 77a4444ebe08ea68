from __future__ import annotations

import numpy as np

from backend.bundles.concepts import concepts

NAMES = [f"class {i}" for i in range(1000)]


def test_breeds_add_up_to_their_kind() -> None:
    logits = np.zeros(1000)
    logits[281:286] = 8.0
    assert concepts(NAMES, logits) == ("cat",)


def test_one_sure_class_is_named_and_doubt_is_not() -> None:
    logits = np.zeros(1000)
    assert concepts(NAMES, logits) == ()
    logits[950] = 12.0
    assert concepts(NAMES, logits) == ("class 950",)
