from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from backend.corpus import Corpus, schema, store
from backend.domain import EMOTIONS, Affect, Kind, KindredError, Modality, Post, Sentiment, User
from tests.backend.corpus.samples import BUNDLE, DIM, TEXT_POST, WORDS, code, unit

NAN = np.full((1, DIM), np.nan)


def affect(joy: float = 0.5) -> Affect:
    return Affect(
        {e: joy if e == "joy" else 0.1 for e in EMOTIONS}, 0.2, Sentiment(0.7, "positive"), 0.8
    )


class TestReading:
    def test_info_counts_everything(self, corpus: Corpus) -> None:
        info = corpus.info()
        assert (info.name, info.posts, info.users, info.added) == ("commons", 60, 7, 0)
        assert (
            info.modalities[Modality.IMAGE]
            == corpus.table(["image"])["image"].to_pandas().notna().sum()
        )
        assert sum(info.languages.values()) == 60
        assert list(info.sources) == ["art", "beeps"]
        assert info.licences == {"CC0-1.0": 60}
        assert info.since is not None and info.since.tzinfo is not None
        assert info.until is not None and info.until > info.since
        assert info.bundles[BUNDLE][Kind.WORD] == len(WORDS)
        assert corpus.bundles() == (BUNDLE,)

    def test_posts_come_in_the_order_asked_for(self, corpus: Corpus) -> None:
        found = corpus.posts(["art-003", "nobody", "art-001", "art-003"])
        assert list(found) == ["art-003", "art-001"]
        assert found["art-001"].tags == (WORDS[1], WORDS[0])
        assert found["art-001"].labels == {"folder": "a"}
        assert corpus.posts([]) == {}

    def test_a_post_survives_the_way_through_the_store(self, corpus: Corpus) -> None:
        corpus.add([TEXT_POST])
        assert corpus.post("mine:1") == TEXT_POST

    def test_what_is_not_there_is_named(self, corpus: Corpus) -> None:
        with pytest.raises(KindredError, match="x'y") as error:
            corpus.post("x'y")
        assert code(error) == "no_post"
        with pytest.raises(KindredError) as error:
            corpus.user("x")
        assert code(error) == "no_user"
        with pytest.raises(KindredError) as error:
            corpus.table(["secret"])
        assert code(error) == "no_column"

    def test_table_filters(self, corpus: Corpus) -> None:
        table = corpus.table(
            ["id", "source"], filters={"source": ["beeps"], "language": ["en", "fr"]}
        )
        assert table.column_names == ["id", "source"] and len(table)
        assert set(table["source"].to_pylist()) == {"beeps"}
        some = corpus.table(["id"], ids=["art-000", "art-001"], filters={"source": ["art"]})
        assert some["id"].to_pylist() == ["art-001"]
        assert len(corpus.table(filters={"source": []})) == 0

    def test_posts_of_a_user_newest_first(self, corpus: Corpus) -> None:
        posts = corpus.posts_of("art:user3")
        times = [p.time for p in posts if p.time]
        assert posts and times == sorted(times, reverse=True)
        assert all(p.time is None for p in posts[len(times) :])
        assert corpus.posts_of("art:user3", limit=2) == posts[:2]

    def test_vectors_by_kind(self, corpus: Corpus) -> None:
        ids, matrix = corpus.vectors(BUNDLE, Kind.USER)
        assert list(ids) == [f"art:user{i}" for i in range(7)]
        assert matrix.shape == (7, DIM) and matrix.dtype == np.float32
        some, rows = corpus.vectors(BUNDLE, Kind.USER, ["art:user5", "x", "art:user2"])
        assert list(some) == ["art:user5", "art:user2"]
        np.testing.assert_array_equal(rows, matrix[[5, 2]])
        assert len(corpus.vectors("other", Kind.USER)[0]) == 0

    def test_predictions_follow_ids(self, corpus: Corpus) -> None:
        assert len(corpus.predictions(BUNDLE)) == 60
        one = corpus.affects(BUNDLE, ["art-007"])["art-007"]
        row = corpus.predictions(BUNDLE, ["art-007"]).to_pylist()[0]
        assert one.emotion["joy"] == row["joy"] and one.sentiment.label == row["label"]
        assert corpus.affects("other", ["art-007"]) == {}

    @given(text=st.text(max_size=20))
    @hypothesis_settings(
        max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    def test_nothing_typed_reaches_the_query_language(self, corpus: Corpus, text: str) -> None:
        assert corpus.posts([text, "art-000"]).keys() >= {"art-000"}
        assert len(corpus.table(["id"], filters={"user": [text]})) == 0
        assert corpus.posts_of(text) == []


class TestUsers:
    def test_found_by_the_beginning_of_name_or_id(self, corpus: Corpus) -> None:
        assert [u.id for u in corpus.find_users("USER1")] == ["art:user1"]
        assert [u.id for u in corpus.find_users("art:user1")] == ["art:user1"]
        assert len(corpus.find_users("user", limit=3)) == 3
        counts = [u.posts for u in corpus.find_users()]
        assert counts == sorted(counts, reverse=True)

    def test_resolved_when_only_one_can_be_meant(self, corpus: Corpus) -> None:
        for text in ("art:user2", "@user2", "User2"):
            assert corpus.resolve_user(text).id == "art:user2"
        corpus.add(users=[User("other:user2", "user2")])
        with pytest.raises(KindredError, match="art:user2, other:user2") as error:
            corpus.resolve_user("user2")
        assert code(error) == "ambiguous_user"
        with pytest.raises(KindredError, match="Did you mean") as error:
            corpus.resolve_user("user99")
        assert code(error) == "no_user"


class TestAdding:
    def test_posts_vectors_and_predictions_at_once(self, corpus: Corpus) -> None:
        before = corpus.version
        vector = unit(1, 9)
        corpus.add(
            [TEXT_POST],
            bundle=BUNDLE,
            vectors={Kind.TEXT: (["mine:1"], vector), Kind.POST: (["mine:1"], vector)},
            predictions={"mine:1": affect()},
        )
        assert corpus.version != before
        info = corpus.info()
        assert (info.posts, info.users, info.added) == (61, 8, 1)
        assert corpus.user("me:anna") == User("me:anna", "anna", 1, "me")
        np.testing.assert_allclose(
            corpus.vectors(BUNDLE, Kind.POST, ["mine:1"])[1], vector, atol=1e-3
        )
        assert corpus.affects(BUNDLE, ["mine:1"])["mine:1"].sentiment.label == "positive"
        assert corpus.missing(BUNDLE) == []

    def test_an_id_that_is_taken_is_refused(self, corpus: Corpus) -> None:
        for posts in ([Post("art-001", text="x")], [TEXT_POST, TEXT_POST]):
            with pytest.raises(KindredError) as error:
                corpus.add(posts)
            assert code(error) == "duplicate_id"
        assert corpus.info().posts == 60

    def test_replacing_forgets_what_was_known_of_the_old_one(self, corpus: Corpus) -> None:
        assert corpus.user("art:user1").posts == 8
        corpus.add([Post("art-001", text="new", user="art:user2")], replace=True)
        assert corpus.info().posts == 60
        assert corpus.user("art:user1").posts == 7
        assert corpus.missing(BUNDLE) == ["art-001"]
        assert corpus.affects(BUNDLE, ["art-001"]) == {}
        for kind in (Kind.TEXT, Kind.IMAGE, Kind.POST):
            assert len(corpus.vectors(BUNDLE, kind, ["art-001"])[0]) == 0

    def test_vectors_replace_those_of_the_same_kind_only(self, corpus: Corpus) -> None:
        old = corpus.vectors(BUNDLE, Kind.TEXT, ["art-001"])[1]
        corpus.add(bundle=BUNDLE, vectors={Kind.POST: (["art-001"], unit(1, 3))})
        assert corpus.info().bundles[BUNDLE][Kind.POST] == 60
        np.testing.assert_array_equal(corpus.vectors(BUNDLE, Kind.TEXT, ["art-001"])[1], old)

    def test_a_bundle_made_again_starts_afresh(self, corpus: Corpus) -> None:
        before = Corpus.open(corpus.uri)
        longer = {Kind.WORD: (["new"], np.ones((1, 2 * DIM)))}
        with pytest.raises(KindredError):
            corpus.add(bundle=BUNDLE, vectors=longer)
        corpus.add(bundle=BUNDLE, vectors=longer, fresh=True)
        assert corpus.info().bundles == {BUNDLE: {Kind.WORD: 1}}
        assert len(corpus.predictions(BUNDLE)) == 0
        assert before.vectors(BUNDLE, Kind.WORD)[1].shape == (len(WORDS), DIM)

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({"posts": [Post("p")]}, "empty_post"),
            ({"posts": [Post(" ", text="x")]}, "bad_id"),
            ({"posts": [Post("p", text="x", user="a\nb")]}, "bad_id"),
            ({"posts": [Post("p", image="none.webp")]}, "no_media"),
            ({"posts": [Post("p", image="../../x")]}, "bad_media_path"),
            ({"vectors": {Kind.POST: (["art-001"], unit(1, 0))}}, "bundle_name"),
            ({"bundle": "a.b/c", "vectors": {}}, "bundle_name"),
            ({"bundle": BUNDLE, "vectors": {Kind.POST: (["x"], unit(1, 0))}}, "no_post"),
            ({"bundle": BUNDLE, "vectors": {Kind.USER: (["x"], unit(1, 0))}}, "no_user"),
            ({"bundle": BUNDLE, "vectors": {Kind.POST: (["art-001"], unit(2, 0))}}, "bad_vectors"),
            (
                {"bundle": BUNDLE, "vectors": {Kind.POST: (["art-001"], np.ones((1, 3)))}},
                "bad_vectors",
            ),
            (
                {"bundle": BUNDLE, "vectors": {Kind.WORD: (["w"], np.full((1, DIM), np.nan))}},
                "bad_vectors",
            ),
            ({"bundle": BUNDLE, "predictions": {"x": affect()}}, "no_post"),
        ],
    )
    def test_what_is_wrong_changes_nothing(
        self, corpus: Corpus, given: dict, expected: str
    ) -> None:
        before = corpus.version
        with pytest.raises(KindredError) as error:
            corpus.add(**({"posts": [TEXT_POST]} | given))
        assert code(error) == expected
        corpus.refresh()
        assert corpus.version == before and corpus.info().posts == 60

    def test_another_reader_sees_it_after_a_refresh(self, corpus: Corpus) -> None:
        reader = Corpus.open(corpus.uri)
        corpus.add([TEXT_POST])
        assert reader.info().posts == 60
        assert reader.refresh() and reader.info().posts == 61
        assert not reader.refresh()

    def test_many_additions_are_compacted(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(store, "COMPACT_EVERY", 3)
        monkeypatch.setattr(store, "INDEX_FROM", 5)
        corpus = Corpus.create(tmp_path / "c")
        for i in range(9):
            corpus.add([Post(f"p{i}", text="x", user=f"u{i % 2}")])
        corpus = Corpus.open(tmp_path / "c")
        assert corpus.info().posts == 9 and corpus.user("u0").posts == 5
        assert list(corpus.posts(["p8", "p0"])) == ["p8", "p0"]

    def test_threads_take_turns(self, corpus: Corpus) -> None:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda i: corpus.add([Post(f"t{i}", text="x", user="t")]), range(8)))
        assert corpus.info().posts == 68 and corpus.user("t").posts == 8

    @pytest.mark.parametrize(
        "what", ["posts.lance/data", "posts.lance/_versions", "head.lance/data"]
    )
    def test_a_damaged_store_is_an_error_with_advice(self, corpus: Corpus, what: str) -> None:
        for file in (Path(corpus.uri) / what).rglob("*.*"):
            if file.is_file():
                file.unlink()
        for use in (lambda c: c.post("art-001"), lambda c: c.add([TEXT_POST])):
            with pytest.raises(KindredError, match="move it away") as error:
                use(Corpus.open(corpus.uri))
            assert code(error) == "damaged"

    @pytest.mark.parametrize("keep", [0, 3, 0.5, -0.5])
    def test_no_damaged_manifest_raises_anything_else(self, corpus: Corpus, keep: float) -> None:
        """LanceDB panics for some, which is no `Exception`."""
        for file in Path(corpus.uri).glob("*.lance/_versions/*.manifest"):
            whole = file.read_bytes()
            end = int(len(whole) * keep) if isinstance(keep, float) else keep
            file.write_bytes(whole[end:] if end < 0 else whole[:end])
            try:
                opened = Corpus.open(corpus.uri)
                assert opened.info().posts and opened.post("art-001")
            except KindredError as error:
                assert error.message
            file.write_bytes(whole)

    def test_own_corpus_from_nothing(self, tmp_path: Path) -> None:
        corpus = Corpus.create(tmp_path / "deep" / "mine", name="Mine")
        assert corpus.info().posts == 0 and corpus.info().since is None
        corpus.add([Post("a", text="x")], bundle="b", vectors={Kind.POST: (["a"], unit(1, 0))})
        again = Corpus.open(tmp_path / "deep" / "mine")
        assert again.name == "Mine" and again.info().bundles == {"b": {Kind.POST: 1}}
        with pytest.raises(KindredError) as error:
            Corpus.create(tmp_path / "deep" / "mine")
        assert code(error) == "corpus_exists"

    def test_a_uri_serves_as_well_as_a_directory(self) -> None:
        made = store.Store.create("memory://here", name="here")
        with made.transaction() as change:
            change.put("posts", schema.POSTS.empty_table())
            change.put("users", schema.USERS.empty_table())
        corpus = Corpus(made)
        corpus.add([Post("a", text="x", image="pictures/a.webp", user="u")])
        assert corpus.post("a").image == "pictures/a.webp"
        with pytest.raises(KindredError) as error:
            corpus.new_media("b.webp")
        assert code(error) == "no_media_folder"
