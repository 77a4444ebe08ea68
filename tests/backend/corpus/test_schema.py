"""What a corpus takes as an id."""

from __future__ import annotations

import pytest

from backend.corpus.schema import MAX_ID, check_id
from backend.domain import KindredError


@pytest.mark.parametrize("good", ["1", "https://x.example/1", "猫", "😀", "x" * MAX_ID])
def test_an_id_is_anything_that_can_be_printed(good: str) -> None:
    check_id(good)


@pytest.mark.parametrize(
    "bad", ["", "  ", "a\nb", "a\x7f", "x" * (MAX_ID + 1), "2\ud800", "\udfff"]
)
def test_another_is_refused_in_words_that_can_be_printed(bad: str) -> None:
    with pytest.raises(KindredError) as error:
        check_id(bad)
    assert error.value.code == "bad_id"
    assert error.value.message.encode() and error.value.message.endswith("characters.")
