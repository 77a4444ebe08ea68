"""Posts are in languages, not in codes."""

from __future__ import annotations

from backend.ingest import languages
from backend.text.language_names import language


def test_every_language_that_is_identified_has_a_name() -> None:
    codes = set(map(str, languages._identifier().nb_classes)) - {"zxx"}
    assert len(codes) > 100
    assert [code for code in codes if language(code) == code] == []
