"""Tweets from the archive, the APIs and collectors."""

from __future__ import annotations

import json
from pathlib import Path

from backend.domain import Reaction
from tests.backend.ingest import samples
from tests.backend.ingest.readers.platforms.sources import Read, written

WHEN = "Sat Mar 04 18:05:06 +0000 2023"


def tweet(id_: str, text: str, **more: object) -> dict[str, object]:
    facts = {"id_str": id_, "id": id_, "full_text": text, "created_at": WHEN, "lang": "en"}
    return facts | {"entities": {"hashtags": [], "user_mentions": [], "urls": []}} | more


def script(name: str, items: list[object]) -> str:
    return f"window.YTD.{name} = {json.dumps(items, indent=1)}"


def archive(folder: Path) -> Path:
    photo = {"media_url_https": "https://pbs.twimg.com/media/Kat.jpg", "type": "photo"}
    written(
        folder,
        {
            "Your archive.html": "<html></html>",
            "data/account.js": script(
                "account.part0", [{"account": {"username": "mara", "accountDisplayName": "Mara"}}]
            ),
            "data/tweets.js": script(
                "tweets.part0",
                [
                    {"tweet": tweet("71", "Rain &amp; wind", extended_entities={"media": [photo]})},
                    {"tweet": tweet("72", "A long tweet that was cut at the very end of it …")},
                    {
                        "tweet": tweet(
                            "73",
                            "@otto yes #sea",
                            in_reply_to_status_id_str="9",
                            entities={
                                "hashtags": [{"text": "sea"}],
                                "user_mentions": [{"screen_name": "otto"}],
                                "urls": [{"expanded_url": "https://twitter.com/otto/status/8"}],
                            },
                        )
                    },
                ],
            ),
            "data/tweets-part1.js": script("tweets.part1", [{"tweet": tweet("74", "Part two")}]),
            "data/note-tweet.js": script(
                "note_tweet.part0",
                [
                    {
                        "noteTweet": {
                            "noteTweetId": "5",
                            "createdAt": "2023-03-04T18:05:06.000Z",
                            "core": {
                                "text": "A long tweet that was cut at the very end of it goes on",
                                "hashtags": [{"text": "long"}],
                            },
                        }
                    }
                ],
            ),
            "data/like.js": script("like.part0", [{"like": {"tweetId": "5", "fullText": "No"}}]),
            "data/direct-messages.js": script(
                "direct_messages.part0",
                [{"dmConversation": {"messages": [{"messageCreate": {"text": "psst"}}] * 3}}],
            ),
            "data/deleted-tweets.js": script(
                "deleted_tweets.part0", [{"tweet": tweet("75", "Gone for good")}]
            ),
            "data/ad-engagements.js": script("ad_engagements.part0", []),
        },
    )
    samples.picture(folder / "data/tweets_media/71-Kat.jpg", 1)
    for i in range(4):
        samples.picture(folder / f"data/profile_media/{i}.jpg", i)
    return folder


def test_an_archive_in_a_folder_and_in_a_zip(tmp_path: Path) -> None:
    folder = archive(tmp_path / "twitter")
    for source in (folder, samples.zipped(folder, tmp_path / "twitter.zip")):
        read = Read(source)
        assert read.report.format == "x-archive"
        assert read.texts == [
            "Part two",
            "Rain & wind",
            "A long tweet that was cut at the very end of it goes on",
            "@otto yes #sea",
        ]
        assert read.pictures() == ["", "data/tweets_media/71-Kat.jpg", "", ""]
        assert {post.user for post in read.posts} == {"mara"}
        assert read.drafts[0].user and read.drafts[0].user.name == "Mara"
        assert [post.tags for post in read.posts] == [(), (), ("long",), ("sea",)]
        assert {(r.post, r.kind) for r in read.reactions} == {
            ("5", "like"),
            ("9", "reply"),
            ("8", "quote"),
            ("@otto", "mention"),
        }
        assert read.left == {"direct messages, which are private": 3, "deleted posts": 1}
        refused = dict(read.report.refused)
        assert "not read" in refused["data/ad-engagements.js"]
        assert "not read" in refused["data/profile_media/1.jpg"]
        assert read.report.unread == 6


def test_tweets_alone_say_that_their_pictures_are_missing(tmp_path: Path) -> None:
    archive(tmp_path / "whole")
    name = tmp_path / "tweets.js"
    name.write_bytes((tmp_path / "whole/data/tweets.js").read_bytes())
    read = Read(name)
    assert len(read.posts) == 3 and read.pictures() == ["", "", ""]
    assert read.report.problems["not_fetched"] == 1


def test_an_archive_of_old_without_wrappers(tmp_path: Path) -> None:
    items = [tweet("1", "Old times") | {"text": "Old times", "favorite_count": "3"}]
    written(tmp_path / "a", {"data/tweet.js": script("tweet.part0", list(items))})
    (post,) = Read(tmp_path / "a").posts
    assert (post.id, post.text, post.labels["likes"]) == ("1", "Old times", "3")
    months = f"Grailbird.data.tweets_2012_03 =\n {json.dumps(items)}"
    written(tmp_path / "b", {"data/js/tweets/2012_03.js": months})
    assert Read(tmp_path / "b").texts == ["Old times"]


def test_the_first_api(tmp_path: Path) -> None:
    user = {"screen_name": "ida", "name": "Ida", "description": "I like long bios", "lang": "de"}
    original = tweet("8", "Said by somebody else, at length") | {"user": {"screen_name": "bo"}}
    rows = [
        tweet("1", "Cut…", truncated=True, lang="und")
        | {"user": user, "extended_tweet": {"full_text": "Cut no more, all of it"}},
        tweet("2", "RT @bo: Said by…") | {"user": user, "retweeted_status": original},
        tweet("3", "Look", quoted_status_id_str="8") | {"user": user},
    ]
    whole = tmp_path / "t.jsonl"
    samples.lines(whole, rows)
    wrapped = written(tmp_path / "w", {"search.json": {"statuses": rows, "search_metadata": {}}})
    for source in (whole, wrapped / "search.json"):
        read = Read(source)
        assert read.texts == [
            "Cut no more, all of it",
            "RT @bo: Said by somebody else, at length",
            "Look",
        ]
        assert {post.user for post in read.posts} == {"ida"}
        assert {(r.user, r.post, r.kind) for r in read.reactions} == {
            ("ida", "8", "share"),
            ("ida", "8", "quote"),
        }


def page(*ids: str) -> dict[str, object]:
    data = [
        {"id": i, "text": f"Tweet {i} here", "author_id": "5", "created_at": "2022-01-02T03:04:05Z"}
        for i in ids
    ]
    data[0]["referenced_tweets"] = [{"type": "replied_to", "id": "99"}]  # type: ignore[assignment]
    data[0]["public_metrics"] = {"like_count": 1200, "retweet_count": 4}  # type: ignore[assignment]
    users = [{"id": "5", "username": "uma", "name": "Uma"}]
    quoted = [{"id": "99", "text": "Not ours", "author_id": "6", "created_at": "2022-01-01"}]
    return {"data": data, "includes": {"users": users, "tweets": quoted}, "meta": {"n": 2}}


def test_pages_of_the_second_api(tmp_path: Path) -> None:
    one = written(tmp_path / "1", {"p.json": json.dumps(page("11", "12"), indent=2)})
    many = tmp_path / "many.jsonl"
    samples.lines(many, [page("11", "12"), page("13")])
    single = tmp_path / "stream.jsonl"
    samples.lines(single, [{"data": page("11")["data"][0]}])  # type: ignore[index]
    assert Read(one / "p.json").texts == ["Tweet 11 here", "Tweet 12 here"]
    read = Read(many)
    assert [post.id for post in read.posts] == ["11", "12", "13"]
    assert {(p.user, d.user.name) for p, d in zip(read.posts, read.drafts) if d.user} == {  # noqa: B905
        ("uma", "Uma")
    }
    assert Reaction("uma", "99", "reply") in read.reactions
    assert read.posts[0].labels == {"likes": "1200", "shares": "4"}
    assert read.left == {}  # the includes say more about the tweets: nothing is lost
    assert Read(single).texts == ["Tweet 11 here"]


def test_a_table_of_snscrape_shows_its_authors_as_python_does(tmp_path: Path) -> None:
    user = "{'username': 'bob', 'displayname': \"Bob O'Neil\", 'description': 'a bio'}"
    table = "id,date,rawContent,user,likeCount,retweetCount\n"
    table += f'15,2021-03-15 16:05:06+00:00,Raw words,"{user.replace(chr(34), chr(34) * 2)}",33,2\n'
    (draft,) = Read(written(tmp_path, {"t.csv": table})).drafts
    assert draft.post.user == "bob"
    assert draft.user is not None and draft.user.name == "Bob O'Neil"
    assert draft.post.labels["likes"] == "33"


def test_snscrape(tmp_path: Path) -> None:
    row = {
        "_type": "snscrape.modules.twitter.Tweet",
        "id": 15,
        "date": "2022-01-02T03:04:05+00:00",
        "rawContent": "Snow &amp; ice",
        "renderedContent": "Snow & ice",
        "user": {
            "username": "jo",
            "rawDescription": "bio of jo",
            "profileImageUrl": "https://x/p.jpg",
        },
        "hashtags": None,
        "inReplyToTweetId": 14,
        "likeCount": 2,
    }
    samples.lines(tmp_path / "s.jsonl", [row, row | {"id": 16, "rawContent": "Thaw #soon"}])
    read = Read(tmp_path / "s.jsonl")
    assert read.texts == ["Snow & ice", "Thaw #soon"] and read.posts[1].tags == ("soon",)
    assert [post.user for post in read.posts] == ["jo", "jo"]
    assert read.report.problems == {} and read.posts[0].labels == {"likes": "2"}
