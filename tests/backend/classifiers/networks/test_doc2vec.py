"""doc2vec: the same text, the same vector; like texts near one another; nothing breaks it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from backend.classifiers.networks.doc2vec import Doc2Vec, Doc2VecConfig

SEA = ["the ship sails the blue sea", "waves of the sea carry the ship", "a sail on the blue waves"]
FIELD = ["the cow eats green grass", "grass and hay for the cow", "a green field with a cow"]
CONFIG = Doc2VecConfig(size=16, epochs=60, least=1)


def test_the_same_texts_give_the_same_vectors() -> None:
    one = Doc2Vec(CONFIG).fit([*SEA, *FIELD] * 8)
    vectors = one.transform([SEA[0], FIELD[0], SEA[0]])
    assert vectors.shape == (3, 16) and vectors.dtype == np.float32
    assert np.array_equal(vectors[0], vectors[2])
    other = Doc2Vec(CONFIG).fit([*SEA, *FIELD] * 8)
    assert np.array_equal(other.transform([FIELD[0]])[0], vectors[1])


def test_texts_of_one_kind_are_near_one_another() -> None:
    model = Doc2Vec(replace(CONFIG, epochs=100)).fit([*SEA, *FIELD] * 40)
    sea, field = model.transform(SEA), model.transform(FIELD)

    def near(a: np.ndarray, b: np.ndarray) -> float:
        a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))
        return float((a @ b.T)[~np.eye(3, dtype=bool)].mean())

    assert near(sea, sea) > near(sea, field) < near(field, field)


def test_a_text_of_unknown_words_or_none_has_a_vector() -> None:
    model = Doc2Vec(CONFIG).fit(SEA * 4)
    found = model.transform(["xyzzy plugh", "", "😀😀"])
    assert found.shape == (3, 16) and np.isfinite(found).all()
