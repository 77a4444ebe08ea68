"""Posts that bring their vectors: search, maps, selections and errors without an encoder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

import kindred
from backend.cli import main
from backend.core.progress import Progress
from backend.corpus import bulk_commit
from backend.corpus.encodings import OWN
from backend.domain import Kind, Selection
from backend.settings import settings
from backend.workspace.reindex import PART

POSTS, WIDTH = 60, 12
RNG = np.random.default_rng(0)
VECTORS = (RNG.normal(size=(POSTS, WIDTH)) + 3 * np.eye(2, WIDTH)[np.arange(POSTS) % 2]).astype(
    "f4"
)
UNIT = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
TABLE = pd.DataFrame(
    {
        "id": [f"p{i}" for i in range(POSTS)],
        "text": [
            ("cats sleep all day" if i % 2 else "cars go fast") + f" {i}" for i in range(POSTS)
        ],
        "username": [f"u{i % 2}{i % 6}" for i in range(POSTS)],
        "category": ["cat" if i % 2 else "car" for i in range(POSTS)],
    }
)


@pytest.fixture(scope="module")
def k(tmp_path_factory: pytest.TempPathFactory) -> kindred.Kindred:
    return kindred.open(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def own(k: kindred.Kindred) -> kindred.Corpus:
    return k.read(TABLE.assign(embedding=list(VECTORS)), name="own")


def test_everything_works_on_them(k: kindred.Kindred, own: kindred.Corpus) -> None:
    workspace = k.workspace
    ids, vectors = own.vectors()
    expected = UNIT[[int(id_[1:]) for id_ in ids]]
    np.testing.assert_allclose(vectors, expected, atol=2e-3)
    hits = own.search("post:p1", k=5)
    assert len(hits) == 5 and all(int(hit.id[1:]) % 2 for hit in hits)
    assert own.search("@u11", kind="user", k=2)[0].id.startswith("u1")
    frame = own.map()
    assert len(frame) == POSTS and {"broad", "medium", "fine"} <= set(frame)
    assert len(own.map("user")) == 6
    selection = Selection(Kind.POST, tuple(f"p{i}" for i in range(1, 30, 2)), "lasso", "own")
    profile = workspace.selections.profile(selection)
    assert any("cats" in word.term for word in profile.words)
    assert workspace.user_profiles.nearest("u11", 2, "own")
    labels = workspace.error_analysis.labels("own")
    truth = workspace.error_analysis.ground_truth(labels[0].name, corpus="own")
    np.testing.assert_array_equal(
        np.isfinite(workspace.error_analysis.vectors(truth)).all(axis=1), True
    )


def test_a_probe_learns_from_them(k: kindred.Kindred, own: kindred.Corpus) -> None:
    analysis = k.workspace.error_analysis
    scored = analysis.predictions("probe", "category", corpus="own")
    assert (scored.predicted == scored.truth).mean() > 0.9
    with pytest.raises(kindred.KindredError, match="changed posts cannot be encoded"):
        analysis.robustness(["probe"], "category", sample=10, corpus="own")


def test_the_overview_says_so_and_shows_no_emotions(
    k: kindred.Kindred, own: kindred.Corpus
) -> None:
    shown = k.workspace.overview("own")
    assert (shown.encoded_with, shown.own_vectors) == (OWN, WIDTH)
    assert shown.emotion_profile == {} and shown.searched


def test_a_text_needs_the_encoder_to_be_named(k: kindred.Kindred, own: kindred.Corpus) -> None:
    with pytest.raises(kindred.KindredError, match="kindred reindex --corpus own --encoder text="):
        own.search("dog")
    with pytest.raises(kindred.KindredError, match=f"384 numbers; those of own have {WIDTH}"):
        k.workspace.reindex_jobs.name_encoders("own", (("text", "multilingual-e5-small"),))


def test_texts_are_compared_where_the_encoder_is_named(k: kindred.Kindred) -> None:
    from backend import encoders

    name = "multilingual-e5-small"
    texts = ["a dog barks", "taxes are due", "the cat sleeps"]
    encoded = encoders.get(name).encode(texts).vectors
    data = [{"text": t, "text_embedding": v.tolist()} for t, v in zip(texts, encoded, strict=True)]
    corpus = k.read(data, name="named", encoders=(("text", name),))
    assert corpus.search("a barking puppy", k=1)[0].text == "a dog barks"


@pytest.mark.parametrize("ending", ["npy", "npz", "safetensors", "string"])
def test_from_files_and_strings(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table, target = TABLE, tmp_path / f"v.{ending}"
    options = ["--vectors", str(target)]
    order = np.arange(POSTS)[::-1]
    if ending == "npy":
        np.save(target, VECTORS)
    elif ending == "npz":  # in another order, told by the ids
        np.savez(target, ids=TABLE["id"].to_numpy(str)[order], v=VECTORS[order])
    elif ending == "safetensors":
        save_file({"v": VECTORS}, target)
    else:
        table, options = TABLE.assign(vec=[" ".join(map(str, v)) for v in VECTORS]), []
    table.to_csv(tmp_path / "posts.csv", index=False)
    monkeypatch.setenv("KINDRED_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    try:
        arguments = ["ingest", str(tmp_path / "posts.csv"), "--corpus", "c", "--quiet", "--json"]
        assert main([*arguments, *options]) == 0
        assert json.loads(capsys.readouterr().out)["posts"] == POSTS
        corpus = kindred.open(tmp_path / "home").corpus("c")
        ids, vectors = corpus.vectors()
        np.testing.assert_allclose(vectors, UNIT[[int(i[1:]) for i in ids]], atol=2e-3)
    finally:
        settings.cache_clear()


def test_a_folder_of_a_table_and_an_array(k: kindred.Kindred, tmp_path: Path) -> None:
    TABLE.to_csv(tmp_path / "posts.csv", index=False)
    np.save(tmp_path / "image_vectors.npy", VECTORS)
    corpus = k.read(tmp_path, name="folder")
    assert len(corpus.vectors("image")[0]) == len(corpus.vectors()[0]) == POSTS


def test_several_kinds_of_several_widths(k: kindred.Kindred) -> None:
    data = TABLE.assign(
        text_vector=list(VECTORS), image_vector=list(VECTORS[:, :5]), user_vector=list(VECTORS)
    )
    corpus = k.read(data, name="widths")
    _, texts = corpus.vectors("text")
    _, images = corpus.vectors("image")
    assert texts.shape == images.shape == (POSTS, WIDTH + 5)
    assert not (texts @ images.T).any()  # they cannot be compared
    assert len(corpus.vectors("user")[0]) == 6
    _, posts = corpus.vectors()
    np.testing.assert_allclose(np.linalg.norm(posts, axis=1), 1, atol=2e-3)


def test_users_have_the_mean_of_all_their_posts(
    k: kindred.Kindred, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many posts only some are read at a time; each counts once, those without an author not."""
    monkeypatch.setattr(bulk_commit, "_POSTS_AT_A_TIME", 7)
    users = [None if i % 9 == 0 else user for i, user in enumerate(TABLE["username"])]
    corpus = k.read(TABLE.assign(username=users, embedding=list(VECTORS)), name="means")
    ids, found = corpus.vectors("user")
    assert len(ids) == 6
    for name, vector in zip(ids, found, strict=True):
        mean = UNIT[[user == name for user in users]].sum(axis=0)
        np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=2e-3)


def test_vectors_alone_are_posts(k: kindred.Kindred) -> None:
    corpus = k.read([{"embedding": v.tolist()} for v in VECTORS], name="alone")
    assert len(corpus) == POSTS and len(corpus.map()) == POSTS


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"embedding": [0.0] * WIDTH}, "only zeros"),
        ({"embedding": [float("nan")] * WIDTH}, "missing or infinite"),
        ({"embedding": [0.5] * 5}, f"5 numbers and the others have {WIDTH}"),
        ({"embedding": None}, "no vector"),
    ],
)
def test_a_row_without_a_usable_vector_is_left_out_with_its_reason(
    row: dict, says: str, k: kindred.Kindred
) -> None:
    rows = [{"text": f"a {i}", "embedding": v.tolist()} for i, v in enumerate(VECTORS[:5])]
    name = f"bad-{len(says)}"
    corpus = k.read([*rows, {"text": "b", **row}], name=name)
    assert len(corpus) == 5 and corpus.report is not None
    assert says in corpus.report.notices[0].message


def test_what_does_not_fit_is_refused(
    k: kindred.Kindred, own: kindred.Corpus, tmp_path: Path
) -> None:
    with pytest.raises(kindred.KindredError, match="came with vectors"):
        k.read([{"text": "no vector"}], name="own")
    with pytest.raises(kindred.KindredError, match="other widths"):
        k.read([{"text": "a", "embedding": [0.1, 0.2, 0.3, 0.4]}], name="own")
    np.save(tmp_path / "short.npy", VECTORS[:5])
    with pytest.raises(kindred.KindredError, match=f"5 vectors and the table {POSTS} rows"):
        k.read(TABLE, name="short", vectors=(str(tmp_path / "short.npy"),))
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(kindred.KindredError, match="cannot be read as an array"):
        k.read(TABLE, name="short", vectors=(str(tmp_path / "objects.npy"),))


def test_other_vectors_of_the_same_posts_replace_them(k: kindred.Kindred) -> None:
    k.read(TABLE.assign(embedding=list(VECTORS)), name="again")
    corpus = k.read(TABLE.assign(embedding=list(-VECTORS)), name="again")
    assert corpus.report is not None and corpus.report.changed == POSTS
    ids, vectors = corpus.vectors()
    np.testing.assert_allclose(vectors, -UNIT[[int(i[1:]) for i in ids]], atol=2e-3)


def test_they_can_be_encoded_and_taken_back(k: kindred.Kindred) -> None:
    few = TABLE[:8].assign(embedding=list(VECTORS[:8]))
    corpus = k.read(few, name="both")
    jobs = k.workspace.reindex_jobs
    told: list[tuple[str, int, int]] = []

    def steps(part: str) -> Progress:
        return lambda done, total: told.append((part, done, total))

    counts = jobs.run("both", steps)
    # The words come after the posts, and are counted, too: of a large corpus there are thousands.
    words = [(done, total) for part, done, total in told if part == "words"]
    assert told[:2] == [("posts", 0, 8), ("posts", 8, 8)] and len(told) == 2 + len(words)
    (total,) = {total for _, total in words}
    assert [done for done, _ in words] == [*range(0, total, PART), total]
    assert (counts.posts, counts.lost) == (8, 0)
    assert k.workspace.bundle_of("both") == "commons-1"
    assert corpus.search("a cat", k=1)[0].text.startswith("cats")
    assert corpus.to_pandas()["emotion"].notna().all()
    assert len(corpus.vectors("user")[0]) == 6 and jobs.run("both").unchanged == 8
    jobs.use_own("both")
    assert corpus.vectors()[1].shape == (8, WIDTH)
