"""Importing again: what was there, what is out of reach now, what another import uses."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Collection
from pathlib import Path

import pytest

from backend.corpus import Corpus, bulk_commit, creation
from backend.domain import KindredError, Post
from backend.ingest import media_loader
from backend.ingest import runner as running
from backend.ingest.drafts import Draft
from backend.ingest.media_loader import LoadedDraft
from tests.backend.ingest import samples
from tests.backend.ingest.test_runner import ingest, replan, runner

URL = "https://pictures.example/p.png"


def test_stills_were_webp_once_and_their_posts_are_still_the_same() -> None:
    def group(image: str | None) -> str:
        return running._group(LoadedDraft(Draft(1, Post("p", text="x")), "f", image=image))

    assert group("ab/c.jpg") == group("ab/c.webp") != group("ab/d.jpg") != group(None)


def linked(folder: Path, text: str = "a storm") -> Path:
    samples.lines(folder / "posts.jsonl", [{"id": "1", "text": text, "image": URL}])
    return folder


def test_a_picture_that_cannot_be_fetched_again_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = samples.picture(tmp_path / "p.png").read_bytes()
    monkeypatch.setattr(media_loader, "fetch", lambda url: data)
    home, source = tmp_path / "h", linked(tmp_path / "s")
    image = ingest(home, source, fetch=True).post("1").image
    assert image

    def down(url: str) -> bytes:
        raise KindredError("not_fetched", f"{url} does not answer.")

    monkeypatch.setattr(media_loader, "fetch", down)
    job = replan(home, source, fetch=True)
    state = runner(home, job).run()
    assert (state.stage, state.posts, state.same, state.lost) == ("done", 0, 1, 0)
    assert "stays as it was" in (job.folder / "notices.json").read_text()
    corpus = Corpus.open(home / "c")
    assert corpus.post("1").image == image and corpus.media_path(image).is_file()
    # Nor does it go when addresses are not fetched at all this time.
    assert runner(home, replan(home, source)).run().same == 1
    assert Corpus.open(home / "c").post("1").image == image


def test_a_post_that_never_had_its_picture_is_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(url: str) -> bytes:
        raise KindredError("not_fetched", f"{url} does not answer.")

    monkeypatch.setattr(media_loader, "fetch", down)
    home = tmp_path / "h"
    ingest(home, linked(tmp_path / "s"), fetch=True)
    source = linked(tmp_path / "s", "a calm sea")
    assert runner(home, replan(home, source, fetch=True)).run().posts == 1
    assert Corpus.open(home / "c").post("1").text == "a calm sea"


def test_nobody_imports_while_media_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One import drops a picture that another brings at the same moment."""
    home = tmp_path / "h"
    first = samples.picture(tmp_path / "one" / "x.png", seed=1).parent
    samples.lines(first / "posts.jsonl", [{"id": "p", "text": "a storm", "image": "x.png"}])
    old = ingest(home, first).post("p").image
    other = samples.picture(tmp_path / "two" / "x.png", seed=1).parent
    samples.lines(other / "posts.jsonl", [{"id": "q", "text": "a calm sea", "image": "x.png"}])
    samples.picture(first / "x.png", seed=2)

    brought = threading.Event()
    bring, forget = bulk_commit.link_or_copy, bulk_commit._delete_unused_media

    def bringing(source: Path, target: Path) -> None:
        bring(source, target)
        if threading.current_thread() is second:
            brought.set()

    def forgetting(path: Path | str, names: Collection[str]) -> None:
        second.start()
        assert not brought.wait(2)  # it waits for its turn: what it finds must not go then
        forget(path, names)

    monkeypatch.setattr(bulk_commit, "link_or_copy", bringing)
    job = replan(home, first)
    mine = runner(home, job)
    job_of_other = running.ImportJob(
        home / "imports" / "other", other, "c", "jsonl", job.options, 1
    )
    job_of_other.save()
    second = threading.Thread(target=lambda: runner(home, job_of_other).run())
    monkeypatch.setattr(bulk_commit, "_delete_unused_media", forgetting)
    assert mine.run().stage == "done"
    monkeypatch.setattr(bulk_commit, "_delete_unused_media", forget)
    second.join()
    corpus = Corpus.open(home / "c")
    assert corpus.post("q").image == old
    assert corpus.media_path(str(old)).is_file()


def test_a_corpus_deleted_while_an_import_is_paused_is_imported_whole(tmp_path: Path) -> None:
    home, source = tmp_path / "h", samples.posts(tmp_path / "s")
    ingest(home, source)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "SHARD_ITEMS", 16)
        patch.setattr(running, "CHUNK", 4)
        job = replan(home, source)
        parts = job.folder / "parts"
        begun = runner(home, job, stop=lambda: len(list(parts.glob("*"))) >= 2).run()
        assert (begun.stage, begun.posts) == ("paused", 0) and begun.done >= 32
        with creation._locked(home / "c"):
            shutil.rmtree(home / "c")
        state = runner(home, job).run()
    assert (state.stage, state.posts, state.same) == ("done", 60, 0)
    assert Corpus.open(home / "c").info().posts == 60
