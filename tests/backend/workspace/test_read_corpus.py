"""Words in pictures and sounds, from the source to search, filters and export."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from backend.bundles.embedder import Features
from backend.cli import main
from backend.domain import Content, Kind, Modality, Picture, Post
from backend.error_analysis.stored_readings import StoredReadings
from backend.ingest.encoded_post import EncodedPost
from backend.ingest.ray import messages
from backend.recognition import missing
from backend.search import Filter
from backend.text.reading import Passage, Reading
from backend.workspace.read_corpus import apply_readings, read_corpus
from backend.workspace.workspace import Workspace
from tests.backend.recognition.drawn import landscape, picture
from tests.waiting import until

SPOKEN = Path(__file__).parents[1] / "recognition" / "spoken_en.ogg"
IMAGE, AUDIO = Modality.IMAGE, Modality.AUDIO


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    screenshot = picture("Meeting moved to Friday,", "please tell everybody")
    Image.fromarray(screenshot.frames[0]).save(folder / "screenshot.png")
    Image.fromarray(landscape().frames[0]).save(folder / "clouds.png")
    shutil.copy(SPOKEN, folder / "voice.ogg")
    rows = [
        {"id": "screenshot", "image": "screenshot.png", "user": "anna"},
        {"id": "clouds", "image": "clouds.png", "user": "anna"},
        {"id": "voice", "audio": "voice.ogg", "user": "ben", "language": "en"},
        *({"id": f"t{i}", "text": f"A walk in the park, number {i}"} for i in range(4)),
    ]
    (folder / "posts.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory, source: Path) -> Workspace:
    home = tmp_path_factory.mktemp("home")
    patch = pytest.MonkeyPatch()
    patch.setenv("KINDRED_HOME", str(home))
    from backend.settings import settings

    settings.cache_clear()
    assert main(["ingest", str(source), "--corpus", "read", "--quiet"]) == 0
    unread = ["--no-read", "--no-transcribe", "--quiet"]
    assert main(["ingest", str(source), "--corpus", "later", *unread]) == 0
    yield Workspace(home)
    patch.undo()
    settings.cache_clear()


def test_an_import_reads(ws: Workspace) -> None:
    found = ws.corpus("read").readings(["screenshot", "clouds", "voice", "t0"])
    assert found["screenshot"][IMAGE].text == "Meeting moved to Friday, please tell everybody"
    assert len(found["screenshot"][IMAGE].passages) == 2
    assert found["clouds"][IMAGE] == Reading()
    assert "t0" not in found
    if not missing():
        assert "mother cried" in found["voice"][AUDIO].text
    assert ws.corpus("later").readings(["screenshot", "voice"]) == {}


def test_errors_are_predicted_with_what_was_read(ws: Workspace) -> None:
    def features(name: str, image: Picture | None = None) -> Features:
        corpus = ws.corpus(name)
        (row,) = corpus.table(
            ["id", "text", "title", "image", "audio"], ids=["screenshot"]
        ).to_pylist()
        stored = StoredReadings(corpus)
        content = stored.content(row)
        assert content is not None
        if image is not None:
            content = replace(content, image=image)
        return stored.features(ws.embedder, [content])[0]

    found = features("read")
    predicted = ws.affect.predict([found], [None])[0].affect
    imported = ws.predictions(["screenshot"], "read")["screenshot"]
    assert predicted.emotion == pytest.approx(imported.emotion, abs=0.02)
    changed = features("read", picture("Good morning"))  # is read again
    assert changed.readings[IMAGE].text == "Good morning"
    assert features("later").readings == {} == features("later", picture("Hello")).readings


def test_readings_are_applied_to_vectors_made_without_them(ws: Workspace) -> None:
    corpus, bundle = ws.corpus("read"), ws.bundle.name
    before = corpus.vectors(bundle, Kind.IMAGE, ["screenshot"])[1]
    plain = corpus.vectors(bundle, Kind.IMAGE, ["clouds"])[1]
    corpus.add(bundle=bundle, vectors={Kind.IMAGE: (["screenshot"], plain)})
    apply_readings(ws, corpus)
    after = corpus.vectors(bundle, Kind.IMAGE, ["screenshot"])[1]
    # Not exactly: the import saw the picture before it was stored smaller.
    assert (after @ before.T).item() > 0.97 > (plain @ before.T).item()


@pytest.mark.parametrize("target", [Kind.POST, Kind.IMAGE])
def test_the_meaning_of_words_is_found(ws: Workspace, target: Kind) -> None:
    result = ws.search('"meeting moved to friday"', [target], corpus="read")
    assert result.hits[target][0].id == "screenshot"


@pytest.mark.skipif(bool(missing()), reason=missing() or "")
def test_what_is_said_is_found(ws: Workspace) -> None:
    query = '"voice note where somebody cries about a house"'
    result = ws.search(query, [Kind.POST], corpus="read")
    assert result.hits[Kind.POST][0].id == "voice"


def test_words_filter_and_export(ws: Workspace) -> None:
    selection = ws.selections.where(Filter(words=("friday",)), Kind.POST, "read")
    assert selection.ids == ("screenshot",)
    (row,) = json.loads(ws.selections.export(selection, "json"))["rows"]
    assert row["written"] == "Meeting moved to Friday, please tell everybody"
    assert row["said"] is None


def test_a_corpus_is_brought_up_to_date(ws: Workspace, capsys: pytest.CaptureFixture) -> None:
    unread = ws.read_jobs.unread("later")
    assert (unread.images, unread.sounds) == (2, 0 if missing() else 1)
    assert main(["read", "later", "--json", "--quiet"]) == 0
    assert ws.read_jobs.state("later").stage == "done"
    counts = json.loads(capsys.readouterr().out)
    said = 0 if missing() else 1
    assert counts == {"corpus": "later", "posts": 3, "written": 1, "said": said, "lost": 0}
    ws.evict("later")
    later = ws.corpus("later")
    assert later.readings(["screenshot"])["screenshot"][IMAGE].text.startswith("Meeting moved")
    assert later.unread({IMAGE, AUDIO}) == []
    result = ws.search('"meeting moved to friday"', [Kind.IMAGE], corpus="later")
    assert result.hits[Kind.IMAGE][0].id == "screenshot"
    version = later.version
    assert read_corpus(ws, later, {IMAGE, AUDIO}).posts == 0
    assert later.version == version


def test_a_batch_says_what_it_read(ws: Workspace, source: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    command = ["analyse", str(source / "posts.jsonl"), "-o", str(target), "--quiet"]
    assert main(command) == 0
    lines = {line["id"]: line for line in map(json.loads, target.read_text().splitlines())}
    assert lines["screenshot"]["read"]["image"]["text"].startswith("Meeting moved")
    assert "read" not in lines["t0"]
    assert main([*command, "--no-read", "--no-transcribe"]) == 0
    assert '"read"' not in target.read_text()


def test_workers_send_what_they_read(tmp_path: Path) -> None:
    from backend.ingest.drafts import Draft
    from backend.ingest.media_loader import GatheredDraft, LoadedDraft

    reading = Reading("Hello", (Passage("Hello", (0.0, 0.1, 0.5, 0.2), 0.9),), 0.8, 0.1)
    draft = Draft(1, Post("a", text="x"))
    encoded = EncodedPost({}, None, {}, {IMAGE: reading})
    table = messages.results_to_table([7], [(LoadedDraft(draft, "f"), encoded)], tmp_path)
    (row,) = table.drop_columns(["image_file", "audio_file"]).to_pylist()
    _, back = messages.result_from_row(row, GatheredDraft(draft, "f", {}))
    assert back is not None and back.readings == {IMAGE: reading}


def test_an_added_post_keeps_its_words(ws: Workspace) -> None:
    post = ws.add_post(Content(image=picture("I passed the exam", "at last")), "own")
    assert ws.corpus("own").readings([post.id])[post.id][IMAGE].text == "I passed the exam at last"


def test_a_button_reads_in_a_process_of_its_own(
    ws: Workspace, source: Path, tmp_path: Path
) -> None:
    # One picture: speech is read by the same work, in `test_a_corpus_is_brought_up_to_date`.
    shutil.copy(source / "screenshot.png", tmp_path)
    (tmp_path / "posts.jsonl").write_text('{"id": "screenshot", "image": "screenshot.png"}')
    unread = ["--no-read", "--no-transcribe", "--quiet"]
    assert main(["ingest", str(tmp_path), "--corpus", "soon", *unread]) == 0
    assert ws.read_jobs.unread("soon").images == 1
    ws.read_jobs.start("soon")
    until(lambda: not ws.read_jobs.state("soon").active, lambda: ws.read_jobs.state("soon"))
    state = ws.read_jobs.state("soon")
    assert (state.stage, state.error, state.done, state.total) == ("done", "", 1, 1)
    ws.evict("soon")
    left = ws.read_jobs.unread("soon")
    assert (left.images, left.sounds) == (0, 0)
    written = ws.corpus("soon").readings(["screenshot"])["screenshot"][IMAGE]
    assert written.text.startswith("Meeting moved")
