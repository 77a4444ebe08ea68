"""What is said of a source in a line, and of numbers, links and titles of its posts."""

from __future__ import annotations

from pathlib import Path

from backend.cli import main
from backend.corpus.label_numbers import are_numbers, number
from backend.ingest import Options, check, open_tree
from backend.ingest.summary import recognised, unread
from tests.backend.ingest import samples
from tests.backend.ingest.readers.platforms.sources import Read, written


def tweet(number: int, words: str, **more: object) -> dict[str, object]:
    return {
        "tweet": {
            "id_str": str(number),
            "full_text": words,
            "created_at": f"Thu Nov 17 23:34:{number:02d} +0000 2022",
            "entities": {"hashtags": [], "urls": []},
            "favorite_count": str(100 * number),
            **more,
        }
    }


def archive(folder: Path) -> Path:
    address = {"url": "https://t.co/x", "expanded_url": "https://long.example/a"}
    name = "https://pbs.twimg.com/media/Abc.jpg"
    shown = {"media": [{"media_url_https": name, "type": "photo"}]}
    tweets = [
        tweet(11, "See https://t.co/x", entities={"hashtags": [], "urls": [address]}),
        tweet(12, "A picture", extended_entities=shown),
    ]
    samples.picture(folder / "data" / "tweets_media" / "12-Abc.jpg")
    files = {
        "data/account.js": 'window.YTD.account.part0 = [{"account": {"username": "anna"}}]',
        "data/tweets.js": tweets,
        "data/direct-messages.js": [
            {"dmConversation": {"messages": [{"messageCreate": {"text": "psst"}}] * 3}}
        ],
        "data/notes.pdf": b"%PDF-1.4",
        "data/more.pdf": b"%PDF-1.4",
    }
    return written(folder, files)


def test_an_archive_in_a_line(tmp_path: Path, capsys: object) -> None:
    source = archive(tmp_path)
    report = check(open_tree(source), Options())
    assert recognised(report).startswith("X (Twitter) archive: 2 posts, 1 picture; ")
    assert recognised(report).endswith("left out")
    assert unread(report) == "2 files not read: data/more.pdf, data/notes.pdf"
    assert list(report.thumbnails) == ["12"]
    assert report.thumbnails["12"].startswith(b"\xff\xd8")
    assert "thumbnails" not in report.as_json()


def test_counts_and_links_of_tweets(tmp_path: Path) -> None:
    posts = {post.id: post for post in Read(archive(tmp_path)).posts}
    assert posts["11"].labels["likes"] == "1100"
    assert posts["11"].labels["links"] == "https://long.example/a"
    assert posts["11"].text == "See https://t.co/x"
    assert "links" not in posts["12"].labels


def test_counts_of_a_table(tmp_path: Path) -> None:
    table = "id;text;retweet_count;likes\n1;Hello my friends;1.204;7\n2;Good bye then;7;1,2K\n"
    first, second = Read(written(tmp_path, {"posts.csv": table})).posts
    assert first.labels == {"retweet_count": "1204", "likes": "7"}
    assert second.labels == {"retweet_count": "7", "likes": "1200"}
    assert are_numbers("likes", ["7", "1200"])


def test_grades_with_a_decimal_comma(tmp_path: Path) -> None:
    table = "id;texte;note moyenne\n" + "".join(
        f"{i};quelques mots ici {i};{i % 4 + 1},{i}\n" for i in range(20)
    )
    posts = Read(written(tmp_path, {"posts.csv": table.encode("cp1252")})).posts
    grades = [post.labels["note moyenne"] for post in posts]
    assert grades[:3] == ["1,0", "2,1", "3,2"]
    assert number(grades[1]) == 2.1
    assert are_numbers("note moyenne", grades)


def test_a_row_with_only_a_title_is_a_text_post(tmp_path: Path) -> None:
    samples.picture(tmp_path / "c.png")
    table = "id,title,text,image\na,Only a title,,\nb,A title,And a text,\nc,Of a picture,,c.png\n"
    read = Read(written(tmp_path, {"posts.csv": table}))
    assert read.texts == ["Only a title", "And a text", "Of a picture"]
    assert read.report.usable == 3


def test_columns_that_are_not_used_are_listed(tmp_path: Path, capsys: object) -> None:
    rows = "".join(f"{i},some words here {i},x{i}\n" for i in range(3))
    source = written(tmp_path / "s", {"posts.csv": "id,text,shoe size\n" + rows}) / "posts.csv"
    assert main(["ingest", str(source), "--check", "--corpus", "x"]) == 0
    said = capsys.readouterr().err  # type: ignore[attr-defined]
    assert "posts.csv: Table (CSV): 3 posts" in said
    assert "columns not used: shoe size" in said
