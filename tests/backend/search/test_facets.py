"""What hits have in common."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from backend.corpus import Corpus
from backend.domain import Post
from backend.search.facets import SHOWN, Count, facets, periods


def _posts() -> list[Post]:
    return [
        Post(f"p{i}", text="x", user=f"u{i % 2}", language=("en", "en", "de")[i % 3])
        for i in range(6)
    ]


def test_only_the_hits_are_counted_most_frequent_first(tmp_path: Path) -> None:
    corpus = Corpus.create(tmp_path / "c", name="c")
    corpus.add(_posts())
    found = facets(corpus, "b", ["p0", "p1", "p2", "p3", "gone"])
    assert found.hits == 4
    assert found.languages == (Count("en", 3), Count("de", 1))
    assert found.users == (Count("u0", 2), Count("u1", 2))
    assert found.emotions == () and found.periods == ()


def test_times_are_counted_by_what_gives_a_few_bars() -> None:
    days = [datetime(2024, 2, day, 12, tzinfo=UTC) for day in (28, 28, 29)]
    assert [(p.name, p.hits) for p in periods(days)] == [("2024-02-28", 2), ("2024-02-29", 1)]
    assert periods(days)[1].until == datetime(2024, 3, 1, tzinfo=UTC)
    months = [datetime(2023, 12, 5), datetime(2024, 2, 5)]
    assert [(p.name, p.until.month) for p in periods(months)] == [("2023-12", 1), ("2024-02", 3)]
    years = periods([datetime(year, 6, 1) for year in range(2000, 2020)])
    assert len(years) == SHOWN and years[-1].name == "2019"
