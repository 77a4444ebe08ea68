"""From a name to other models in use, with checkpoints in a local cache of the hub."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from backend import encoders
from backend.cli import main
from backend.corpus import Corpus
from backend.domain import Kind, KindredError, Modality, Post
from backend.encoders.presets import PRESETS, named
from backend.joint_space import shipped_pairs
from backend.settings import ROOT, settings
from backend.training.feature_cache import FeatureCache
from backend.workspace import fit_items, model_setup
from backend.workspace.workspace import Workspace
from tests.backend.encoders import hub_models
from tests.waiting import PATIENCE

NAME = "open_clip:hf-hub:someone/tiny"
FAMILIES = {
    NAME: lambda cache: hub_models.save_open_clip(cache, "someone/tiny", hub_models.CLIP),
    "open_clip:hf-hub:x/siglip": lambda cache: hub_models.save_siglip(cache, "x/siglip"),
    "clap:x/clap": lambda cache: hub_models.save_clap(cache, "x/clap"),
    "sentence-transformers:x/y": lambda cache: hub_models.save_sentences(cache, "x/y"),
}
PACKAGES = {"clap:x/clap": "transformers", "open_clip:hf-hub:x/siglip": "transformers",
            "sentence-transformers:x/y": "sentence_transformers"}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace with a small corpus that the default models encoded, and a model in the cache."""
    from huggingface_hub import constants

    home, cache = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KINDRED_HOME", str(home))
        patch.setenv("KINDRED_CORPUS", "few")
        patch.setattr(constants, "HF_HUB_CACHE", str(cache))
        patch.setattr(constants, "HF_HUB_OFFLINE", True)
        settings.cache_clear()
        for name, save in FAMILIES.items():
            if find_spec(PACKAGES.get(name, "open_clip")):
                save(cache)
        few = Corpus.create(home / "corpora" / "few")
        texts = [f"the cat sleeps {i}" for i in range(5)]
        few.add([Post(id=f"f{i}", text=text, user=f"bo{i}") for i, text in enumerate(texts)])
        source = home / "posts.jsonl"
        rows = [
            {
                "id": f"p{i}",
                "text": f"a dog runs {i} times",
                "user": "anna",
                "category": "ab"[i % 2],
            }
            for i in range(40)
        ]
        source.write_text("\n".join(map(json.dumps, rows)))
        assert main(["ingest", str(source), "--corpus", "mine", "--quiet"]) == 0
        yield home
    settings.cache_clear()
    encoders.unload()


@pytest.mark.parametrize("name", FAMILIES)
def test_one_step_and_back(
    home: Path,
    name: str,
    quick_fit: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    package = PACKAGES.get(name, "open_clip")
    pytest.importorskip(package, reason=f"{package} of requirements-models.txt is not installed")
    encoded = _encoded_before_the_fit(monkeypatch)
    already = _cached(home)
    assert main(["models", name, "--sample", "200", "--json"]) == 0
    said = capsys.readouterr()
    bundle = json.loads(said.out.splitlines()[-1])["bundle"]
    # What is left was counted before, the labelled texts of the heads as well.
    counts = [line.split() for line in said.err.splitlines() if line.startswith("Encoded: ")]
    (total,) = {int(of.replace(",", "")) for _, _, _, of, *_ in counts}
    assert counts[-1][1] == counts[-1][3] and encoded == [already + total]
    _counts_every_part(said.err)
    workspace = Workspace(home)
    assert workspace.bundle.name == bundle
    towers = named(name).encoders
    aligned = {m.value: 16 for m in towers} if len(towers) > 1 else {}
    assert workspace.bundle.config["joint_space"]["aligned"] == aligned
    assert workspace.bundle_of("few") == bundle
    assert workspace.corpus("few").count_vectors(bundle, Kind.POST) == 5
    # What was imported before is there and found, by the vectors that it has.
    assert workspace.bundle_of("mine") == "commons-1"
    assert workspace.search("dog", [Kind.POST], 3, corpus="mine").hits[Kind.POST]
    assert workspace.overview("mine").encoded_with == "commons-1"
    assert workspace.reindex_jobs.waiting("mine") == 40
    _pages_open("few", "mine")
    # Nothing is left to build or to encode first.
    assert workspace.maps.has(Kind.USER) and workspace.maps.has(Kind.POST)
    scored = workspace.error_analysis.predictions("probe", "category", corpus="mine")
    assert len(scored.truth) == 40

    assert main(["reindex", "--corpus", "mine", "--quiet", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["posts"] == 40
    workspace = Workspace(home)
    assert workspace.bundle_of("mine") == bundle and not workspace.reindex_jobs.waiting("mine")
    assert workspace.search("dog", [Kind.POST], 3, corpus="mine").hits[Kind.POST]

    assert main(["models", "default", "--quiet"]) == 0
    workspace = Workspace(home)
    assert workspace.bundle.name == "commons-1" == workspace.bundle_of("mine")
    assert workspace.search("dog", [Kind.POST], 3, corpus="mine").hits[Kind.POST]
    assert workspace.model_setup.ready(name)  # the way back takes a moment


def _counts_every_part(said: str) -> None:
    """What takes long counts its steps, from none to all."""
    for part, least in {
        "Tried encoders": 3,
        "Joint space, steps": 4,
        "Emotion and sentiment, steps": 24,
        "Map of users, steps": 6,
        "Map of posts, steps": 6,
    }.items():
        found = re.findall(rf"^{part}: (\d+) of (\d+) ", said, re.MULTILINE)
        totals = {int(total) for _, total in found}
        assert len(found) > least and len(totals) == 1, (part, found)
        done = [int(count) for count, _ in found]
        assert done == sorted(set(done)) and (done[0], done[-1]) == (0, *totals), (part, found)


def _cached(home: Path) -> int:
    file = home / "cache" / "features.sqlite"
    if not file.exists():
        return 0
    with closing(sqlite3.connect(file)) as db:
        return int(db.execute("SELECT count(*) FROM features").fetchone()[0])


def _encoded_before_the_fit(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many items are in the cache when the fit reads its pairs; all labelled texts are."""
    found: list[int] = []
    encode = shipped_pairs.encode

    def read(rows: Any, loaded: Any, *, cache: FeatureCache) -> Any:
        found.append(_cached(cache.path.parent.parent))
        assert not cache.missing(loaded[Modality.TEXT], fit_items.training_texts())
        return encode(rows, loaded, cache=cache)

    monkeypatch.setattr(shipped_pairs, "encode", read)
    return found


def _pages_open(*corpora: str) -> None:
    st.cache_resource.clear()  # the pages' workspace of before
    for corpus in corpora:
        for page in ("overview", "search", "users", "errors"):
            at = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=PATIENCE).run()
            at.query_params["corpus"] = corpus
            if page == "search":
                at.query_params["q"] = "dog"
            at.switch_page(f"views/{page}.py").run()
            assert not at.exception, (corpus, page, at.exception)
            assert not at.error, (corpus, page, [e.value for e in at.error])
    st.cache_resource.clear()


def test_the_estimate_counts_what_the_fit_encodes(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All modalities, each text in its variants, the labelled texts; not what is in the cache."""
    loaded = {m: encoders.get(name) for m, name in Workspace(home).bundle.encoders.items()}
    cache = FeatureCache(tmp_path / "features.sqlite")
    few = Workspace(home).corpus("few")
    pairs = fit_items.rows()
    counts = fit_items.counts(fit_items.missing(few, pairs, loaded, cache))
    pictures = {row["image"] for row in pairs if row["image"]}
    assert len(pictures) * 0.99 < counts[Modality.IMAGE] <= len(pictures)
    texts = {text for row in pairs for text in row["texts"]}
    assert counts[Modality.TEXT] > len(texts) + 10_000 > 40_000
    assert counts[Modality.AUDIO] > 400

    monkeypatch.setattr(model_setup, "_try", lambda encoder, name: 1.0)
    monkeypatch.setattr(fit_items, "missing", lambda *_: {Modality.TEXT: ["a"] * 7})
    assert Workspace(home).model_setup.check(NAME).seconds == 7.0


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("clap", "requirements-models.txt"),
        ("open_clip:ViT-B-32@laion2b_s34b_b79k", "No connection to the model hub"),
        ("sentence-transformers:x/y", "requirements-models.txt"),
        ("clyp", "clip, siglip2"),
    ],
)
def test_what_cannot_be_had_says_the_true_reason(
    home: Path, name: str, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    if "requirements" in says and find_spec("transformers"):
        pytest.skip("the packages are here")
    before = Workspace(home).bundle.name
    with pytest.raises(KindredError) as error:
        Workspace(home).model_setup.use(name)
    assert says in error.value.message
    assert not [r for r in caplog.records if r.name == "root"]  # open_clip says it there, too
    assert Workspace(home).bundle.name == before


def test_architectures_that_need_a_package_say_which() -> None:
    if find_spec("transformers"):
        pytest.skip("the package is here")
    with pytest.raises(KindredError, match="needs the package transformers") as error:
        encoders.get("open_clip:xlm-roberta-base-ViT-B-32@laion5b_s13b_b90k", modality="text")
    assert error.value.code == "no_library"


def test_presets_name_encoders_of_registered_families() -> None:
    for name, preset in PRESETS.items():
        assert named(name) is preset and preset.megabytes
        for modality, encoder in preset.encoders.items():
            assert encoder.endswith(f":{modality}")
    assert set(named("open_clip:A@b").encoders) == {Modality.TEXT, Modality.IMAGE}
    assert set(named("timm:resnet18").encoders) == {Modality.IMAGE}
