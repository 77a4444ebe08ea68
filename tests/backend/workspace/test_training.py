"""Training on a corpus's own labels, from Python and from the command line."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from backend.classifiers import classify, compare
from backend.classifiers.compare import Progress
from backend.classifiers.context import Context
from backend.classifiers.dataset import LabelledDataset
from backend.classifiers.systems import encoded
from backend.cli import main
from backend.corpus import Corpus
from backend.domain import Content, KindredError, Modality
from backend.settings import settings
from backend.workspace.training import TrainOptions
from backend.workspace.training_worker import TrainingWorker
from backend.workspace.workspace import Workspace
from tests.backend.classifiers import samples

MODELS = ("text encoder", "n-grams", "late fusion", "CommonSpaceFusion", "joint space, own")


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with a small labelled corpus."""
    home = tmp_path_factory.mktemp("training")
    samples.corpus(home)
    return Workspace(home)


def train(ws: Workspace, *models: str, **more: object):  # type: ignore[no-untyped-def]
    report = more.pop("report", None)
    options = TrainOptions(corpus="moods", label="mood", models=models, runs=2, epochs=3, **more)  # type: ignore[arg-type]
    return ws.training.train(options, report=report)  # type: ignore[arg-type]


def without_checksum(bundle: Path, name: str) -> None:
    """Make a bundle one of an earlier version, which did not check a file or did not have it."""
    raw = json.loads((bundle / "bundle.json").read_text())
    del raw["files"][name]
    (bundle / "bundle.json").write_text(json.dumps(raw))


def test_labels_with_what_there_is_to_learn(ws: Workspace) -> None:
    first, *others = ws.training.labels("moods")
    assert (first.name, first.posts, first.classes) == ("mood", 60, {"glad": 30, "low": 30})
    assert first.modalities == (Modality.TEXT, Modality.IMAGE)
    assert sum(first.by_modality[Modality.IMAGE].values()) == 20
    assert first.authors == 15 and not first.problem
    assert {i.name: bool(i.problem) for i in others} == {"place": True, "number": True}
    assert ws.training.labels("moods") is ws.training.labels("moods")
    assert {"MFCC", "F-VGG"} <= ws.training.problems(first).keys()


def test_a_table_with_intervals_and_a_bundle(ws: Workspace) -> None:
    told: list[Progress] = []
    found = train(ws, *MODELS, name="mine", report=told.append)
    figures = {(f.system, f.metric): f for f in found.result.measurements}
    assert {system for system, _ in figures} == set(MODELS)
    assert figures["text encoder", "F1"].value > 0.8
    for figure in figures.values():
        assert figure.low is not None and figure.high is not None
        assert 0 <= figure.low <= figure.high <= 1
    assert {m for s, m in figures if s == "CommonSpaceFusion"} >= {"F1", "F1, text", "F1, image"}
    said = found.result.as_text()
    assert "| F1 | " in said and "late fusion" in said and "fewer" not in said
    assert (told[-1].done, told[-1].total) == (10, 10)
    assert any(p.encoding for p in told) and any(p.step and p.step.f1 for p in told)

    bundle = found.bundle
    assert bundle is not None
    assert (bundle.path.name, bundle.name) == ("mine", ws.bundle.name)
    assert "trained on posts of moods" in bundle.card
    vectors = {Modality.TEXT: np.zeros((2, 384), np.float32)}
    classes, shares = classify(bundle, vectors)
    assert classes == ("glad", "low") and shares.sum(1) == pytest.approx([1, 1], abs=1e-5)
    with pytest.raises(KindredError) as error:
        classify(ws.bundle, vectors)
    assert error.value.code == "no_classifier"


def test_a_bundle_in_use_answers_and_can_be_taken_back(ws: Workspace) -> None:
    train(ws, "late fusion", name="used")
    shipped, content = ws.training.active, Content(text="I miss you so much, says the sea")
    assert ws.training.classify(content) is None
    ws.training.activate_bundle("used")
    assert (ws.training.active, ws.training.chosen_bundle) == ("used", "used")
    assert Workspace(ws.home).training.active == "used"  # whoever opens it next uses it, too
    found = ws.training.classify(content)
    assert found is not None
    label, model, shares = found
    assert (label, model, next(iter(shares))) == ("mood", "late fusion", "low")
    assert ws.analyse(content).bundle == ws.bundle.name  # vectors and emotions stay as they were
    ws.training.activate_bundle(None)
    assert ws.training.active == shipped and not ws.training.chosen_bundle
    for name in ("nothing", "../used", ".hidden"):
        with pytest.raises(KindredError) as error:
            ws.training.activate_bundle(name)
        assert error.value.code == "no_bundle"


def test_a_bundle_in_use_that_is_trained_again_keeps_every_file(ws: Workspace) -> None:
    files = {"held_out.parquet", "classified.parquet"}
    for _ in range(3):  # the second and the third write the bundle that they start from
        train(ws, "late fusion", name="again")
        ws.training.activate_bundle("again")
        bundle = ws.bundle
        described = json.loads((bundle.path / "bundle.json").read_text())["files"]
        assert files <= described.keys()
        assert all(bundle.file(name).stat().st_size for name in files)
    ws.training.activate_bundle(None)


def test_errors_look_at_what_was_trained(ws: Workspace) -> None:
    train(ws, "late fusion", name="looked")
    titles = ws.error_analysis.models("mood", "moods")
    assert titles["looked"] == "looked (late fusion, trained on moods)"
    assert "looked" not in ws.error_analysis.models("sentiment")
    judged = ws.error_analysis.predictions("looked", "mood", corpus="moods")
    assert judged.held_out.all() and 0 < len(judged) < len(judged.ground_truth)  # two folds of ten
    assert judged.correct.mean() > 0.7 and "was not trained on it" in judged.note
    shutil.rmtree(ws.home / "cache" / "errors")
    again = Workspace(ws.home)
    without_checksum(ws.home / "bundles" / "looked", "classified.parquet")
    kept = ws.home / "bundles" / "looked" / "classified.parquet"
    kept.rename(kept.with_suffix(".away"))
    known = again.error_analysis.predictions("looked", "mood", corpus="moods")
    assert len(known) == len(known.ground_truth) and not known.held_out.any()
    assert "optimistic" in known.note and "not trained on it" not in known.note
    kept.with_suffix(".away").rename(kept)
    shutil.rmtree(ws.home / "cache" / "errors")
    # What it says of a post is what the bundle says of it.
    model = ws.error_analysis._model("looked", judged.ground_truth, "moods")
    shares = model.predict([Content(text="I miss you so much, says the sea")])
    assert judged.classes[int(shares[0].argmax())] == "low"
    samples.corpus(ws.home, "again", posts=30)
    elsewhere = ws.error_analysis.predictions("looked", "mood", corpus="again")
    assert len(elsewhere) == 30 and "trained on moods" in elsewhere.note
    # The posts of a copy are known by their content, under other ids, too.
    assert not elsewhere.held_out.any() and "30 of these 30 posts" in elsewhere.note
    renamed = Corpus.create(ws.home / "corpora" / "renamed", name="renamed")
    copied = ws.corpus("again")
    for mood in samples.MOODS:
        shutil.copyfile(copied.media_path(f"{mood}.webp"), renamed.new_media(f"other-{mood}.webp"))
    posts = [
        replace(post, id=f"x{i}", image=f"other-{post.image}" if post.image else None)
        for i, post in enumerate(copied.posts(copied.table(["id"])["id"].to_pylist()).values())
    ]
    posts[:10] = [
        replace(p, text=f"{i}, I did not say: {p.text}") for i, p in enumerate(posts[:10])
    ]
    renamed.add(posts)
    partly = ws.error_analysis.predictions("looked", "mood", corpus="renamed")
    seen = dict(zip(partly.ids, ~partly.held_out, strict=True))
    assert [id_ for id_ in seen if not seen[id_]] == [f"x{i}" for i in range(10)]


def test_a_post_that_cannot_be_encoded_hides_no_other(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[str] = []

    def some(posts: LabelledDataset, modality: Modality, context: Context) -> np.ndarray:
        rows = encoded(posts, modality, context).copy()
        row = posts.fold(0).test_rows[0]  # tested first
        rows[row] = np.nan
        lost[:] = [posts.ids[row]]
        return rows

    monkeypatch.setattr(compare, "encoded", some)
    train(ws, "late fusion", name="lost")
    table = pq.read_table(ws.home / "bundles" / "lost" / "classified.parquet")
    ids = table["id"].to_pylist()
    assert len(ids) == len(set(ids)) > 5 and lost[0] not in ids


def test_other_encoders_make_another_training(ws: Workspace) -> None:
    request = ws.training.request("moods", "mood", ["n-grams"])
    assert request.bundle == ws.bundle.name and request.encoders
    assert request.id == ws.training.request("moods", "mood", ["n-grams"]).id
    others = [replace(request, bundle="other"), replace(request, encoders="other")]
    assert len({request.id, *(other.id for other in others)}) == 3
    job = ws.training.runs.plan(others[1])
    state = TrainingWorker(job, ws).run()
    assert state.stage == "failed" and ws.bundle.name in state.error
    job.delete()


def test_a_bundle_that_the_settings_name_counts_for_more(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINDRED_BUNDLE", "commons-1")
    settings.cache_clear()
    try:
        (ws.home / "active-bundle").write_text("used")
        assert Workspace(ws.home).training.active == "commons-1"
        with pytest.raises(KindredError) as error:
            ws.training.activate_bundle("used")
        assert error.value.code == "named_bundle"
    finally:
        (ws.home / "active-bundle").unlink()
        monkeypatch.undo()
        settings.cache_clear()


def test_one_modality_makes_no_bundle_and_goes_on_where_it_was(ws: Workspace) -> None:
    first = train(ws, "n-grams", "doc2vec", "BiGRU", "attBiGRU", "lyricsHAN", "image encoder")
    assert first.bundle is None
    again = train(ws, "n-grams", "doc2vec", "BiGRU", "attBiGRU", "lyricsHAN", "image encoder")
    assert again.result == first.result


@pytest.mark.parametrize(
    ("label", "models", "code"),
    [
        ("nothing", ["n-grams"], "no_label"),
        ("place", ["n-grams"], "few_labels"),
        ("number", ["n-grams"], "few_labels"),
        ("mood", ["nobody"], "no_system"),
        ("mood", ["MFCC"], "not_trainable"),
        ("mood", ["n-grams", "F-VGG"], "not_trainable"),
    ],
)
def test_what_cannot_be_trained_is_told_before(
    ws: Workspace, label: str, models: list[str], code: str
) -> None:
    with pytest.raises(KindredError) as error:
        ws.training.train(TrainOptions(corpus="moods", label=label, models=models))
    assert error.value.code == code
    with pytest.raises(KindredError) as error:
        ws.training.request("moods", label, models)
    assert error.value.code == code


def test_the_command_line(ws: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str) -> tuple[int, str, str]:
        status = main(["train", *arguments, "--home", str(ws.home), "--corpus", "moods"])
        out, err = capsys.readouterr()
        return status, out, err

    quick = ["--label", "mood", "--runs", "1", "--epochs", "2"]
    status, out, err = run("--models", "late", "n-grams", "--name", "shell", *quick)
    assert status == 0 and "| moods, mood | late fusion |" in out and "[" in out
    assert "n-grams: epoch 2 of 2" in err and "KINDRED_BUNDLE=shell" in err
    status, out, _ = run("text", "--models", "n-grams", "--json", "--quiet", *quick)
    found = json.loads(out)
    assert found["bundle"] is None and {f["system"] for f in found["figures"]} == {"n-grams"}
    status, out, _ = run("text", "--models", "n-grams", "--csv", "--quiet", *quick)
    assert out.splitlines()[0].startswith("table,task,system,metric,value,low,high")
    status, out, _ = run("--list")
    assert "CommonSpaceFusion" in out and "label mood: 60 posts, 2 classes" in out
    assert "label place: Every labelled post has the same place" in out
    assert "MFCC" not in run("text", "--list")[1]
    status, out, err = run("--label", "place")
    assert status == 1 and "two classes" in err
    assert run("--models", "nobody")[0] == 1 and run("nothing")[0] == 1


def test_posts_of_one_user_are_split_all_the_same(tmp_path: Path) -> None:
    from backend.classifiers import corpus_dataset
    from backend.classifiers.dataset import FOLDS
    from backend.corpus import Corpus
    from backend.domain import Post

    corpus = Corpus.create(tmp_path / "one", name="one")
    rows = [
        Post(str(i), text=f"post {i}", user="u:a", labels={"k": "ab"[i % 2]}) for i in range(40)
    ]
    corpus.add([*rows, Post("none", text="no label"), Post("rare", text="x", labels={"k": "c"})])
    posts = corpus_dataset.read(corpus)
    assert (len(posts), posts.classes, posts.ids[0]) == (40, ("a", "b"), "0")
    assert set(posts.folds) == set(range(FOLDS)) and "near-duplicates" in posts.note
