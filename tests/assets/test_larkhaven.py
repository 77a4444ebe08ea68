"""The synthetic corpus: whole, small, varied, and true to what was planted."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from assets.build.larkhaven import media
from assets.build.larkhaven.__main__ import SEED, TRUTH, planned
from assets.build.larkhaven.plan import Town
from backend.corpus import Corpus
from backend.corpus.model_outputs import REACTIONS
from backend.domain import Modality
from backend.settings import SHIPPED_CORPORA, SYNTHETIC_CORPUS, settings

FOLDER = SHIPPED_CORPORA[SYNTHETIC_CORPUS]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus.import_shipped(FOLDER, tmp_path_factory.mktemp("home") / SYNTHETIC_CORPUS)


@pytest.fixture(scope="module")
def truth() -> dict:
    return json.loads(TRUTH.read_text("utf-8"))


def test_the_generator_makes_the_same_again() -> None:
    import numpy as np

    made = planned(Town(np.random.default_rng(SEED)))
    rows = pq.read_table(FOLDER / "posts.parquet").to_pylist()
    assert [post.text for post in made] == [row["text"] for row in rows]
    assert [post.author.id for post in made] == [row["user"] for row in rows]
    assert [post.time.replace(microsecond=0) for post in made] == [row["time"] for row in rows]


def test_a_drawing_is_the_same_again(tmp_path: Path) -> None:
    import numpy as np

    made = planned(Town(np.random.default_rng(SEED)))
    rows = pq.read_table(FOLDER / "posts.parquet").to_pylist()
    post, row = next((p, r) for p, r in zip(made, rows, strict=True) if p.motif)
    media.write(post, "again", tmp_path)
    assert (tmp_path / "again.webp").read_bytes() == (FOLDER / "media" / row["image"]).read_bytes()


def test_it_is_small_and_has_every_modality_and_outputs(corpus: Corpus) -> None:
    size = sum(file.stat().st_size for file in FOLDER.rglob("*") if file.is_file())
    assert size < 15e6
    info, bundle = corpus.info(), settings().bundle
    assert 600 <= info.posts <= 1_500 and 60 <= info.users <= 120
    assert all(info.modalities[modality] >= 10 for modality in Modality)
    assert len(corpus.predictions(bundle)) == info.posts and not corpus.missing(bundle)
    for prefix in ("maps", "clusters", "words"):
        assert len(corpus.side_table(f"{prefix}.{bundle}") or ()), prefix
    for id_ in corpus.table(["id"], filters=None)["id"].to_pylist()[:20]:
        for modality in set(corpus.posts([id_])[id_].modalities) - {Modality.TEXT}:
            assert corpus.media_of(id_, modality).is_file()


def test_its_posts_do_not_repeat_but_where_that_is_planted(corpus: Corpus, truth: dict) -> None:
    rows = corpus.table(["id", "text", "language"]).to_pylist()
    planted = {id_ for ids in truth["families"].values() for id_ in ids}
    planted |= set(truth["coordinated"]["posts"])
    texts = Counter(row["text"] for row in rows if row["text"] and row["id"] not in planted)
    assert max(texts.values()) == 1
    assert len({row["language"] for row in rows} - {None}) >= 5


def test_reactions_name_its_posts_and_users(corpus: Corpus, truth: dict) -> None:
    table = corpus.side_table(REACTIONS)
    assert table is not None
    posts = set(corpus.table(["id"])["id"].to_pylist())
    users = {user.id for user in corpus.find_users(limit=1_000)}
    rows = table.to_pylist()
    assert {row["user"] for row in rows} <= users
    assert {row["post"] for row in rows if row["kind"] != "mention"} <= posts
    assert {row["kind"] for row in rows} == {"reply", "like", "share", "mention"}
    author = {row["id"]: row["user"] for row in corpus.table(["id", "user"]).to_pylist()}
    one, other = (set(truth["communities"][name]) for name in ("garden", "music"))
    replies = [(r["user"], author[r["post"]]) for r in rows if r["kind"] == "reply"]
    inside = sum({a, b} <= one or {a, b} <= other for a, b in replies)
    across = sum((a in one and b in other) or (a in other and b in one) for a, b in replies)
    assert inside > 100 and across <= inside // 20
    bridge = truth["bridge"]
    assert any({a, b} & one for a, b in replies if bridge in (a, b))
    assert any({a, b} & other for a, b in replies if bridge in (a, b))


def test_bursts_and_the_coordinated_group_are_in_the_times(corpus: Corpus, truth: dict) -> None:
    time = {row["id"]: row["time"] for row in corpus.table(["id", "time"]).to_pylist()}
    days = Counter(moment.date() for moment in time.values())
    usual = sorted(days.values())[len(days) // 2]
    for burst in truth["bursts"].values():
        start = datetime.fromisoformat(burst["start"])
        assert sum(0 <= (t - start).total_seconds() < 86_400 for t in time.values()) > 2 * usual
    moments = sorted(time[id_] for id_ in truth["coordinated"]["posts"])
    half = len(moments) // 2
    for part in (moments[:half], moments[half:]):
        assert (part[-1] - part[0]).total_seconds() < 600


def test_the_feeling_about_the_pier_turns(corpus: Corpus, truth: dict) -> None:
    ids = truth["drift"]["posts"]
    positive = {
        row["id"]: row["positive"] for row in corpus.predictions(settings().bundle).to_pylist()
    }
    early, late = ids[: len(ids) // 3], ids[-len(ids) // 3 :]
    mean = [sum(positive[i] for i in part) / len(part) for part in (early, late)]
    assert mean[0] > 0.7 and mean[1] < 0.4
