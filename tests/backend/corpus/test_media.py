from __future__ import annotations

from pathlib import Path

import pytest

from backend.corpus import Corpus
from backend.domain import KindredError, Modality, Post
from tests.backend.corpus.samples import code


def test_own_folder_first_then_the_shipped_one(corpus: Corpus, shipped: Path) -> None:
    assert corpus.media_of("art-001", Modality.IMAGE) == shipped / "media/art/001.webp"
    own = Path(corpus.uri) / "media/art/001.webp"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"mine")
    assert corpus.media_path("art/001.webp") == own
    with pytest.raises(KindredError) as error:
        corpus.media_of("art-001", Modality.TEXT)
    assert code(error) == "no_media"


def test_new_media_then_the_post(corpus: Corpus) -> None:
    corpus.new_media("added/x.webp").write_bytes(b"x")
    corpus.add([Post("x", image="added/x.webp")])
    assert corpus.media_of("x", Modality.IMAGE).read_bytes() == b"x"
    with pytest.raises(KindredError) as error:
        corpus.new_media("art/001.webp")
    assert code(error) == "media_exists"


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../posts.parquet", "art/../../posts.parquet", "art//001.webp",
             "./art/001.webp", "art\\..\\x", "a\x00b", "art/"]
)  # fmt: skip
def test_nothing_outside_is_reached(corpus: Corpus, path: str) -> None:
    for reach in (corpus.media_path, corpus.new_media):
        with pytest.raises(KindredError) as error:
            reach(path)
        assert code(error) == "bad_media_path"


def test_a_link_that_leads_out_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    media = Path(corpus.uri) / "media"
    media.mkdir()
    (media / "link").symlink_to(tmp_path / "secret")
    (media / "folder").symlink_to(tmp_path)
    with pytest.raises(KindredError) as error:
        corpus.media_path("link")
    assert code(error) == "bad_media_path"
    with pytest.raises(KindredError) as error:
        corpus.new_media("folder/new")
    assert code(error) == "bad_media_path"
