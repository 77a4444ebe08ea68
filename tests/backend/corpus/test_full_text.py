from __future__ import annotations

from pathlib import Path

import pytest

from backend.corpus import Corpus
from backend.corpus.full_text import FullText
from backend.domain import Post
from backend.text.search_tokens import query_tokens, search_tokens


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


def test_stopwords_are_left_out_unless_there_is_nothing_else() -> None:
    assert query_tokens("schöner Sonnenuntergang am Meer", ["de"]) == [
        "schoner", "sonnenuntergang", "meer",
    ]  # fmt: skip
    assert query_tokens("to be or not to be", []) == ["to", "be", "or", "not"]
