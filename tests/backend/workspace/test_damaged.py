"""One damaged corpus does not take the others along."""

from __future__ import annotations

from pathlib import Path

from backend.corpus import Corpus
from backend.domain import Post
from backend.settings import SHIPPED_CORPUS
from backend.workspace.corpora import openable
from backend.workspace.workspace import Workspace


def test_a_damaged_corpus_is_named_and_left_out(tmp_path: Path) -> None:
    for name in ("bad", "fine"):
        Corpus.create(tmp_path / "corpora" / name, name=name).add([Post("a", text="x")])
    for file in (tmp_path / "corpora" / "bad").glob("head.lance/_versions/*"):
        file.write_bytes(file.read_bytes()[:9])
    workspace = Workspace(tmp_path)
    cards = {card.name: card for card in workspace.corpus_admin.cards()}
    assert "move it away" in cards["bad"].problem
    assert cards["fine"].posts == 1 and not cards["fine"].problem
    assert [corpus.name for corpus in openable(workspace)] == [SHIPPED_CORPUS, "fine"]
    workspace.corpus_admin.delete("bad")
    assert workspace.corpora() == [SHIPPED_CORPUS, "fine"]
