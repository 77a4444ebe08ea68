from __future__ import annotations

import gc
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import backend
from app.data import preload
from backend.domain import KindredError
from backend.workspace.workspace import Workspace
from tests.waiting import until


@pytest.fixture(autouse=True)
def nothing_begun(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(preload, "_opened", None)
    for name in ("BEFORE", "MODULES"):
        monkeypatch.setattr(preload, name, ("json", "no_such_module"))
    yield
    if preload._opened is not None:
        preload._opened.result()  # its thread is over before the next test
    gc.unfreeze()


def test_page_gets_the_workspace_that_was_opened_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []

    def once() -> Workspace:
        opened.append(Workspace(tmp_path))
        return opened[-1]

    monkeypatch.setattr(backend, "open_workspace", once)
    preload.begin()
    assert preload.workspace() is preload.workspace() is opened[0]
    assert len(opened) == 1
    assert (tmp_path / "corpora" / "commons").is_dir()
    assert gc.isenabled()


class Panic(BaseException):
    """What a library written in Rust raises when it breaks."""


@pytest.mark.parametrize("error", [KindredError("no_corpus", "The disk is gone."), Panic()])
def test_failure_ahead_is_met_again_by_the_page(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_home: Path | None = None) -> Workspace:
        raise error

    monkeypatch.setattr(backend, "open_workspace", broken)
    preload.begin()
    with pytest.raises(type(error)):
        preload.workspace()
    monkeypatch.setattr(backend, "open_workspace", lambda: Workspace(tmp_path))
    assert preload.workspace().home == tmp_path  # it is there again, without a new start
    assert gc.isenabled()


def test_page_does_not_wait_for_the_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ws, going_on = Workspace(tmp_path), threading.Event()
    monkeypatch.setattr(Workspace, "overview", lambda *_: going_on.wait(20))
    monkeypatch.setattr(backend, "open_workspace", lambda: ws)
    preload.begin()
    assert preload.workspace() is ws  # while it is still counting
    going_on.set()


def test_without_a_server_the_page_opens_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "open_workspace", lambda: Workspace(tmp_path))
    assert preload.workspace().home == tmp_path


def test_what_is_named_is_loaded_and_no_model() -> None:
    code = (
        "import sys; from app.data import preload as ahead; ahead.begin(); ahead._opened.result(); "
        "assert 'torch' not in sys.modules; "
        "assert all(name in sys.modules for name in (*ahead.BEFORE, *ahead.MODULES)); "
        "ahead._load(ahead.AFTERWARDS); "
        "assert all(name in sys.modules for name in ahead.AFTERWARDS)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_rest_is_loaded_once_after_the_first_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[tuple[str, ...]] = []
    monkeypatch.setattr(preload, "_load", loaded.append)
    monkeypatch.setattr(preload, "_left", ["json"])
    preload.load_rest()
    assert not loaded  # nothing was begun: a test, or a script
    monkeypatch.setattr(backend, "open_workspace", lambda: Workspace(tmp_path))
    preload.begin()
    preload.workspace()
    loaded.clear()
    for _ in range(2):
        preload.load_rest()
    until(lambda: loaded)
    assert loaded == [("json",)]
