from __future__ import annotations

from pathlib import Path

import pytest

from app.components.import_form import _name


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("pics.tar.gz", "pics"),
        ("My Posts.JSONL.gz", "my-posts"),
        ("photos.v2", "photos-v2"),
        ("commons.csv", "mine"),  # the shipped corpus is not written to
        ("..csv", "mine"),
        ("投稿.csv", "mine"),
    ],
)
def test_a_corpus_is_named_after_its_source(file: str, name: str) -> None:
    assert _name(Path(file)) == name
