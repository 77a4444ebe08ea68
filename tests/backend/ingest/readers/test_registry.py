"""Layouts as they are found are imported without anybody editing them."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backend.domain import KindredError, Post, Reaction
from backend.ingest import Options, Report, check, open_tree
from backend.ingest.drafts import Draft, drafts
from backend.ingest.language_process import with_languages
from tests.backend.ingest import samples


def report(source: Path, **options: object) -> Report:
    return check(open_tree(source), Options(**options))  # type: ignore[arg-type]


def posts(source: Path, **options: object) -> list[Post]:
    tree, chosen = open_tree(source), Options(**options)  # type: ignore[arg-type]
    found = with_languages(drafts(tree, check(tree, chosen).format, chosen))
    return [item.post for item in found if isinstance(item, Draft)]


@pytest.mark.parametrize(
    ("layout", "format_", "usable", "modalities"),
    [
        (samples.spreadsheet, "csv", 4, (4, 4, 0)),
        (samples.imagefolder, "folder", 5, (2, 4, 1)),
        (samples.mastodon, "mastodon", 4, (4, 1, 1)),
        (samples.yfcc, "yfcc", 3, (3, 1, 0)),
        (samples.shuttersong, "shuttersong", 3, (3, 3, 3)),
        (samples.shuttersong_table, "shuttersong", 3, (3, 3, 3)),
        (samples.mvsa, "mvsa", 3, (3, 3, 0)),
        (samples.posts, "jsonl", 60, (60, 6, 4)),
    ],
)
@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_layouts_are_recognised(
    layout: Callable[[Path], Path],
    format_: str,
    usable: int,
    modalities: tuple[int, ...],
    packed: bool,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "source"
    folder.mkdir()
    source = layout(folder)
    if packed:
        source = samples.zipped(source, tmp_path / "source.zip")
    found = report(source)
    assert (found.format, found.usable) == (format_, usable)
    assert tuple(found.modalities.values()) == modalities


def test_a_spreadsheet_with_semicolons_and_windows_1252(tmp_path: Path) -> None:
    first, _, third, _ = posts(samples.spreadsheet(tmp_path))
    assert first.text == samples.TEXTS[0] and first.user == "Zoë" and first.language == "de"
    assert first.time and first.time.isoformat() == "2024-03-01T12:30:00+00:00"
    assert third.text == samples.TEXTS[2]


def test_a_mastodon_archive(tmp_path: Path) -> None:
    tree = open_tree(samples.mastodon(tmp_path))
    items = list(drafts(tree, "mastodon", Options()))
    found = [item for item in items if isinstance(item, Draft)]
    assert found[0].post.text == "Hi @bob, no. 0\nit's fine"
    assert found[0].post.user == "anna@social.example" and found[0].user.name == "Anna A."  # type: ignore[union-attr]
    assert found[0].post.tags == ("sun",) and found[0].post.labels == {"visibility": "public"}
    assert found[2].post.title == "loud"
    reactions = [i for i in items if isinstance(i, Reaction)]
    assert [r.kind for r in reactions] == ["share", "like", "like"]
    assert found[3].reactions == (
        Reaction("anna@social.example", "https://other.example/1", "reply"),
    )
    # Private messages are left out, and it is said.
    assert check(tree, Options()).problems == {"private": 1}


def test_a_yfcc_table(tmp_path: Path) -> None:
    first, second, _ = posts(samples.yfcc(tmp_path))
    assert first.text == "Sunset over the sea 0\nWe walked all day & saw it"
    assert first.user == "98115025@N00" and first.tags == ("sea", "sun set")
    assert first.licence == "Attribution License" and first.time and first.time.year == 2012
    found = report(tmp_path)
    assert found.problems == {"not_fetched": 2} and found.missing_media == 2
    assert report(tmp_path, fetch=True).to_fetch == 2
    assert second.id == "6985418912"


def test_mvsa_labels(tmp_path: Path) -> None:
    labels = [post.labels for post in posts(samples.mvsa(tmp_path))]
    assert labels[0]["sentiment"] == "positive"
    assert "sentiment" not in labels[1]  # the two contradict each other
    assert labels[1] == {"text sentiment": "negative", "image sentiment": "positive"}


def test_an_imagefolder_with_labels_from_folders(tmp_path: Path) -> None:
    found = posts(samples.imagefolder(tmp_path), folders_as_labels=True)
    assert [p.labels.get("label") for p in found[:2]] == ["a", "b"]
    assert {p.labels["folder"] for p in found} == {"train"}


def test_parquet_with_the_images_inside(tmp_path: Path) -> None:
    data = samples.picture(tmp_path / "x.png").read_bytes()
    rows = [
        {"image": {"bytes": data, "path": "x.png"}, "caption": f"this is {i}"} for i in range(3)
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "hf.parquet")
    (tmp_path / "x.png").unlink()
    found = report(tmp_path / "hf.parquet")
    assert found.usable == 3 and found.modalities["image"] == 3
    assert found.duplicates == 0  # other texts


def test_a_table_of_tweets(tmp_path: Path) -> None:
    row = {
        "id_str": "1",
        "full_text": "What a lovely morning in the park",
        "user": {"screen_name": "joe", "id": 3},
        "created_at": "Wed Aug 27 13:08:45 +0000 2008",
    }
    samples.lines(tmp_path / "t.jsonl", [row])
    (post,) = posts(tmp_path / "t.jsonl")
    assert (post.id, post.user, post.language) == ("1", "joe", "en")
    assert post.time and post.time.year == 2008


def test_the_mapping_can_be_changed(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,c\nhello there all,x y z,anna\ngood night all,u v w,bob\n")
    guessed = report(tmp_path / "t.csv")
    assert guessed.mapping["text"] == ("a",)
    mapping = {"text": ("b", "a"), "user": ("c",)}
    (first, _) = posts(tmp_path / "t.csv", mapping=mapping)
    assert first.text == "x y z\nhello there all" and first.user == "anna"


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.tar.gz", b"\x1f\x8b\x08\x00", "damaged"),
        ("a.tar.gz", gzip.compress(b"x" * 900, mtime=0)[:-9], "damaged"),
        ("a.zip", b"PK\x03\x04 and then nothing", "damaged"),
        ("a.csv", b"", "empty"),
        ("a.bin", b"\x00\x01", "no_format"),
        ("a.csv", b"a,b\n1,2\n3,4\n", "no_mapping"),
    ],
)
def test_what_is_no_source_is_said(name: str, data: bytes, code: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(KindredError) as error:
        report(tmp_path / name)
    assert error.value.code == code and error.value.message.endswith((".", ")."))


def test_a_table_among_many_images_is_the_table(tmp_path: Path) -> None:
    source = samples.posts_in(tmp_path, count=40, pictures=4)
    for i in range(30):
        samples.picture(source / "more" / f"m{i}.png", i)
    assert (report(source).format, report(source).usable) == ("jsonl", 40)
    (source / "posts.jsonl").unlink()
    assert (report(source).format, report(source).usable) == ("folder", 35)


def test_classes_as_folders_may_repeat_their_file_names(tmp_path: Path) -> None:
    for name in ("happy", "sad"):
        for i in range(3):
            samples.picture(tmp_path / "pics" / name / f"im{i}.png", i)
    assert report(tmp_path / "pics").usable == 6
    found = posts(tmp_path / "pics")
    assert len({post.id for post in found}) == 6
