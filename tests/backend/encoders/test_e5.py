from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend import encoders
from backend.encoders import e5

E5 = encoders.get("multilingual-e5-small")
TEXTS = ["A dog runs.", "Ein Hund rennt.", "The stock market fell.", "Die Börse fiel.", "🎉🎉", "a"]


def vectors(texts: list[str]) -> np.ndarray:
    found = E5.encode(texts).vectors
    assert all(v is not None for v in found)
    return np.stack(found)  # type: ignore[arg-type]


def test_unit_vectors_that_know_meaning_across_languages() -> None:
    found = vectors(TEXTS)
    assert found.shape == (6, 384)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    near = found @ found.T
    assert near[0, 1] > near[0, 2]
    assert near[2, 3] > near[2, 1]


def test_alone_or_in_a_batch_is_the_same_to_the_last_bit() -> None:
    together = vectors(TEXTS * 12)
    alone = np.stack([vectors([text])[0] for text in TEXTS])
    assert np.array_equal(together[:6], alone)
    assert np.array_equal(together[-6:], alone)


def test_many_threads_at_once() -> None:
    expected = vectors(TEXTS)
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: vectors(TEXTS), range(8)):
            assert np.array_equal(found, expected)


@pytest.mark.parametrize("text", ["", "   \n\t", "\0", "\0 \0"])
def test_nothing_to_read(text: str) -> None:
    encoded = E5.encode([text])
    assert encoded.vectors == [None]
    assert encoded.reasons == ["The text is empty."]


def test_what_follows_a_nul_counts() -> None:
    assert np.array_equal(*vectors(["I am\0 sad", "I am  sad"]))


def test_a_long_text_is_read_to_the_limit() -> None:
    long = "word " * 390
    short, changed, beyond = vectors([long, long + "anger joy fear", long + "sorrow " * 500])
    assert not np.array_equal(short, changed)
    same = vectors([long + "sorrow " * 900])[0]
    assert np.array_equal(beyond, same)
    assert len(e5._head("x" * 9_000)) == e5.LENGTH
    assert len(e5._head("雨" * 9_000)) == e5.LENGTH // 2
    assert len(e5._head("😀" * 9_000)) == e5.LENGTH // 4
    assert not e5._head(long * 9).endswith("wo")


@settings(max_examples=20)
@given(st.text(st.characters(), max_size=40))
def test_any_string_gives_a_vector_or_a_reason(text: str) -> None:
    encoded = E5.encode([text])
    vector, reason = encoded.vectors[0], encoded.reasons[0]
    assert (vector is None) != (reason is None)
    assert vector is None or np.isfinite(vector).all()
