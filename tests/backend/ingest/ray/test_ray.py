"""An import through Ray is the import that this process would have made, whoever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from backend import encoders
from backend.core.ray_cluster import Ray, installed
from backend.corpus import Corpus
from backend.domain import KindredError, Modality, Picture, Sound
from backend.encoders.remote import RemoteEncoder
from backend.ingest import ImportJob, ImportState, Options, check, open_tree
from backend.ingest import runner as running
from backend.ingest.existing import ExistingPosts
from backend.ingest.ray import runner as engine
from backend.ingest.ray.runner import RayImportPipeline
from backend.ingest.ray.worker import EncodingWorker
from backend.ingest.runner import ImportPipeline
from backend.settings import ROOT
from backend.workspace.import_models import BundleModels
from backend.workspace.workspace import Workspace
from tests.backend.ingest import samples
from tests.backend.ingest.ray.same import assert_same
from tests.backend.ingest.ray.workers import JOURNAL, Journalled
from tests.sockets import free_port
from tests.waiting import PATIENCE, until

pytestmark = [
    pytest.mark.scale,
    pytest.mark.skipif(
        not installed(), reason="Ray is not installed; `make scale-test` installs it"
    ),
]
POSTS = 44


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "SHARD_ITEMS", 16)
    monkeypatch.setattr(engine, "BATCH", 4)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = samples.posts(tmp_path_factory.mktemp("src"), POSTS, 3)
    (folder / "p1.png").write_bytes(b"no picture")
    return folder


def known(path: Path) -> ExistingPosts:
    return ExistingPosts.of(Corpus.open(path)) if path.is_dir() else ExistingPosts()


def plan(home: Path, source: Path) -> ImportJob:
    home.mkdir()
    report = check(open_tree(source), Options())
    job = ImportJob(home / "job", source, "c", report.format, Options(), report.rows)
    job.save()
    return job


def local(home: Path, source: Path, workspace: Workspace) -> tuple[Corpus, ImportState]:
    path = home / "c"
    state = ImportPipeline(
        plan(home, source), path, BundleModels(workspace), known=lambda: known(path)
    ).run()
    assert state.stage == "done", state.error
    return Corpus.open(path), state


def through_ray(
    home: Path,
    source: Path,
    workspace: Workspace,
    worker: type,
    job: ImportJob | None = None,
    **more: object,
) -> RayImportPipeline:
    path = home / "c"
    return RayImportPipeline(
        job or plan(home, source),
        path,
        BundleModels(workspace),
        known=lambda: known(path),
        bundle=workspace.bundle.path,
        ray=Ray(workers=2),
        worker=worker,
        **more,
    )


@pytest.fixture(scope="module")
def expected(
    tmp_path_factory: pytest.TempPathFactory, source: Path, workspace: Workspace
) -> tuple[Corpus, ImportState]:
    return local(tmp_path_factory.mktemp("local") / "h", source, workspace)


def test_a_killed_worker_costs_only_its_batch(
    tmp_path: Path,
    source: Path,
    workspace: Workspace,
    expected: tuple[Corpus, ImportState],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    journal = tmp_path / "journal"
    monkeypatch.setenv(JOURNAL, str(journal))
    runner = through_ray(tmp_path / "h", source, workspace, Journalled)
    killed: list[str] = []
    over = threading.Event()

    def kill() -> None:
        while not over.is_set():
            said = journal.read_text().splitlines() if journal.is_file() else []
            if len(said) >= 4:
                killed.extend(said[-1].split())
                os.kill(int(killed[0]), signal.SIGKILL)
                return
            time.sleep(0.02)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        state = runner.run()
    finally:
        over.set()
        killer.join()
    assert state.stage == "done", state.error
    begun = Counter(line.split()[1] for line in journal.read_text().splitlines())
    again = {key for key, times in begun.items() if times > 1}
    assert killed and again == {killed[1]}, begun
    assert len(begun) == -(-POSTS // 4)
    corpus, other = expected
    assert (state.posts, state.lost, state.done) == (other.posts, other.lost, other.done)
    assert_same(Corpus.open(tmp_path / "h" / "c"), corpus)


def test_stopping_and_going_on_changes_nothing(
    tmp_path: Path, source: Path, workspace: Workspace, expected: tuple[Corpus, ImportState]
) -> None:
    home = tmp_path / "h"
    job = plan(home, source)

    def stop() -> bool:
        return (job.folder / "parts" / "000000").is_dir()

    first = through_ray(home, source, workspace, EncodingWorker, job, stop=stop).run()
    assert first.stage == "paused" and len(list((job.folder / "parts").iterdir())) > 0
    assert not (home / "c").exists()
    # The rest is done in this process: the parts do not say who made them.
    path = home / "c"
    runner = ImportPipeline(job, path, BundleModels(workspace), known=lambda: known(path))
    assert runner.run().stage == "done"
    assert_same(Corpus.open(path), expected[0])


def test_encoders_served_by_ray_are_the_encoders_here(workspace: Workspace, tmp_path: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    told = (tmp_path / "told").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "backend", "serve", "--engine", "ray", "--port", str(port)],
        cwd=ROOT,
        env=os.environ | {"KINDRED_HOME": str(workspace.home)},
        stdout=told,
        stderr=told,
        start_new_session=True,  # a signal to its group must not reach pytest
    )
    try:
        away = _when_it_serves(server, address, workspace)
        texts = [f"Sentence number {i} of many" for i in range(24)]
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda text: away[Modality.TEXT].encode([text]), texts))
        here = encoders.get(workspace.bundle.encoders[Modality.TEXT]).encode(texts)
        for one, two in zip(here.vectors, found, strict=True):
            assert np.array_equal(one, two.vectors[0])  # type: ignore[arg-type]
        noise = np.random.default_rng(1)
        picture = Picture((noise.integers(0, 256, (60, 80, 3), dtype=np.uint8),))
        sound = Sound(noise.normal(size=44_100).astype(np.float32) * 0.1, 44_100)
        for modality, item in ((Modality.IMAGE, picture), (Modality.AUDIO, sound)):
            encoder = encoders.get(workspace.bundle.encoders[modality], modality=modality)
            (one,), (two,) = encoder.encode([item]).vectors, away[modality].encode([item]).vectors
            assert np.array_equal(one, two)  # type: ignore[arg-type]
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=PATIENCE)
        told.close()


def _when_it_serves(
    server: subprocess.Popen, address: str, workspace: Workspace
) -> dict[Modality, RemoteEncoder]:
    names = workspace.bundle.encoders
    found: dict[Modality, RemoteEncoder] = {}

    def serves() -> bool:
        assert server.poll() is None, "it has ended"
        try:
            found.update({m: RemoteEncoder(address, names[m], m) for m in Modality})
        except KindredError as error:
            assert error.code == "no_backend", error
        return bool(found)

    until(serves)
    return found
