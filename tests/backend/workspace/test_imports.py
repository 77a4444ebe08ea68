"""The facade's part that brings posts in, and the command line over it."""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from backend.cli import main
from backend.corpus import Corpus, store
from backend.domain import KindredError
from backend.ingest import ImportJob, ImportState, Options
from backend.settings import settings
from backend.workspace import corpus_names, imports, staging
from backend.workspace.workspace import Workspace
from tests.backend.ingest import samples
from tests.waiting import until


@pytest.fixture
def ws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace whose models cost nothing."""
    monkeypatch.setattr(imports, "BundleModels", lambda host, read: samples.ToyModels())
    return Workspace(tmp_path / "home")


def code(error: pytest.ExceptionInfo[KindredError]) -> str:
    return error.value.code


def bring(ws: Workspace, source: Path, corpus: str = "mine"):  # type: ignore[no-untyped-def]
    report = ws.imports.check(source, corpus)
    return ws.imports.plan(source, corpus, report, Options())


def finished(ws: Workspace, id_: str) -> str:
    def state() -> ImportState:
        return ws.imports.job(id_).state()

    until(
        lambda: state().stage in ("done", "failed", "paused") and not ws.imports.running("mine"),
        state,
    )
    return state().stage


def test_an_upload_is_imported_in_the_background(ws: Workspace, tmp_path: Path) -> None:
    samples.posts(tmp_path / "src", 20, 2)
    files = [(p.name, p.read_bytes()) for p in sorted((tmp_path / "src").iterdir())]
    source = ws.imports.add_upload(files)
    job = bring(ws, source)
    ws.imports.start(job)
    assert finished(ws, job.id) == "done"
    ((found, state),) = ws.imports.jobs()
    assert (found.id, state.posts) == (job.id, 20)
    card = next(c for c in ws.corpus_admin.cards() if c.name == "mine")
    assert (card.posts, card.users, card.problem) == (20, 7, "") and card.sources
    assert not source.exists()  # what was uploaded is in the corpus now
    ws.imports.cancel(job.id)
    assert ws.imports.jobs() == [] and ws.overview("mine").counts["posts"] == 20


def test_names_of_uploads_lead_nowhere(ws: Workspace) -> None:
    source = ws.imports.add_upload([("../../../evil.csv", b"text\nhello there you\n")])
    assert source.name == "evil.csv" and source.is_relative_to(ws.home / "imports")
    folder = ws.imports.add_upload(
        [("a/../../b.csv", b"x"), ("a/C:\\c.png", b"y"), ("/d\0.txt", b"z")]
    )
    for path in folder.rglob("*"):
        assert path.resolve().is_relative_to(folder)
    ws.imports.delete_upload(folder)
    ws.imports.delete_upload(source)
    assert not list((ws.home / "imports").glob("upload-*"))


def test_uploads_that_nobody_imports_go_after_a_day(ws: Workspace) -> None:
    def upload(name: str) -> Path:
        source = ws.imports.add_upload([(name, b"id,text\n1,hello there you\n2,good night all\n")])
        ws.imports.check(source, "mine")
        return source

    def age(source: Path) -> None:
        os.utime(source.parents[1], (time.time() - staging.DAY - 60,) * 2)

    left, planned, checked = (upload(f"{name}.csv") for name in ("left", "planned", "checked"))
    bring(ws, planned)
    for source in (left, planned, checked):
        age(source)
    ws.imports.check(checked, "mine")  # somebody looks at it again
    fresh = upload("fresh.csv")
    assert not left.exists()
    assert planned.exists() and checked.exists() and fresh.exists()
    assert len(list((ws.home / "imports").glob("upload-*"))) == 3


def test_a_table_finds_its_pictures_in_an_upload(ws: Workspace, tmp_path: Path) -> None:
    """Two folders with pictures of the same name, each beside its own table."""
    files = []
    for i, folder in enumerate(("one", "two")):
        data = samples.picture(tmp_path / f"{i}.png", seed=i).read_bytes()
        row = {"file_name": "1.png", "text": f"the picture of {folder}"}
        files.append((f"{folder}/metadata.jsonl", json.dumps(row).encode()))
        files.append((f"{folder}/1.png", data))
    report = ws.imports.check(ws.imports.add_upload(files), "mine")
    assert (report.format, report.usable, report.problems) == ("folder", 2, {})
    assert (report.modalities["text"], report.modalities["image"]) == (2, 2)
    assert report.duplicates == 0


def test_a_cancelled_import_leaves_nothing(ws: Workspace, tmp_path: Path) -> None:
    job = bring(ws, samples.posts_in(tmp_path))
    ws.imports.cancel(job.id)
    assert not job.folder.exists() and "mine" not in ws.corpora()
    assert (tmp_path / "posts" / "posts.jsonl").exists()  # what was not uploaded stays
    with pytest.raises(KindredError) as error:
        ws.imports.resume(job.id)
    assert code(error) == "no_import"


def test_a_corpus_deleted_as_its_import_ends_fails_nobody(ws: Workspace, tmp_path: Path) -> None:
    """Whoever imports it from the command line asks for the notices then."""

    def delete(state: ImportState) -> None:
        if state.stage == "done":
            ws.corpus_admin.delete("mine")

    job = bring(ws, samples.posts_in(tmp_path, count=12))
    assert ws.imports.run(job, report=delete).stage == "done"
    assert not job.folder.exists() and ws.imports.notices(job.id) == []


def test_several_corpora_and_deleting_one(ws: Workspace, tmp_path: Path) -> None:
    source = samples.posts_in(tmp_path, count=12)
    for name in ("one", "two"):
        assert ws.imports.run(bring(ws, source, name)).stage == "done"
    assert ws.corpus_admin.digest("one") == ws.corpus_admin.digest("two")
    shutil.copytree(ws.home / "corpora" / "one", ws.home / "corpora" / "moved")
    assert ws.overview("moved").corpus == "moved"
    ws.corpus_admin.delete("one")
    assert ws.corpora() == ["commons", "larkhaven", "moved", "two"]
    assert all(ws.has_corpus(name) for name in ws.corpora())
    (ws.home / "corpora" / ".draft").mkdir()
    others = ["one", ".draft", "", ".", "..", "two/posts.lance", "../corpora/two", "two\0"]
    assert not any(ws.has_corpus(name) for name in [*others, "x" * 999])
    assert [job.corpus for job, _ in ws.imports.jobs()] == ["two"]
    with pytest.raises(KindredError) as error:
        ws.overview("one")
    assert code(error) == "no_corpus"
    shipped = {"commons": "shipped", "larkhaven": "shipped"}
    for name, wanted in {**shipped, "../x": "no_corpus", "one": "no_corpus"}.items():
        with pytest.raises(KindredError) as error:
            ws.corpus_admin.delete(name)
        assert code(error) == wanted


def test_a_corpus_of_another_version_is_told_of(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "FORMAT", 99)
    Corpus.create(ws.home / "corpora" / "future")
    monkeypatch.undo()
    (ws.home / "corpora" / "broken" / "head.lance").mkdir(parents=True)
    cards = {card.name: card for card in ws.corpus_admin.cards()}
    assert "format 99" in cards["future"].problem and cards["broken"].problem
    assert cards["commons"].posts > 4_000


@pytest.mark.parametrize(
    "name", ["commons", "larkhaven", "", "../x", "A", "x" * 60, "a/b", ".hidden", "a b"]
)
def test_names_that_no_corpus_can_have(name: str) -> None:
    with pytest.raises(KindredError) as error:
        corpus_names.check_name(name)
    assert code(error) == "bad_name"


def test_only_what_lies_in_the_inbox_is_offered(ws: Workspace, tmp_path: Path) -> None:
    assert ws.imports.inbox_names() == []
    ws.imports.inbox.mkdir(parents=True)
    (ws.imports.inbox / "a.csv").write_text("x")
    (ws.imports.inbox / "link").symlink_to(tmp_path)
    assert ws.imports.inbox_names() == ["a.csv"]
    for name in ("link", "../a.csv", "/etc/passwd", "nothing"):
        with pytest.raises(KindredError):
            ws.imports.from_inbox(name)


def test_a_demo_stores_nothing(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = bring(ws, samples.posts_in(tmp_path))
    monkeypatch.setenv("KINDRED_DEMO", "true")
    settings.cache_clear()
    try:
        for act in (
            lambda: ws.imports.add_upload([("a.csv", b"x")]),
            lambda: ws.imports.start(job),
            lambda: ws.corpus_admin.delete("mine"),
            lambda: ws.add_post(ws.content(text="hello")),
        ):
            with pytest.raises(KindredError) as error:
                act()
            assert code(error) == "read_only"
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def test_the_command_line_does_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(imports, "BundleModels", lambda host, read: samples.ToyModels())
    source, home = samples.posts_in(tmp_path, count=30), tmp_path / "home"

    def ingest(*more: str) -> tuple[int, dict]:
        status = main(["ingest", "--home", str(home), "--json", "--quiet", *more])
        said = capsys.readouterr().out
        return status, json.loads(said) if said else {}

    status, told = ingest(str(source), "--corpus", "c", "--check")
    assert (status, told["usable"], told["format"]) == (0, 30, "jsonl")
    assert not (home / "corpora").exists()  # nothing is written before the report is seen
    assert ingest(str(source), "--corpus", "c") == (
        0,
        {"corpus": "c", "posts": 30, "unchanged": 0, "lost": 0},
    )
    assert ingest(str(source), "--corpus", "c")[1]["unchanged"] == 30
    status, told = ingest(str(source), "--corpus", "d", "--map", "text=author", "--check")
    assert told["mapping"]["text"] == ["author"] and "user" not in told["mapping"]
    assert ingest(str(source), "--map", "nonsense=x")[0] == 2
    assert ingest()[0] == 2
    assert ingest(str(source), "--map", "text=nothing")[1]["error"]["code"] == "no_column"
    assert ingest("--delete", "c") == (0, {"deleted": "c"})
    assert ingest(str(tmp_path / "nothing"))[1]["error"]["code"] == "no_source"


@pytest.mark.parametrize("name", ["file:///tmp/elsewhere", "s3://bucket/x", "../out", "commons"])
def test_nobody_types_a_place_to_write_to(name: str, workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text("id,text\n1,hello there\n2,good night\n")
    with pytest.raises(KindredError) as error:
        workspace.imports.check(tmp_path / "posts.csv", name)
    assert error.value.code == "bad_name"


def test_an_import_that_ends_between_two_looks_is_not_paused(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = bring(ws, samples.posts_in(tmp_path))
    job.report(replace(job.state(), stage="finishing"))
    assert job.state().stage == "paused"  # nobody works on it

    def ends(self: ImportJob) -> bool:
        job.report(ImportState(stage="done", total=3))
        return False

    monkeypatch.setattr(ImportJob, "busy", ends)
    assert job.state().stage == "done"
