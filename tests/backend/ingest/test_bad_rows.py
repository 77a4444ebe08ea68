"""One bad row is told of, and the rest is imported."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from backend.corpus import Corpus
from backend.domain import KindredError, Post, Reaction
from backend.ingest import ImportJob, Options, Report, check, draft_builder, open_tree
from backend.ingest.drafts import Draft, Notice, drafts
from backend.ingest.existing import ExistingPosts
from backend.ingest.readers.json_lines import parse_line, without_surrogates
from backend.ingest.runner import NOTICES, ImportPipeline
from tests.backend.ingest import samples

GOOD = [
    json.dumps({"id": f"g{i}", "text": f"a good row, number {i}", "time": f"2020-01-0{i + 1}"})
    for i in range(3)
]


def posts(source: Path, found: Report) -> list[Post]:
    items = drafts(open_tree(source), found.format, Options(mapping=found.mapping))
    return [item.post for item in items if isinstance(item, Draft)]


def imported(home: Path, source: Path) -> tuple[Corpus, str]:
    """The corpus of an import that went through, and the notices as they were written."""
    report = check(open_tree(source), Options())
    job = ImportJob(home / "imports" / "job", source, "c", report.format, Options(), report.rows)
    job.save()
    state = ImportPipeline(job, home / "c", samples.ToyModels(), known=ExistingPosts).run()
    assert state.stage == "done", state.error
    return Corpus.open(home / "c"), (job.folder / NOTICES).read_text("utf-8")


@pytest.mark.parametrize(
    ("bad", "usable", "problems"),
    [
        # float() cannot hold it; columns are guessed with it, too.
        (f'{{"id": "b", "text": "when was it", "time": 1{"0" * 400}}}', 4, {"bad_time": 1}),
        (f'{{"id": "b", "text": "when was it", "time": -1{"0" * 400}}}', 4, {"bad_time": 1}),
        (r'{"id": "2\ud800", "text": "half an id"}', 4, {}),
        (r'{"id": "b", "text": "half a picture", "image": "a\ud83d.png"}', 4, {"no_media": 1}),
        (
            r'{"id": "b", "text": "half a place", "image": "http://x.example/\udc00.png"}',
            4,
            {"not_fetched": 1},
        ),
        (r'{"id": "b", "text": "half a label", "label": "\ud83d", "mood\ud83d": "low"}', 4, {}),
        (r'{"id": "b", "text": "deep", "user": {"\ud83d": {"\ud83d": "\ud83d"}}}', 4, {}),
        # str() fails for it where little of the stack is left.
        (f'{{"id": {"[" * 300}{"]" * 300}, "text": "a deep id"}}', 3, {"not_json": 1}),
    ],
)
@pytest.mark.parametrize("listed", [False, True], ids=["lines", "list"])
def test_json_with_a_bad_row(
    bad: str, usable: int, problems: dict[str, int], listed: bool, tmp_path: Path
) -> None:
    source = tmp_path / ("t.json" if listed else "t.jsonl")
    rows = [GOOD[0], bad, *GOOD[1:]]
    source.write_text(f"[{','.join(rows)}]" if listed else "\n".join(rows))
    report = check(open_tree(source), Options())
    assert (report.rows, report.usable, report.problems) == (4, usable, problems)
    found = posts(source, report)
    assert len(found) == usable
    # All of it can be written down and sent.
    said = [report.as_json(), *map(asdict, found)]
    assert json.dumps(said, ensure_ascii=False, default=str).encode()


def test_half_characters_go_from_names_and_values() -> None:
    found = parse_line(
        1, r'{"a\ud83d": ["b\udc00", {"\ud800": "c\ud83d\ude00"}], "d": null, "e": 1.5}'
    )
    assert found.cells == {"a": ["b", {"": "c😀"}], "d": None, "e": 1.5}
    with pytest.raises(RecursionError):
        without_surrogates([[["x"]]], depth=2)


def test_half_characters_are_imported_to_the_end(tmp_path: Path) -> None:
    source = tmp_path / "t.jsonl"
    bad = (
        r'{"id": "2\ud800", "text": "half \ud83d", "mood\ud83d": "\ud83dlow", '
        r'"image": "\ud800.png"}'
    )
    source.write_text("\n".join([*GOOD, bad, r'{"id": "\ud800\n", "text": "no id at all"}']))
    (tmp_path / "h").mkdir()
    corpus, notices = imported(tmp_path / "h", source)
    assert corpus.info().posts == 5
    found = corpus.posts(["2"])["2"]
    assert found.text == "half" and found.labels == {"mood": "low"}
    assert [code for _, code, *_ in json.loads(notices)] == ["no_media"]


def outbox(folder: Path, *items: object, **likes: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "outbox.json").write_text(json.dumps({"orderedItems": items}))
    for name, said in likes.items():
        (folder / f"{name}.json").write_text(json.dumps(said))
    return folder


def note(i: int, **more: object) -> dict[str, object]:
    post = {"id": f"n{i}", "to": [samples.PUBLIC], "content": f"<p>a post, no. {i}</p>"} | more
    return {"type": "Create", "object": post}


def test_a_mastodon_archive_with_bad_items(tmp_path: Path) -> None:
    deep: object = "x"
    for _ in range(200):
        deep = [deep]
    source = outbox(
        tmp_path / "a",
        note(0),
        {"type": "Li\ud800ke"},
        note(1, id="n1\ud800"),
        note(2, content="<p>I like <![ brackets</p><p>and more</p>"),
        note(3, content=deep),
        note(4, content="&#" + "9" * 5_000 + "; of them"),
        note(5),
        likes={"orderedItems": ["https://x.example/\ud800", "https://x.example/2"]},
        actor={"preferredUsername": "an\ud83dna", "name": "\udfff"},
    )
    (tmp_path / "h").mkdir()
    corpus, notices = imported(tmp_path / "h", source)
    found = corpus.posts(["n0", "n1", "n2", "n4", "n5"])
    assert {id_: post.text for id_, post in found.items()} == {
        "n0": "a post, no. 0",
        "n1": "a post, no. 1",
        "n2": "I like\n\nand more",
        "n4": "\ufffd of them",
        "n5": "a post, no. 5",
    }
    assert [(n, code) for n, code, *_ in json.loads(notices)] == [
        (2, "not_a_post"),
        (5, "not_json"),
    ]
    liked = corpus.side_table("reactions")
    assert liked is not None and liked["post"].to_pylist() == [
        "https://x.example/",
        "https://x.example/2",
    ]
    assert found["n0"].user == "anna"


@pytest.mark.parametrize(
    "error",
    [
        ValueError("secret"),
        OverflowError("secret"),
        RecursionError("secret"),
        AssertionError("secret"),
        UnicodeEncodeError("utf-8", "secret", 0, 1, "secret"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_a_row_makes_python_raise_is_a_notice(
    error: Exception,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def clean(text: str) -> str | None:
        if "bad" in text:
            raise error
        return text

    monkeypatch.setattr(draft_builder, "clean_text", clean)
    bad = [json.dumps({"id": f"b{i}", "text": "a bad secret"}) for i in range(2)]
    (tmp_path / "t.jsonl").write_text("\n".join([GOOD[0], *bad, GOOD[1]]))
    mapping = {"id": ("id",), "text": ("text",)}
    with caplog.at_level(logging.ERROR):
        found = list(drafts(open_tree(tmp_path / "t.jsonl"), "jsonl", Options(mapping=mapping)))
    assert [item.post.id for item in found if isinstance(item, Draft)] == ["g0", "g1"]
    notices = [item for item in found if isinstance(item, Notice)]
    assert [(n.number, n.code, n.skips_row) for n in notices] == [
        (2, "bad_row", True),
        (3, "bad_row", True),
    ]
    assert notices[0].message.endswith(".") and "secret" not in notices[0].message
    (record,) = caplog.records  # one for all of them
    assert record.exc_info and "secret" not in record.getMessage()


def test_a_reaction_that_makes_python_raise_is_a_notice(tmp_path: Path) -> None:
    class Keys:
        def name(self, user: str) -> str:
            return user

        def id(self, post: str) -> str:
            if post == "p1":
                raise ValueError(post)
            return post

    source = outbox(tmp_path, *({"type": "Announce", "object": f"p{i}"} for i in range(3)))
    options = Options(pseudonymise=True, mapping={"id": ("id",)})
    found = list(drafts(open_tree(source), "mastodon", options, Keys()))  # type: ignore[arg-type]
    assert [item.post if isinstance(item, Reaction) else item.number for item in found] == [
        "p0",
        2,
        "p2",
    ]


@pytest.mark.parametrize("separator", ["ab", ";;", '"', "\n", "\r", "\0"])
def test_a_separator_is_one_character(separator: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,text\n1,hello there\n")
    with pytest.raises(KindredError) as error:
        check(open_tree(tmp_path / "t.csv"), Options(separator=separator))
    assert error.value.code == "bad_separator" and error.value.message.endswith(".")


def test_the_first_line_may_say_the_separator(tmp_path: Path) -> None:
    for said in ("sep=|", 'sep="'):  # a quote separates nothing: the line is left out
        lines = f"{said}\nid|text\n1|hello there, you\n2|good night, all\n"
        (tmp_path / "t.csv").write_text(lines)
        report = check(open_tree(tmp_path / "t.csv"), Options())
        assert report.usable == 2 and report.mapping == {"id": ("id",), "text": ("text",)}


def raw(text: str) -> str:
    return text


def spread(text: str) -> str:
    """Longer than what is read at a time."""
    return text.replace("3,", f"3,{'so long ' * 150_000}\r4,{'so long ' * 90_000}\r5,", 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1250"])
@pytest.mark.parametrize("made_", [raw, spread])
def test_lines_may_end_in_cr_alone(
    encoding: str, made_: Callable[[str], str], tmp_path: Path
) -> None:
    # In UTF-16 a č has the byte of a CR in it.
    text = made_('id,text\r1,hello there\r2,"dve řádky,\rči tři"\r3,good night\r')
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    source = open_tree(tmp_path / "t.csv")
    options = Options(encoding="windows-1250" if encoding == "cp1250" else "")
    report = check(source, options)
    found = [i for i in drafts(source, "csv", options) if isinstance(i, Draft)]
    last = "5" if made_ is spread else "3"
    assert [(d.number, d.post.id, d.post.text) for d in (*found[:2], found[-1])] == [
        (2, "1", "hello there"),
        (3, "2", "dve řádky,\nči tři"),
        (found[-1].number, last, "good night"),
    ]
    assert report.usable == 3 and report.rows == (5 if made_ is spread else 3)


def test_a_cr_within_a_line_is_none_of_its_ends(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b'id,text\n1,"one\rtwo"\n2,hello there\n')
    report = check(open_tree(tmp_path / "t.csv"), Options())
    assert [p.text for p in posts(tmp_path / "t.csv", report)] == ["one\ntwo", "hello there"]
