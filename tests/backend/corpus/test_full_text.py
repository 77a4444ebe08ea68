from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.corpus import Corpus
from backend.corpus import full_text as module
from backend.corpus.full_text import FullText
from backend.corpus.lance import lancedb
from backend.corpus.text_rows import TextRows
from backend.domain import KindredError, Post
from backend.text.search_tokens import query_tokens, search_tokens
from backend.workspace.workspace import Workspace


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    made = Corpus.create(tmp_path_factory.mktemp("full-text") / "small", name="small")
    texts = {
        "a": "The trains are late again #MondayMotivation",
        "b": "Verärgerte Bahnfahrer warten auf den Zug",
        "c": "東京都の夜景 ☕️",
        "d": "The late trains of Vienna",
    }
    made.add(
        [Post(id_, text=text, language="de" if id_ == "b" else "en") for id_, text in texts.items()]
    )
    return made


def nothing(ids: object) -> dict[str, str]:
    return {}


def found(index: FullText, text: str) -> list[str]:
    reader = index.open()
    assert reader is not None
    return reader.search(search_tokens(text), 10).ids


def test_words_hashtags_emoji_and_unspaced_scripts_are_found(
    corpus: Corpus, tmp_path: Path
) -> None:
    index = FullText(tmp_path / "index")
    assert index.open() is None
    steps: list[tuple[int, int]] = []
    index.make(corpus.snapshot(), "none", nothing, progress=lambda *step: steps.append(step))
    assert steps[-1] == (4, 4) and index.is_current(corpus, "none")
    assert found(index, "#mondaymotivation") == found(index, "motivation") == ["a"]
    assert found(index, "VERARGERTE") == ["b"]
    assert found(index, "夜景") == found(index, "☕") == ["c"]
    reader = index.open()
    assert reader is not None and reader.phrase(["late", "trains"], 10).ids == ["d"]
    assert reader.search(["~train"], 10, allowed=["a"]).ids == ["a"]


def test_an_index_follows_its_corpus(corpus: Corpus, tmp_path: Path) -> None:
    index = FullText(tmp_path / "index")
    index.make(corpus.snapshot(), "none", nothing)
    corpus.add([Post("e", text="Brezelwetter"), Post("d", text="Something else")], replace=True)
    assert not index.is_current(corpus, "none")
    index.make(corpus.snapshot(), "none", nothing)
    assert found(index, "brezelwetter") == ["e"] and found(index, "vienna") == []


def test_an_open_index_stays_as_it_was_while_posts_are_added(tmp_path: Path) -> None:
    corpus = Corpus.create(tmp_path / "growing", name="growing")
    corpus.add([Post("a", text="early trains"), Post("b", text="late trains")])
    index = FullText(tmp_path / "index")
    index.make(corpus.snapshot(), "none", nothing)
    reader = index.open()
    assert reader is not None
    corpus.add([Post("c", text="more trains"), Post("a", text="a bus")], replace=True)
    index.make(corpus.snapshot(), "none", nothing)
    assert reader.search(["trains"], 10).ids == ["a", "b"] and len(reader) == 2
    assert sorted(found(index, "trains")) == ["b", "c"]
    # Somebody else has begun to add posts and is not done.
    head = index.head()
    assert head is not None
    table = lancedb.connect(tmp_path / "index" / head.folder).open_table("words")
    table.delete("id = 'b'")
    assert sorted(found(index, "trains")) == ["b", "c"]
    corpus.add([Post("d", text="no trains")])
    index.make(corpus.snapshot(), "none", nothing)
    assert sorted(found(index, "trains")) == ["b", "c", "d"]
    # Of the one before, which another process may be opening, and of this one.
    assert len(list((tmp_path / "index").glob("data-*/rows-*"))) == 2


def test_many_added_posts_are_indexed_in_a_new_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_OUTSIDE", 4)
    corpus = Corpus.create(tmp_path / "growing", name="growing")
    index, folders = FullText(tmp_path / "index"), []
    for batch in range(6):
        corpus.add([Post(f"{batch}-{i}", text=f"trains line{batch}{i}") for i in range(2)])
        index.make(corpus.snapshot(), "none", nothing)
        head = index.head()
        assert head is not None
        folders.append(head.folder)
        assert len(found(index, "trains")) == min(10, 2 * batch + 2)
        assert found(index, f"line{batch}1") == [f"{batch}-1"]
    assert folders == ["data-1"] * 2 + ["data-2"] * 2 + ["data-3"] * 2
    reader = index.open()
    assert reader is not None and len(reader) == 12
    assert {path.name for path in (tmp_path / "index").glob("data-*")} == {"data-3"}


def test_the_shipped_corpus_is_searched_as_by_its_table(
    workspace: Workspace, tmp_path: Path
) -> None:
    corpus = workspace.corpus()
    index = FullText(tmp_path / "index")
    index.make(corpus.snapshot(), "none", nothing)
    head, reader = index.head(), index.open()
    assert head is not None and reader is not None and len(reader) == corpus.info().posts
    table = lancedb.connect(tmp_path / "index" / head.folder).open_table("words")

    def by_table(
        query: lancedb.query.FullTextQuery, limit: int
    ) -> list[tuple[str, float, str, str]]:
        columns = ["id", "words", "group", "_score"]
        rows = table.search(query, query_type="fts").select(columns).limit(limit).to_arrow()
        tuples = [
            (row["id"], row["_score"], row["words"], row["group"] or row["id"])
            for row in rows.to_pylist()
        ]
        return sorted(tuples, key=lambda row: (-row[1], row[0]))

    lines = ("cat drawing", "late trains", "a red flower of the garden", "nothingofthekind", "☕")
    for tokens in map(search_tokens, lines):
        for hits, query in (
            (reader.search(tokens, 200), lancedb.query.MatchQuery(" ".join(tokens), "words")),
            (reader.phrase(tokens, 200), lancedb.query.PhraseQuery(" ".join(tokens), "words")),
        ):
            rows = zip(hits.ids, hits.scores.tolist(), hits.words, hits.groups, strict=True)
            assert list(rows) == by_table(query, 200)
    first = reader.search(["cat"], 200)
    assert len(first.ids) >= 20
    some = reader.search(["cat"], 200, allowed=first.ids[10:20])
    assert some.ids == first.ids[10:20] and some.words == first.words[10:20]


def test_rows_lie_in_blocks_and_keep_the_order_that_is_asked_for() -> None:
    import pyarrow as pa

    def block(*ids: str) -> pa.RecordBatch:
        return pa.record_batch([pa.array(ids)] * 3, names=["id", "group", "words"])

    numbers = np.array([3, 5, 1 << 32, (1 << 32) + 7, 9 << 32], np.uint64)
    rows = TextRows(numbers, [block("a", "b"), block("c"), block("d", "e")])
    wanted = numbers[[4, 0, 2, 3, 1]]
    assert rows.take(wanted)["id"].to_pylist() == ["e", "a", "c", "d", "b"]
    assert rows.take(numbers[:0])["words"].to_pylist() == []
    for unknown in (4, 10 << 32):
        with pytest.raises(KindredError):
            rows.take(np.array([3, unknown], np.uint64))


def test_stopwords_are_left_out_unless_there_is_nothing_else() -> None:
    assert query_tokens("schöner Sonnenuntergang am Meer", ["de"]) == [
        "schoner", "sonnenuntergang", "meer",
    ]  # fmt: skip
    assert query_tokens("to be or not to be", []) == ["to", "be", "or", "not"]
