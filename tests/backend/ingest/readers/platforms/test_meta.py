"""Instagram, Facebook and Threads."""

from __future__ import annotations

from pathlib import Path

from tests.backend.ingest import samples
from tests.backend.ingest.readers.platforms.sources import Read, written

SECONDS = 1650000000  # 2022-04-15T05:20:00Z


def meta(text: str) -> str:
    """Write a text as Meta does: each byte of its UTF-8 as a character."""
    return text.encode("utf-8").decode("latin-1")


def picture(uri: str, text: str = "", at: int = SECONDS) -> dict[str, object]:
    return {"uri": uri, "creation_timestamp": at, "title": meta(text)}


def test_instagram(tmp_path: Path) -> None:
    comment = {"Comment": {"value": meta("Schön!")}, "Time": {"timestamp": SECONDS}}
    person = {"Username": {"value": "lotte"}, "Name": {"value": meta("Lötte")}}
    files: dict[str, object] = {
        "your_instagram_activity/media/posts_1.json": [
            {"media": [picture("media/posts/1.jpg", "Früh am See 🌊 #früh")]},
            {
                "media": [picture("media/posts/1.jpg"), picture("media/posts/2.jpg")],
                "title": meta("Zwei Bilder"),
                "creation_timestamp": SECONDS,
            },
        ],
        "your_instagram_activity/media/stories.json": {
            "ig_stories": [picture("media/stories/3.jpg", "Später")]
        },
        "your_instagram_activity/media/profile_photos.json": {
            "ig_profile_picture": [picture("media/other/me.jpg")]
        },
        "your_instagram_activity/media/archived_posts.json": {
            "ig_archived_post_media": [{"media": [picture("media/posts/9.jpg", "weg")]}]
        },
        "your_instagram_activity/comments/post_comments_1.json": [
            {"media_list_data": [{"uri": ""}], "string_map_data": comment}
        ],
        "your_instagram_activity/messages/inbox/otto_1/message_1.json": {
            "participants": [{"name": "Otto"}],
            "messages": [{"sender_name": "Otto", "timestamp_ms": 1, "content": "psst"}] * 4,
        },
        "personal_information/personal_information.json": {
            "profile_user": [{"string_map_data": person}]
        },
    }
    folder = written(tmp_path / "ig", files)
    for i in (1, 2):
        samples.picture(folder / f"media/posts/{i}.jpg", i)
    samples.picture(folder / "media/stories/3.jpg", 3)
    samples.picture(folder / "media/other/me.jpg", 4)
    read = Read(samples.zipped(folder, tmp_path / "instagram.zip"))
    assert read.report.format == "meta"
    assert sorted(map(str, read.texts)) == [
        "Früh am See 🌊 #früh",
        "Schön!",
        "Später",
        "Zwei Bilder",
    ]
    by_text = {p.text: (p, d) for p, d in zip(read.posts, read.drafts, strict=True)}
    post, draft = by_text["Früh am See 🌊 #früh"]
    assert (post.tags, post.user) == (("früh",), "lotte")
    assert draft.user and draft.user.name == "Lötte"
    assert post.time and post.time.timestamp() == SECONDS
    assert draft.image and draft.image.name == "media/posts/1.jpg"
    assert read.report.problems == {"more_media": 1}
    assert read.left == {
        "private messages": 4,
        "portraits": 1,
        "posts that were archived, deleted or never sent": 1,
    }


def test_facebook(tmp_path: Path) -> None:
    posts = [
        {
            "timestamp": SECONDS,
            "data": [{"post": meta("Grüße an alle"), "update_timestamp": 1}],
            "title": "Lotte updated her status.",
        },
        {
            "timestamp": SECONDS,
            "data": [],
            "attachments": [
                {"data": [{"media": picture("photos/a.jpg") | {"description": meta("Süß")}}]}
            ],
        },
        {"timestamp": SECONDS, "title": "Lotte likes a page."},
    ]
    said = {"timestamp": SECONDS, "comment": meta("Très beau"), "author": "Lotte B"}
    comments = {"comments_v2": [{"timestamp": SECONDS, "data": [{"comment": said}]}]}
    folder = written(
        tmp_path,
        {
            "posts/your_posts_1.json": posts,
            "comments_and_reactions/comments.json": comments,
            "profile_information/profile_information.json": {
                "profile_v2": {"name": {"full_name": "Lotte B"}}
            },
        },
    )
    samples.picture(folder / "photos/a.jpg")
    read = Read(folder)
    assert sorted(map(str, read.texts)) == ["Grüße an alle", "Süß", "Très beau"]
    assert {p.user for p in read.posts} == {"Lotte B"}
    assert read.left == {"items that are no posts": 1}
    assert [n for n in read.pictures() if n] == ["photos/a.jpg"]


def test_threads_and_an_old_instagram(tmp_path: Path) -> None:
    threads = {
        "text_post_app_text_posts": [
            {"media": [{"uri": "", "creation_timestamp": SECONDS, "title": meta("Naïve #idée")}]}
        ]
    }
    read = Read(written(tmp_path / "t", {"threads_and_replies.json": threads}))
    assert read.texts == ["Naïve #idée"] and read.posts[0].tags == ("idée",)
    old = {
        "photos": [{"caption": "Old", "taken_at": "2018-01-02T03:04:05", "path": "photos/1.jpg"}],
        "profile": [{"caption": "", "taken_at": "2018-01-02T03:04:05", "path": "profile/1.jpg"}],
        "direct": [{"taken_at": "2018-01-02T03:04:05", "path": "direct/1.jpg"}],
    }
    folder = written(tmp_path / "o", {"media.json": old})
    samples.picture(folder / "photos/1.jpg")
    read = Read(folder)
    assert read.texts == ["Old"] and read.when() == ["2018-01-02T03:04:05"]
    assert sum(read.left.values()) == 2


def test_texts_turn_back_in_any_json(tmp_path: Path) -> None:
    rows = [{"id": "1", "author": "Zoé", "text": meta("Déjà vu, très bien fait 😀")}]
    samples.lines(tmp_path / "a.jsonl", rows)
    (post,) = Read(tmp_path / "a.jsonl").posts
    assert (post.user, post.text) == ("Zoé", "Déjà vu, très bien fait 😀")
