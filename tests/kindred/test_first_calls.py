"""What somebody new types first works, or says what to type instead."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

import kindred
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "assets" / "corpus" / "media" / "tuxpaint" / "tux-0121.webp"
SOUND = PICTURE.with_suffix(".ogg")
POSTS = pd.DataFrame(
    {
        "text": ["What a lovely day at the sea", "The service was awful", "Lovely, lovely"],
        "username": ["anna", "ben", "anna"],
        "image": [str(PICTURE), None, None],
    },
    index=[5, 6, 7],
)


@pytest.fixture(scope="module")
def k(tmp_path_factory: pytest.TempPathFactory) -> kindred.Kindred:
    return kindred.open(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def mine(k: kindred.Kindred) -> kindred.Corpus:
    return k.read(POSTS, name="mine")


def test_analyse_a_text(k: kindred.Kindred) -> None:
    found = k.analyse("What a lovely day!")
    assert (found.emotion, found.sentiment) == ("joy", "positive")
    assert "joy" in repr(found) and found.explain().spans
    assert k.analyze(text="What a lovely day!").emotions == found.emotions


@pytest.mark.parametrize(
    "image", [str(PICTURE), PICTURE, PICTURE.read_bytes(), Image.open(PICTURE).convert("RGB")],
    ids=["str", "path", "bytes", "pillow"],
)  # fmt: skip
def test_analyse_a_text_with_an_image(k: kindred.Kindred, image: object) -> None:
    found = k.analyse("A dog", image=image)
    assert set(found.by_modality) == {"text", "image", "image+text"}


def test_analyse_a_sound_and_an_array(k: kindred.Kindred) -> None:
    pixels = np.asarray(Image.open(PICTURE).convert("RGB"))
    assert set(k.analyse(image=pixels, audio=str(SOUND)).by_modality) >= {"audio", "image"}


@pytest.mark.parametrize("form", [pd.DataFrame, pa.Table.from_pandas], ids=["pandas", "arrow"])
def test_analyse_a_table(k: kindred.Kindred, form: type) -> None:
    found = k.analyse(form(POSTS))
    assert found["sentiment"].tolist() == ["positive", "negative", "positive"]
    assert found["error"].isna().all()
    if form is pd.DataFrame:
        assert found.index.tolist() == [5, 6, 7]


def test_a_row_that_cannot_be_analysed_keeps_its_place(k: kindred.Kindred) -> None:
    found = k.analyse([{"text": "good"}, {"text": ""}, {"text": "bad", "image": "gone.jpg"}])
    assert found["error"].isna().tolist() == [True, False, False]
    assert "gone.jpg" in found["error"][2]


def test_search(k: kindred.Kindred) -> None:
    hits = k.search("dog", k=5)
    assert len(hits) == 5 and hits[0].score >= hits[1].score
    assert hits[0].post is not None and "dog" in hits[0].text.lower()
    assert [h.rank for h in k.search(image=PICTURE, k=2)] == [1, 2]
    assert k.search("dog", kind="users", k=1)[0].user is not None
    assert hits.to_pandas().columns[0] == "rank"


def test_read_a_table_and_look_at_it(k: kindred.Kindred, mine: kindred.Corpus) -> None:
    assert len(mine) == 3 and mine.report is not None and mine.report.users == 2
    frame = mine.to_pandas().set_index("text")
    assert frame.loc["The service was awful", "sentiment"] == "negative"
    assert mine.to_arrow()["image"].null_count == 2
    assert mine.search("bad experience", k=1)[0].text == "The service was awful"
    assert mine.search("dog", kind="image", k=1)[0].image.is_file()
    assert {user.id for user in mine.users()} == {"anna", "ben"}
    assert len(mine.map()) == 3
    assert next(iter(mine)).id in mine
    ids, vectors = mine.vectors()
    assert vectors.shape == (3, len(k.embed("dog"))) and len(ids) == 3


def test_analyse_and_read_what_has_the_arrow_interface(k: kindred.Kindred) -> None:
    """As Polars and others do."""

    class Frame:
        def __init__(self, table: pa.Table) -> None:
            self.table = table

        def __arrow_c_stream__(self, schema: object = None) -> object:
            return self.table.__arrow_c_stream__(schema)

    table = pa.table({"text": ["good", "bad"]})
    assert k.analyse(Frame(table))["sentiment"].tolist() == ["positive", "negative"]


def test_polars(k: kindred.Kindred) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"text": ["good", "bad"]})
    assert k.analyse(frame)["sentiment"].tolist() == ["positive", "negative"]
    assert len(k.read(frame.lazy(), name="polars")) == 2


def test_data_set_of_hugging_face(k: kindred.Kindred) -> None:
    datasets = pytest.importorskip("datasets")
    labels = datasets.ClassLabel(names=["bad", "good"])
    features = datasets.Features(
        {"text": datasets.Value("string"), "image": datasets.Image(), "label": labels}
    )
    rows = {"text": ["a dog", "a cat"], "image": [str(PICTURE)] * 2, "label": [1, 0]}
    data = datasets.Dataset.from_dict(rows, features=features)
    corpus = k.read(data, name="hub")
    assert len(corpus) == 2 and corpus.to_arrow()["image"].null_count == 0
    assert {post.labels["label"] for post in corpus} == {"bad", "good"}
    with pytest.raises(kindred.KindredError, match=r'read\(data\["train"\]\)'):
        k.read(datasets.DatasetDict({"train": data}), name="splits")


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda k: k.corpus("nope"), "commons"),
        (lambda k: k.read("nofile.csv"), "no file or folder nofile.csv"),
        (lambda k: k.read(POSTS), 'name="mine"'),
        (lambda k: k.read(POSTS, name="Bad Name"), "lower-case"),
        (lambda k: k.read(POSTS, name="m", pseudonymize=True), "pseudonymise"),
        (lambda k: k.read(POSTS, name="m", columns={"text": "body"}), "username"),
        (lambda k: k.analyse(3), "DataFrame"),
        (lambda k: k.analyse(), "image="),
        (lambda k: k.analyse("a", image="missing.jpg"), "no file missing.jpg"),
        (lambda k: k.analyse(str(PICTURE)), "image="),
        (lambda k: k.analyse(pd.DataFrame({"n": [1, 2]})), "text=COLUMN"),
        (lambda k: k.analyse(image=3), "Pillow"),
        (lambda k: k.search(), "image="),
        (lambda k: k.search("dog", kind="cats"), "user"),
        (lambda k: k.search("dog", k=0), "1 or more"),
        (lambda k: k.corpus().map("word"), "Posts and users"),
        (lambda k: k.show("nowhere"), "compare, corpora, errors, families, label, overview"),
    ],
)
def test_errors_name_the_fix(k: kindred.Kindred, call: object, says: str) -> None:
    with pytest.raises(kindred.KindredError) as error:
        call(k)  # type: ignore[operator]
    assert says in error.value.message


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(AttributeError, match="analyse"):
        _ = kindred.load


def test_show_starts_the_app_and_gives_the_address(
    k: kindred.Kindred, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kindred.page.START_SECONDS", PATIENCE)
    address = k.show("search", browser=False, q="dog", corpus="commons")
    assert address.endswith("/search?q=dog&corpus=commons")
    with urlopen(address, timeout=PATIENCE) as answer:
        assert answer.status == 200
    k._page.close()


def test_importing_it_is_cheap() -> None:
    code = "import sys, kindred; assert not {'torch', 'pandas'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
