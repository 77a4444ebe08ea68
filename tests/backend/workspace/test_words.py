"""Questions to the word spaces of the shipped corpus."""

from __future__ import annotations

import json

import pytest

from backend.cli import main
from backend.domain import Kind, KindredError, Modality
from backend.workspace.workspace import Workspace

CLEAN = "clean+metadata"


def _words(workspace: Workspace, query: str, space: str = CLEAN, k: int = 5) -> list[str]:
    found = workspace.words.neighbours(query, [Kind.WORD], k, space)
    return [hit.id for hit in found.hits[Kind.WORD]]


def test_the_three_spaces(workspace: Workspace) -> None:
    spaces = {space.name: space for space in workspace.words.spaces()}
    assert list(spaces) == ["metadata", CLEAN, "joint"]
    assert spaces[CLEAN].words > 60_000 > spaces["metadata"].words > 1_000
    assert set(spaces["metadata"].kinds) == {Kind.WORD, Kind.IMAGE, Kind.AUDIO}


def test_arithmetic_over_words(workspace: Workspace) -> None:
    assert _words(workspace, "king - queen + woman", k=1) == ["man"]
    assert "queen" in _words(workspace, "king - man + woman")
    assert "rome" in _words(workspace, "paris - france + italy")  # words that no post has


def test_clean_text_knows_what_metadata_alone_does_not(workspace: Workspace) -> None:
    colours = {"blue", "green", "yellow", "white", "black", "orange", "purple", "pink"}
    assert len(colours & set(_words(workspace, "red", k=8))) >= 3
    assert _words(workspace, "parliament")
    with pytest.raises(KindredError, match="parliament"):
        _words(workspace, "parliament", "metadata")


def test_images_and_sounds_answer_to_words(workspace: Workspace) -> None:
    for space in ("metadata", CLEAN, "joint"):
        found = workspace.words.neighbours("dog", [Kind.IMAGE, Kind.AUDIO], 10, space)
        posts = workspace.posts([hit.id for hit in found.hits[Kind.IMAGE]])
        assert any("dog" in f"{post.text} {post.tags}".lower() for post in posts.values())
        sounds = workspace.posts([hit.id for hit in found.hits[Kind.AUDIO]])
        assert all(post.audio for post in sounds.values())


def test_arithmetic_over_images_and_words(workspace: Workspace) -> None:
    for man, woman in (("1F373", "Woman cook"), ("1F692", "Woman firefighter")):
        post = f"moji-1F468-200D-{man}"
        found = workspace.words.neighbours(f"post:{post} - man + woman", [Kind.IMAGE], 3)
        ids = [hit.id for hit in found.hits[Kind.IMAGE]]
        assert post not in ids
        assert woman in [other.title for other in workspace.posts(ids).values()]


def test_an_upload_is_a_term(workspace: Workspace) -> None:
    file = workspace.media("oca-000060", Modality.IMAGE)  # an ant
    upload = workspace.read_upload(file.read_bytes(), owner="test")
    found = workspace.words.neighbours(f"image:{upload.key}", [Kind.WORD], 20)
    assert {"ant", "insect", "bug", "ants", "insects"} & {h.id for h in found.hits[Kind.WORD]}


@pytest.mark.parametrize(
    ("query", "space", "code"),
    [
        ("insct", "metadata", "no_word"),
        ("@anna", CLEAN, "wrong_term"),
        ("dog", "nowhere", "no_space"),
        ("post:tweet-0001", CLEAN, "wrong_term"),
        ("dog - dog", CLEAN, "empty_query"),
    ],
)
def test_what_cannot_be_asked(workspace: Workspace, query: str, space: str, code: str) -> None:
    if query.startswith("post:"):
        query = "post:" + next(
            id_
            for id_ in workspace.corpus().vectors(workspace.bundle.name, Kind.POST)[0]
            if id_.startswith("tweet")
        )
    with pytest.raises(KindredError) as error:
        workspace.words.neighbours(query, space=space)
    assert error.value.code == code
    if code == "no_word":
        assert "insect" in error.value.message


def test_words_are_found_by_their_beginning(workspace: Workspace) -> None:
    assert all(word.startswith("mus") for word in workspace.words.find("Mus", limit=5))
    assert "music" in workspace.words.find("mus", limit=5)
    assert workspace.words.find("mus", space="joint")


def test_a_corpus_without_spaces_says_how_to_make_them(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from backend.corpus import Corpus

    fresh = Workspace(tmp_path_factory.mktemp("bare"))
    Corpus.create(fresh.home / "corpora" / "own")
    for ask in (
        lambda: fresh.words.neighbours("dog", corpus="own"),
        lambda: fresh.maps.map(Kind.POST, "own"),
    ):
        with pytest.raises(KindredError, match="python -m backend map --corpus own"):
            ask()


def test_the_command(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    home = ["--home", str(workspace.home)]
    asked = [
        "words",
        *home,
        "king - queen + woman",
        "--space",
        CLEAN,
        "--target",
        "word",
        "-k",
        "3",
    ]
    assert main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told[CLEAN]["word"][0]["id"] == "man"
    assert main(asked) == 0 and "man" in capsys.readouterr().out
    assert main(["words", *home, "qqqqq", "--space", "metadata"]) == 1
