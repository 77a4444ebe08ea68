"""Columns are guessed by what they hold, and by names that people give them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from backend.domain import Post
from backend.ingest import Options, Report, check, open_tree
from backend.ingest.drafts import Draft, drafts
from backend.ingest.pseudonyms import Pseudonyms
from backend.ingest.readers.base import Row
from backend.ingest.readers.columns import guess


def read(tmp_path: Path, files: dict[str, str]) -> tuple[Report, list[Post]]:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    source = tmp_path / next(iter(files)) if len(files) == 1 else tmp_path
    tree = open_tree(source)
    report = check(tree, Options())
    found = drafts(tree, report.format, Options())
    return report, [item.post for item in found if isinstance(item, Draft)]


def lines(*rows: dict[str, Any]) -> str:
    return "\n".join(map(json.dumps, rows))


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        # Names that mislead: values decide.
        ("Status,no,Tweets,comment", "Sent,{i},What a day number {i},{i}", {"text": ("Tweets",)}),
        ("text,summary", "{i},Something was said here {i}", {"text": ("summary",)}),
        ("user_description,post", '"I love cats, dogs and you {i}",fine {i}', {"text": ("post",)}),
        ("time,text", "{i}.5,What is said in a film {i}", {"time": None}),
        ("title,image", "A cat that sleeps {i},{i}.jpg", {"text": ("title",), "title": None}),
        # The post's own before the author's, and the pictures of people are none of the post.
        ("avatar,text", "https://x.example/{i}.png,so it is {i}", {"image": None}),
        ("photo,text", "https://x.example/profile_images/{i}.jpg,so it is {i}", {"image": None}),
        ("joined,text", "2020-01-0{i},so it is {i}", {"time": None}),
        ("created,created_utc,text", "1556827629,1556820429,so {i} it is",
         {"time": ("created_utc",)}),
        ("date,hour,text", "2020-01-0{i},18:0{i},so {i} it is", {"time": ("date", "hour")}),
        ("annotator1,annotator2,majority,text", "a,b,a,so {i} it is",
         {"label": ("annotator1", "annotator2", "majority")}),
        ("airline_sentiment,airline_sentiment_confidence,text", "good,0.3,so {i} it is",
         {"label": ("airline_sentiment",)}),
        ("id,text,topic", "{i},so {i} it is,food", {"label": ("topic",)}),
        ("id,text,in_reply_to_id", "a{i},so {i} it is,b{i}", {"reply_to": ("in_reply_to_id",)}),
        ("text,parent_id", "so {i} it is,b{i}", {"reply_to": None}),
        ("Identifiant;Auteur;Commentaire", "{i};anna;c'est bien, {i}",
         {"id": ("Identifiant",), "user": ("Auteur",), "text": ("Commentaire",)}),
    ],
)  # fmt: skip
def test_columns(
    header: str, row: str, expected: dict[str, tuple[str, ...] | None], tmp_path: Path
) -> None:
    text = "\n".join([header, *(row.format(i=i) for i in range(1, 6))])
    report, _ = read(tmp_path, {"t.csv": text})
    assert {name: report.mapping.get(name) for name in expected} == expected


@pytest.mark.parametrize("pseudonymise", [False, True])
def test_answers_and_names_in_a_table_are_reactions(tmp_path: Path, pseudonymise: bool) -> None:
    rows = ["id,user,text,reply_to", "1,anna,The tram is late again,", "2,@ben,so it is,1"]
    rows += ["3,cleo,Ask @anna or mail me@x.example,2.0", "4,,who are you @anna,1"]
    (tmp_path / "t.csv").write_text("\n".join(rows))
    report, keys = check(open_tree(tmp_path / "t.csv"), Options()), Pseudonyms(b"k" * 32)
    assert report.mapping["reply_to"] == ("reply_to",) and report.reactions == 3
    options = Options(pseudonymise=pseudonymise)
    found = drafts(open_tree(tmp_path / "t.csv"), report.format, options, keys)
    reactions = [r for item in found if isinstance(item, Draft) for r in item.reactions]
    user = keys.name if pseudonymise else str
    post = keys.id if pseudonymise else str
    assert [(r.user, r.post, r.kind) for r in reactions] == [
        (user("ben"), post("1"), "reply"),
        (user("cleo"), post("2"), "reply"),
        (user("cleo"), f"@{user('anna')}", "mention"),
    ]


def test_of_an_object_of_the_author_nothing_is_of_the_post(tmp_path: Path) -> None:
    author = {"name": "Anna", "bio": "I love cats and dogs and all", "photo": "http://x/y.png"}
    rows = [
        {"id": i, "content": f"well {i}", "author": author | {"created_at": "2010-01-01"}}
        for i in range(3)
    ]
    report, posts = read(tmp_path, {"t.jsonl": lines(*rows)})
    assert report.mapping == {"id": ("id",), "text": ("content",), "user": ("author.name",)}
    assert posts[0].user == "Anna" and report.unused == [
        "author.bio", "author.photo", "author.created_at",
    ]  # fmt: skip


def test_ids_that_were_rounded_are_no_ids(tmp_path: Path) -> None:
    text = "id,text\n" + "".join(f"1.23457E+17,the post number {i}\n" for i in range(4))
    report, posts = read(tmp_path, {"t.csv": text})
    assert len(posts) == 4 and report.problems == {"ids_rounded": 1}
    assert report.notices[0].number == 0 and not report.notices[0].skips_row


def test_one_row_twice_leaves_the_ids_as_they_are(tmp_path: Path) -> None:
    rows = [f"{i},the post number {i}" for i in range(6)]
    report, posts = read(tmp_path, {"t.csv": "\n".join(["id,text", *rows, rows[2]])})
    assert [post.id for post in posts] == list("012345") and report.problems == {"duplicate_id": 1}


def test_an_id_that_repeats_late_is_the_author(tmp_path: Path) -> None:
    rows = [f"{1000 + i % 230},what {i} was said" for i in range(300)]
    report, posts = read(tmp_path, {"t.csv": "\n".join(["uid,content", *rows])})
    assert len(posts) == report.usable == 300 and posts[-1].user == "1069"


def test_an_id_of_many_rows_is_said_to_be_none(tmp_path: Path) -> None:
    rows = [f"{i % 150},what {i} was said" for i in range(300)]
    report, posts = read(tmp_path, {"t.csv": "\n".join(["post_id,content", *rows])})
    assert len(posts) == 300 and report.problems == {"ids_repeated": 1}


def test_times_that_are_not_used_are_told(tmp_path: Path) -> None:
    report, posts = read(tmp_path, {"t.csv": "posted,text\n2 days ago,so it is\njust now,ok then"})
    assert [post.time for post in posts] == [None, None]
    assert report.problems == {"time_not_used": 1} and "2 days ago" in report.notices[0].message


def test_tables_of_one_shape_are_one(tmp_path: Path) -> None:
    report, posts = read(
        tmp_path,
        {
            "train.csv": "id,text,label\n0,a fine day,1\n1,a sad day,0\n",
            "test.csv": "id,text\n0,another fine day\n1,another sad day\n",
            "authors.csv": "key,bio\n0,I love cats and dogs and everything\n",
        },
    )
    assert {post.id: post.labels["split"] for post in posts} == {
        "train/0": "train", "train/1": "train", "test/0": "test", "test/1": "test",
    }  # fmt: skip
    assert [name for name, _ in report.refused] == ["authors.csv"]


def test_the_same_post_in_two_tables_is_one(tmp_path: Path) -> None:
    report, posts = read(
        tmp_path,
        {"a.csv": "id,text\n7,a fine day\n8,a sad day\n", "b.csv": "id,text\n8,a sad day\n9,so\n"},
    )
    assert sorted(post.id for post in posts) == ["7", "8", "9"]
    assert report.problems == {"duplicate_id": 1}


def test_a_table_without_names_says_that_it_is_guessed(tmp_path: Path) -> None:
    text = "10001\t2020-01-01 18:00:00\tanna\tWhat a day it was\n10002\t2020-01-02 18:00:00\tbob\tSo sad today\n"  # noqa: E501
    report, posts = read(tmp_path, {"t.tsv": text})
    assert posts[1].id == "10002" and posts[1].user == "bob" and posts[1].text == "So sad today"
    assert report.problems == {"columns_guessed": 1}


def test_files_are_found_by_the_longest_ending(tmp_path: Path) -> None:
    from PIL import Image

    for i, name in enumerate(
        ["data/x/1.png", "data/y/1.png", "data/y/2.png", "data/Fußball é.png"]
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (40 * i, 0, 0)).save(tmp_path / name)
    tree = open_tree(tmp_path)
    found = {
        "x/1.png": "data/x/1.png", "C:\\me\\y\\1.png": "data/y/1.png", "Y/2.PNG": "data/y/2.png",
        "2.png": "data/y/2.png", "Fußball e\u0301.png": "data/Fußball é.png",
        "Fu%C3%9Fball%20%C3%A9.png": "data/Fußball é.png",
        "1.png": "several_media", "z/2.png": "no_media", "/home/me/z/2.png": "no_media",
        "x/2.png": "no_media",
    }  # fmt: skip

    def find(path: str) -> str:
        try:
            return tree.find(path, "posts.csv")
        except Exception as error:
            return str(getattr(error, "code", error))

    assert {path: find(path) for path in found} == found


@pytest.mark.parametrize(
    ("text", "user"),
    [("本文", "投稿者"), ("內容", "用戶"), ("treść", "użytkownik"), ("yorum", "yazar")],
)
def test_texts_and_authors_in_other_languages(text: str, user: str) -> None:
    rows = [
        Row(i, {"x": i, text: f"今日はとても良い天気です{i}", user: who})
        for i, who in ((1, "太郎"), (2, "花子"))
    ]
    mapping = guess(["x", text, user], rows)
    assert mapping["user"] == (user,) and mapping["text"] == (text,)
