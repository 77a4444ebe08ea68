"""Nothing that was loaded once is gone through after each run."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace

import pytest
from streamlit import config

from app import freeze_gc


@pytest.fixture(autouse=True)
def thawed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(freeze_gc, "_frozen", 0)
    monkeypatch.setattr(freeze_gc, "_seen", 0)
    # Threads of tests before may be importing still.
    monkeypatch.setattr(freeze_gc, "sys", SimpleNamespace(modules=dict(sys.modules)))
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_what_is_there_leaves_the_collector_and_what_comes_later_does_not() -> None:
    freeze_gc.freeze()
    assert gc.get_freeze_count() == 0  # something may be loading still
    freeze_gc.freeze()
    kept, seen = gc.get_freeze_count(), len(gc.get_objects())
    assert kept > 10 * seen
    later: list[list[int]] = [[] for _ in range(1_000)]
    freeze_gc.freeze()
    assert gc.get_freeze_count() <= kept  # some may be freed meanwhile
    seen_now = {id(one) for one in gc.get_objects()}
    assert all(id(one) in seen_now for one in later)


def test_new_modules_are_taken_out_too(monkeypatch: pytest.MonkeyPatch) -> None:
    freeze_gc.freeze()
    freeze_gc.freeze()
    kept = gc.get_freeze_count()
    monkeypatch.setitem(freeze_gc.sys.modules, "something_large", ModuleType("something_large"))
    large = [{i: [i]} for i in range(10_000)]
    freeze_gc.freeze()
    freeze_gc.freeze()
    assert gc.get_freeze_count() >= kept + len(large)


def test_garbage_of_sessions_is_still_found() -> None:
    class Session:
        pass

    freeze_gc.freeze()
    freeze_gc.freeze()
    session = Session()
    session.itself = session  # type: ignore[attr-defined]
    gone = weakref.ref(session)
    del session
    gc.collect()
    assert gone() is None


def test_no_run_of_a_page_ends_in_a_collection_of_everything() -> None:
    """A flood of messages would run it again and again, and hold up everybody."""
    assert config.get_option("runner.postScriptGC") is False
