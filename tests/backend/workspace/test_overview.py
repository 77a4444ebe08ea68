from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backend.core import device
from backend.corpus import Corpus
from backend.domain import EMOTIONS, Affect, Post, Sentiment
from backend.workspace import overview
from backend.workspace.workspace import Workspace


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the corpora that were counted."""
    names: list[str] = []
    count = overview.describe

    def counting(corpus: Any, *rest: Any) -> overview.Overview:
        names.append(corpus.name)
        return count(corpus, *rest)

    monkeypatch.setattr(overview, "describe", counting)
    return names


def test_a_corpus_is_counted_once_until_it_changes(tmp_path: Path, counted: list[str]) -> None:
    ws = Workspace(tmp_path)
    first = ws.overview()
    assert ws.overview() == first == ws.overview("commons")
    assert len(counted) == 1
    ws.corpus().add([Post(id="new", text="one more")])
    assert ws.overview().counts["posts"] == first.counts["posts"] + 1
    assert len(counted) == 2


def test_a_bundle_that_was_opened_anew_is_told_of(tmp_path: Path, counted: list[str]) -> None:
    ws = Workspace(tmp_path)
    first = ws.overview()
    ws.reload()
    assert ws.overview() == first
    assert len(counted) == 2


def test_the_device_is_the_one_of_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ws = Workspace(tmp_path)
    ws.overview()
    there = device.Device("cuda:7", "It has just been plugged in.")
    monkeypatch.setattr(device, "probe", lambda name: there)
    assert (ws.overview().device, ws.overview().device_reason) == (there.name, there.reason)


def test_visitors_at_once_count_once(tmp_path: Path, counted: list[str]) -> None:
    ws = Workspace(tmp_path)
    ws.corpus()
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: ws.overview(), range(4)))
    assert len(counted) == 1
    assert all(one == told[0] for one in told)


def test_an_index_made_meanwhile_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ws = Workspace(tmp_path)
    before = ws.overview().searched
    monkeypatch.setattr(overview, "choices", lambda *_: list(before[:1]))
    assert ws.overview().searched == before[:1]


def test_what_is_written_while_a_corpus_is_counted_is_not_half_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ws = Workspace(tmp_path)
    Corpus.create(tmp_path / "corpora" / "mine").add([Post(id="old", text="hello")])
    opened, read = ws.corpus("mine"), Corpus.table
    prediction = Affect(dict.fromkeys(EMOTIONS, 0.1), 0.1, Sentiment(0.9, "positive"), 0.9)

    def meanwhile(corpus: Corpus, *columns: Any, **more: Any) -> Any:
        monkeypatch.setattr(Corpus, "table", read)
        table = corpus.table(*columns, **more)
        predictions = {"new": prediction}
        opened.add([Post(id="new", text="hi")], bundle=ws.bundle.name, predictions=predictions)
        return table

    monkeypatch.setattr(Corpus, "table", meanwhile)
    before = ws.overview("mine")
    assert (before.counts["posts"], sum(before.sentiments.values())) == (1, 0)
    after = ws.overview("mine")
    assert (after.counts["posts"], sum(after.sentiments.values())) == (2, 1)


@pytest.mark.parametrize(
    ("days", "unit", "steps"),
    [(0, "day", 1), (41, "day", 42), (200, "week", 29), (800, "month", 27)],
)
def test_a_timeline_has_the_finest_steps_that_a_chart_has_room_for(
    tmp_path: Path, days: int, unit: str, steps: int
) -> None:
    first = datetime(2024, 1, 1, 12, tzinfo=UTC)
    posts = [Post(id=str(day), text="a", time=first + timedelta(days=day)) for day in {0, days}]
    Corpus.create(tmp_path / "corpora" / "mine").add([*posts, Post(id="undated", text="b")])
    told = Workspace(tmp_path).overview("mine")
    assert (told.timeline_unit, len(told.timeline), told.undated) == (unit, steps, 1)
    assert told.timeline[0][0].startswith("2024-01") and told.timeline[0][1] >= 1
    assert sum(n for _, n in told.timeline) == len(posts)


def test_time_has_no_holes(tmp_path: Path) -> None:
    def told(name: str, *times: tuple[int, int]) -> tuple[tuple[str, int], ...]:
        posts = [
            Post(id=str(i), text="a", time=datetime(year, month, 3, tzinfo=UTC))
            for i, (year, month) in enumerate(times)
        ]
        Corpus.create(tmp_path / "corpora" / name).add(posts)
        return Workspace(tmp_path).overview(name).timeline

    months = dict(told("months", (2003, 11), (2003, 11), (2005, 1)))
    assert (months["2003-11"], months["2003-12"], months["2005-01"]) == (2, 0, 1)
    years = told("years", *[(2003, 10)] * 2, *[(2009, 1)] * 4)
    assert years == tuple((str(y), {2003: 2, 2009: 4}.get(y, 0)) for y in range(2003, 2010))


def test_without_times_there_is_no_timeline(tmp_path: Path) -> None:
    Corpus.create(tmp_path / "corpora" / "mine").add([Post(id="undated", text="b")])
    assert Workspace(tmp_path).overview("mine").timeline == ()
