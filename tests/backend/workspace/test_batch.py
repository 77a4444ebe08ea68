"""The batch contracts, on real posts with broken ones among them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from backend.cli import main
from backend.domain import EMOTIONS, SENTIMENTS
from backend.settings import ASSETS
from backend.workspace import batch
from backend.workspace.workspace import Workspace

MEDIA = ASSETS / "corpus" / "media"


@pytest.fixture(scope="module")
def posts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("posts")
    image = next(iter(sorted((MEDIA / "tuxpaint").glob("*.webp"))))
    sound = next(iter(sorted((MEDIA / "wesnoth").glob("*.ogg"))))
    (folder / "a.webp").write_bytes(image.read_bytes())
    (folder / "s.ogg").write_bytes(sound.read_bytes())
    (folder / "cut.webp").write_bytes(image.read_bytes()[:100])
    lines = [
        '{"id": "all", "text": "The dog ran off again", "image": "a.webp", "audio": "s.ogg"}',
        '{"id": 7, "text": "Best day of my life!"}',
        "not json",
        '{"id": "image", "image": "a.webp"}',
        '{"id": "gone", "image": "nowhere.png"}',
        '{"id": "cut", "image": "cut.webp"}',
        '{"id": "empty"}',
        '{"text": "no id"}',
        '{"id": "swapped", "image": "s.ogg"}',
        '{"id": "wrong", "text": 3}',
        '{"id": "sound", "audio": "s.ogg", "user": "anna"}',
    ]
    (folder / "posts.jsonl").write_text("\n".join(lines) + "\n")
    return folder / "posts.jsonl"


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_line_is_answered_in_place(posts: Path, workspace: Workspace, tmp_path: Path) -> None:
    good, bad = batch.analyse(workspace, posts, tmp_path / "out.jsonl")
    answers = lines(tmp_path / "out.jsonl")
    assert (good, bad) == (4, 7)
    ids = ["all", "7", None, "image", "gone", "cut", "empty", None, "swapped", "wrong", "sound"]
    assert [a["id"] for a in answers] == ids
    assert [a["error"]["code"] for a in answers if "error" in a] == [
        "not_json", "no_file", "damaged", "empty", "no_id", "not_an_image", "wrong_type",
    ]  # fmt: skip
    whole = answers[0]
    assert whole["modalities"] == ["text", "image", "audio"]
    assert set(whole["subsets"]) == {
        "text", "image", "audio", "image+text", "audio+text", "audio+image", "audio+image+text",
    }  # fmt: skip
    for subset in whole["subsets"].values():
        assert list(subset["emotion"]) == list(EMOTIONS)
        assert all(0 <= p <= 1 for p in subset["emotion"].values())
        assert subset["sentiment"]["label"] in SENTIMENTS
        assert 0 <= subset["confidence"] <= 1
    same = whole["subsets"]["audio+image+text"]
    assert all(whole[key] == same[key] for key in ("emotion", "sentiment", "confidence"))


def test_a_second_run_gives_the_same_bytes(
    posts: Path, workspace: Workspace, tmp_path: Path
) -> None:
    for name in ("one.jsonl", "two.jsonl"):
        batch.analyse(workspace, posts, tmp_path / name)
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


def test_a_killed_run_goes_on(
    posts: Path, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch.analyse(workspace, posts, tmp_path / "whole.jsonl")
    monkeypatch.setattr(batch, "BATCH", 2)

    def die(done: int, total: int) -> None:
        if done >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batch.analyse(workspace, posts, tmp_path / "out.jsonl", progress=die)
    assert not (tmp_path / "out.jsonl").exists()
    (part,) = tmp_path.glob(".out.jsonl.*.part")
    with part.open("ab") as file:
        file.write(b'{"id": "half')
    seen: list[int] = []
    batch.analyse(workspace, posts, tmp_path / "out.jsonl", progress=lambda n, _: seen.append(n))
    assert seen[0] == 8, "what was done is not done again"
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert not list(tmp_path.glob(".out.jsonl.*"))


def test_vectors_are_unit_and_do_not_depend_on_the_batch(
    posts: Path, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, errors = batch.embed(workspace, posts, tmp_path / "a.parquet")
    assert good == 4 and len(errors) == 7
    monkeypatch.setattr(batch, "BATCH", 1)
    batch.embed(workspace, posts, tmp_path / "b.parquet")
    one, two = (pq.read_table(tmp_path / f"{n}.parquet") for n in "ab")
    assert one.column_names == ["id", "kind", "vector"]
    assert set(one["kind"].to_pylist()) == {"text", "image", "audio", "post"}
    matrix = np.stack(one["vector"].to_pylist())
    np.testing.assert_allclose(np.linalg.norm(matrix, axis=1), 1, atol=1e-5)
    assert one.equals(two)


def test_killed_embedding_goes_on(
    posts: Path, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = batch.embed(workspace, posts, tmp_path / "whole.parquet")
    monkeypatch.setattr(batch, "BATCH", 2)

    def die(done: int, total: int) -> None:
        if done >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batch.embed(workspace, posts, tmp_path / "out.parquet", progress=die)
    assert not (tmp_path / "out.parquet").exists()
    seen: list[int] = []
    good, errors = batch.embed(
        workspace, posts, tmp_path / "out.parquet", progress=lambda n, _: seen.append(n)
    )
    assert seen[0] == 8, "what was done is not done again"
    assert good == told[0]
    assert [(i, e.code, e.message) for i, e in errors] == [
        (i, e.code, e.message) for i, e in told[1]
    ]
    assert pq.read_table(tmp_path / "out.parquet").equals(pq.read_table(tmp_path / "whole.parquet"))
    assert not list(tmp_path.glob(".out.parquet*"))


def test_the_command_line_knows_its_benchmarks() -> None:
    assert main(["bench", "nothing-like-it"]) == 2


def test_search_prints_hits(capsys: pytest.CaptureFixture[str], workspace: Workspace) -> None:
    home = ["--home", str(workspace.home)]
    assert (
        main(["search", *home, "--text", "dog", "--minus-text", "cat", "--target", "image",
              "--target", "user", "-k", "3", "--json"])
        == 0
    )  # fmt: skip
    hits = json.loads(capsys.readouterr().out)
    assert [h["kind"] for h in hits] == ["image"] * 3 + ["user"] * 3
    assert [h["rank"] for h in hits] == [1, 2, 3] * 2
    own = {"id", "kind", "rank", "score", "percentile"}
    assert all(set(h) == own | {"label", "candidates"} for h in hits)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["search"], 2, "at least one term"),
        (["search", "--corpus", "nope", "--text", "x"], 1, "no corpus 'nope'"),
        (["search", "--user", "nobody-at-all", "--target", "post"], 1, "nobody-at-all"),
        (["search", "--image", "/nowhere.png"], 1, "no file"),
        (["analyse", "/nowhere.jsonl"], 1, "no file"),
        (["evaluate", "nope"], 2, "no table nope"),
    ],
)
def test_exit_codes(
    arguments: list[str],
    code: int,
    says: str,
    capsys: pytest.CaptureFixture[str],
    workspace: Workspace,
) -> None:
    assert main([arguments[0], "--home", str(workspace.home), *arguments[1:]]) == code
    assert says in capsys.readouterr().err


def test_bad_use_exits_with_2() -> None:
    with pytest.raises(SystemExit) as stop:
        main(["dance"])
    assert stop.value.code == 2


def test_half_a_character_stops_nothing(tmp_path: Path, workspace: Workspace) -> None:
    source, target = tmp_path / "posts.jsonl", tmp_path / "out.jsonl"
    lines = ['{"id": "1", "text": "a"}', '{"id": "2", "image": "\\ud83d.jpg"}']
    lines += ['{"id": "\\ud800", "text": "Half an emoji \\ud83d"}', '{"id": "4", "text": "b"}']
    source.write_text("\n".join(lines))
    assert batch.analyse(workspace, source, target) == (3, 1)
    answers = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert [answer["id"] for answer in answers] == ["1", "2", "?", "4"]
    assert answers[1]["error"]["code"] == "no_file"
    assert batch.embed(workspace, source, tmp_path / "out.parquet")[0] == 3


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_any_table_in_and_the_ending_chooses_what_comes_out(
    ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import pandas as pd

    table = pd.DataFrame({"id": ["=a", "b"], "body": ["What a lovely day", "This is awful"]})
    table.to_csv(tmp_path / "posts.csv", index=False)
    target = tmp_path / f"out.{ending}"
    command = ["analyse", str(tmp_path / "posts.csv"), "-o", str(target), "--map", "text=body"]
    assert main([*command, "--home", str(tmp_path), "--quiet", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["predictions"] == 2
    if ending == "jsonl":
        lines = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
        assert [line["sentiment"]["label"] for line in lines] == ["positive", "negative"]
        return
    frame = pd.read_csv(target) if ending == "csv" else pd.read_parquet(target)
    assert frame["sentiment"].tolist() == ["positive", "negative"]
    assert frame["id"].tolist() == (["'=a", "b"] if ending == "csv" else ["=a", "b"])


def test_an_ending_that_is_no_format_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "posts.jsonl").write_text('{"id": "a", "text": "b"}\n')
    command = ["analyse", str(tmp_path / "posts.jsonl"), "-o", str(tmp_path / "out.pdf")]
    assert main([*command, "--home", str(tmp_path), "--quiet"]) == 2
    assert ".parquet" in capsys.readouterr().err


def test_posts_from_standard_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import io
    import sys

    given = io.TextIOWrapper(io.BytesIO(b'{"id": "a", "text": "What a lovely day"}\n'))
    monkeypatch.setattr(sys, "stdin", given)
    assert main(["analyse", "-", "--home", str(tmp_path), "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["sentiment"]["label"] == "positive"
