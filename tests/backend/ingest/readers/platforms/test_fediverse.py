"""Mastodon's API, Pleroma, Misskey and Bluesky."""

from __future__ import annotations

import hashlib
import tracemalloc
from pathlib import Path

import libipld
import pytest

from backend.domain import Reaction
from backend.ingest.readers.platforms import bluesky_car, car_blocks
from tests.backend.ingest import samples
from tests.backend.ingest.readers.platforms.sources import Read, written


def status(id_: str, content: str, **more: object) -> dict[str, object]:
    account = {"id": "4", "username": "kai", "acct": "kai@toot.example", "display_name": "Kai"}
    account |= {"avatar": "https://toot.example/a.png", "note": "<p>bio of kai</p>"}
    said = {"id": id_, "created_at": "2022-02-03T04:05:06Z", "visibility": "public"}
    said |= {"content": content, "account": account, "reblog": None, "language": "nl"}
    return said | {"uri": f"https://toot.example/{id_}", "media_attachments": [], "tags": []} | more


def test_statuses(tmp_path: Path) -> None:
    tag = {"name": "zee"}
    rows = [
        status("1", "<p>Dag &amp; nacht</p><p>op <a>#<span>zee</span></a></p>", tags=[tag]),
        status("2", "<p>geheim</p>", visibility="direct"),
        status("3", "<p>x</p>", reblog=status("9", "<p>van een ander</p>")),
        status("4", "<p>Kies</p>", poll={"options": [{"title": "A"}, {"title": "B"}]}),
        status("5", "<p>ja</p>", in_reply_to_id="1", spoiler_text="eten"),
    ]
    for source in (samples.lines(tmp_path / "s.jsonl", rows), tmp_path / "s.json"):
        written(tmp_path, {"s.json": rows})
        read = Read(source)
        assert read.texts == ["Dag & nacht\n\nop #zee", "Kies\nA\nB", "ja"]
        assert read.posts[0].tags == ("zee",) and read.posts[2].title == "eten"
        assert {p.user for p in read.posts} == {"kai@toot.example"}
        assert {(r.post, r.kind) for r in read.reactions} == {("9", "share"), ("1", "reply")}
        assert read.left == {"direct posts, which are private": 1}


def test_an_outbox_whose_addresses_are_in_lists(tmp_path: Path) -> None:
    public = "https://www.w3.org/ns/activitystreams#Public"
    link = [{"href": "https://pl.example/media/ab/p.png?name=p", "mediaType": "image/png"}]
    lost = [{"href": "https://pl.example/media/gone.png", "mediaType": "image/png"}]

    def create(n: int, **more: object) -> dict[str, object]:
        note = {"id": f"https://pl.example/o/{n}", "type": "Note", "to": [public], "content": "hi"}
        return {"type": "Create", "id": f"a{n}", "object": note | more}

    items = [
        create(1, attachment=[{"type": "Document", "url": link}]),
        create(2, type="Question", content="Which?", anyOf=[{"name": "One"}, {"name": "Two"}]),
        create(3, attachment=[{"type": "Document", "url": lost}]),
    ]
    box = {"type": "OrderedCollection", "orderedItems": items}
    folder = written(tmp_path, {"outbox.json": box, "actor.json": {"preferredUsername": "pia"}})
    samples.picture(folder / "media/ab/p.png")
    read = Read(folder)
    assert read.texts == ["hi", "Which?\nOne\nTwo", "hi"]
    assert read.pictures() == ["media/ab/p.png", "", ""]
    assert read.report.problems == {"not_fetched": 1}


def test_notes(tmp_path: Path) -> None:
    def note(id_: str, text: str | None, **more: object) -> dict[str, object]:
        said = {"id": id_, "text": text, "createdAt": "2022-02-03T04:05:06.000Z", "fileIds": []}
        return said | {"visibility": "public", "renoteId": None, "cw": None} | more

    rows = [
        note("a", "good morning #cafe"),
        note("b", "only for you", visibility="specified"),
        note("c", None, renoteId="z", user={"username": "mi", "host": None}),
        note("d", None, poll={"choices": [{"text": "Yes"}]}),
    ]
    read = Read(written(tmp_path, {"notes.json": rows}) / "notes.json")
    assert read.texts == ["good morning #cafe", "Yes"] and read.posts[0].tags == ("cafe",)
    assert read.left == {"direct notes, which are private": 1}
    assert read.reactions == [Reaction("mi", "z", "share")]


DID = "did:plc:xyz"


def record(text: str, **more: object) -> dict[str, object]:
    said = {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2024-05-06T07:08:09.1Z"}
    return said | {"langs": ["pt-BR"]} | more


def view(key: str, text: str, **more: object) -> dict[str, object]:
    author = {"did": DID, "handle": "rui.bsky.social", "displayName": "Rui"}
    return {
        "uri": f"at://{DID}/app.bsky.feed.post/{key}",
        "author": author | {"avatar": "https://cdn.example/avatar.jpg"},
        "record": record(text, **more),
        "likeCount": 4,
    }


@pytest.mark.parametrize(
    "told",
    [
        [{"post": view("k1", "olá #mar")}, {"post": view("k2", "tchau")}],
        {"feed": [{"post": view("k1", "olá #mar")}, {"post": view("k2", "tchau")}], "cursor": "x"},
        {"posts": [view("k1", "olá #mar"), view("k2", "tchau")]},
        {
            "records": [
                {"uri": f"at://{DID}/app.bsky.feed.post/{k}", "cid": "b", "value": record(text)}
                for k, text in (("k1", "olá #mar"), ("k2", "tchau"))
            ]
        },
        [
            {
                "did": DID,
                "kind": "commit",
                "commit": {
                    "operation": "create",
                    "collection": "app.bsky.feed.post",
                    "rkey": k,
                    "record": record(text),
                },
            }
            for k, text in (("k1", "olá #mar"), ("k2", "tchau"))
        ],
    ],
    ids=["list", "feed", "search", "records", "firehose"],
)
def test_bluesky(told: object, tmp_path: Path) -> None:
    read = Read(written(tmp_path, {"b.json": told}) / "b.json")
    assert read.report.format == "bluesky" and read.texts == ["olá #mar", "tchau"]
    assert read.posts[0].id == f"at://{DID}/app.bsky.feed.post/k1"
    assert read.posts[0].language == "pt" and read.posts[0].tags == ("mar",)
    assert read.posts[0].user in ("rui.bsky.social", DID)
    assert read.report.problems == {} and read.when()[0] == "2024-05-06T07:08:09"


def block(value: object) -> tuple[bytes, bytes]:
    data = value if isinstance(value, bytes) else libipld.encode_dag_cbor(value)
    return b"\x01\x71\x12\x20" + hashlib.sha256(data).digest(), data


def varint(number: int) -> bytes:
    made = b""
    while number > 127:
        made, number = made + bytes([number & 127 | 128]), number >> 7
    return made + bytes([number])


def car(*blocks: tuple[bytes, bytes]) -> bytes:
    """A repository whose first block is its commit."""
    header = libipld.encode_dag_cbor({"roots": [blocks[0][0]], "version": 1})
    parts = [header, *(cid + data for cid, data in blocks)]
    return b"".join(varint(len(part)) + part for part in parts)


def test_a_small_repository_takes_little_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a file of empty lists every byte becomes a list of 56."""
    count = 2**19
    monkeypatch.setattr(bluesky_car, "_BYTES", 2**22)  # which reading asks for at once
    lists = block(b"\x9a" + count.to_bytes(4, "big") + b"\x80" * count)
    twin = block(b"\x9a" + count.to_bytes(4, "big") + b"\x80" * (count - 1) + b"\xa0")
    one = block(record("primeiro"))
    entries = [
        {"k": b"app.bsky.feed.post/%d" % n, "p": 0, "v": each[0], "t": None}
        for n, each in enumerate((lists, twin, one))
    ]
    node = block({"l": None, "e": entries})
    commit = block({"did": DID, "version": 3, "data": node[0]})
    (tmp_path / "repo.car").write_bytes(car(commit, node, lists, twin, one))
    tracemalloc.start()
    try:
        read = Read(tmp_path / "repo.car")
        assert tracemalloc.get_traced_memory()[1] < 100 * count
    finally:
        tracemalloc.stop()
    assert read.texts == ["primeiro"]


def test_a_record_that_stands_for_all_is_not_decoded_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(car_blocks, "_SPARE", 0)
    one = block(record("x" * 9_000))
    entries = [
        {"k": b"app.bsky.feed.post/%d" % n, "p": 0, "v": one[0], "t": None} for n in range(50)
    ]
    node = block({"l": None, "e": entries})
    commit = block({"did": DID, "version": 3, "data": node[0]})
    (tmp_path / "repo.car").write_bytes(car(commit, node, one))
    assert 1 <= len(Read(tmp_path / "repo.car").texts) < 20


def test_the_repository_of_an_account(tmp_path: Path) -> None:
    one, two = block(record("primeiro")), block(record("segundo"))
    like = block(
        {"$type": "app.bsky.feed.like", "subject": {"uri": "at://a/b/c"}, "createdAt": "2024"}
    )
    entries = [
        {"k": b"app.bsky.feed.like/k0", "p": 0, "v": like[0], "t": None},
        {"k": b"post/k1", "p": 14, "v": one[0], "t": None},
        {"k": b"2", "p": 20, "v": two[0], "t": None},
        {"k": b"app.bsky.graph.follow/k3", "p": 0, "v": like[0][:-1] + b"x", "t": None},
    ]
    node = block({"l": None, "e": entries})
    commit = block({"did": DID, "version": 3, "data": node[0]})
    data = car(commit, node, one, two, like)
    (tmp_path / "repo.car").write_bytes(data)
    read = Read(tmp_path / "repo.car")
    assert read.report.format == "bluesky-car"
    assert read.texts == ["primeiro", "segundo"]
    assert [p.id.rpartition("/")[2] for p in read.posts] == ["k1", "k2"]
    assert read.reactions == [Reaction(DID, "at://a/b/c", "like")]
    assert read.left == {"records of app.bsky.graph.follow": 1}
    (tmp_path / "cut.car").write_bytes(data[: len(data) // 3])
    with pytest.raises(Exception, match="export it again"):
        Read(tmp_path / "cut.car")
