"""Reddit, YouTube, TikTok, LinkedIn, Tumblr, Weibo, VK and CrowdTangle."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backend.domain import Reaction
from tests.backend.ingest import samples
from tests.backend.ingest.readers.platforms.sources import Read, written


def test_dumps_of_reddit(tmp_path: Path) -> None:
    post = {"id": "p1", "author": "ola", "title": "A &amp; B", "selftext": "", "subreddit": "x"}
    post |= {"created_utc": 1600000000, "score": 5, "num_comments": 2, "url": "https://i/x.png"}
    gone = post | {"id": "p2", "author": "[deleted]", "selftext": "[removed]"}
    said = {"id": "c1", "author": "ola", "body": "yes &gt; no", "subreddit": "x", "score": 1}
    said |= {"created_utc": "1600000000", "parent_id": "t3_p1", "link_id": "t3_p1"}
    rows = [post, gone, said, said | {"id": "c2", "body": "[deleted]"}]
    samples.lines(tmp_path / "r.ndjson", rows)
    listing = {"kind": "Listing", "data": {"children": [{"kind": "t3", "data": r} for r in rows]}}
    written(tmp_path, {"api.json": listing})
    for name in ("r.ndjson", "api.json"):
        read = Read(tmp_path / name)
        assert read.texts == ["A & B", "yes > no"]
        assert [p.id for p in read.posts] == ["t3_p1", "t1_c1"]
        assert read.posts[0].labels["subreddit"] == "x"
        assert read.reactions == [Reaction("ola", "t3_p1", "reply")]
        assert read.left == {"deleted or removed posts": 2}
        assert read.report.problems == {"not_fetched": 1}


def test_the_data_that_reddit_sends(tmp_path: Path) -> None:
    files: dict[str, object] = {
        "posts.csv": "id,permalink,date,ip,subreddit,gildings,title,url,body\n"
        "p1,https://r.example/p1/,2021-02-03 04:05:06 UTC,10.1.1.1,x,0,Title,,Body\n",
        "comments.csv": "id,permalink,date,ip,subreddit,gildings,link,parent,body,media\n"
        "c1,https://r.example/c1/,2021-02-03 04:05:06 UTC,10.1.1.1,x,0,l,p9,Words,\n",
        "messages.csv": "id,date,from,to,subject,body\nm1,d,a,b,s,psst\nm2,d,a,b,s,x\n",
        "statistics.csv": "statistic,value\naccount name,ola\nemail verified,True\n",
        "ip_logs.csv": "date,ip\n2021-02-03,10.1.1.1\n",
    }
    read = Read(samples.zipped(written(tmp_path / "r", files), tmp_path / "r.zip"))
    assert sorted((p.title or "", p.text or "") for p in read.posts) == [
        ("", "Words"),
        ("Title", "Body"),
    ]
    assert {p.user for p in read.posts} == {"ola"} and set(read.when()) == {"2021-02-03T04:05:06"}
    assert read.left == {"private messages": 2, "private facts about the account": 1}
    assert "10.1.1.1" not in repr(read.posts)


PIECES = '{"text":"Nice "},{"text":"@ada","mention":{"externalChannelId":"UC1"}},{"text":" one"}'


@pytest.mark.parametrize(
    "header",
    [
        "Comment ID,Channel ID,Comment Create Timestamp,Price,Parent Comment ID,Video ID,"
        "Comment Text,Top-Level Comment ID",
        "Kommentar-ID,Kanal-ID,Zeitstempel der Erstellung,Preis,ID des Kommentars darüber,"
        "Video-ID,Kommentartext,ID ganz oben",
    ],
)
def test_takeout_of_youtube_in_any_language(header: str, tmp_path: Path) -> None:
    quoted = PIECES.replace('"', '""')
    row = f'Ugx1,UCada00,2021-03-15T16:00:06.000000+00:00,0,,vid,"{quoted}",\n'
    history = [{"header": "YouTube", "title": "Watched", "titleUrl": "x", "time": "2021"}]
    files = {"YouTube/comments/comments.csv": f"{header}\n{row}"}
    folder = written(tmp_path, {**files, "YouTube/history/watch-history.json": history})
    read = Read(folder)
    (post,) = read.posts
    assert (post.id, post.user, post.text) == ("Ugx1", "UCada00", "Nice @ada one")
    assert read.when() == ["2021-03-15T16:00:06"]
    assert read.left == {"videos watched and searches, which are private": 1}


def test_comments_of_youtube_from_elsewhere(tmp_path: Path) -> None:
    said = {"cid": "Ug1", "text": "First!", "time": "2 years ago", "author": "@eve"}
    said |= {"channel": "UCeve", "votes": "1.2K", "photo": "https://x/p.jpg", "reply": False}
    rows = [said | {"time_parsed": 1600000000.5}, said | {"cid": "Ug1.9", "text": "Reply"}]
    read = Read(samples.lines(tmp_path / "d.json", rows))
    assert read.texts == ["First!", "Reply"] and read.when()[0] == "2020-09-13T12:26:40"
    assert read.posts[0].labels["likes"] == "1200"
    assert read.reactions == [Reaction("UCeve", "Ug1", "reply")]
    snippet = {"textOriginal": "Hear hear", "authorDisplayName": "Eve", "publishedAt": "2020-01-02"}
    top = {"kind": "youtube#comment", "id": "Ug2", "snippet": snippet}
    thread = {"kind": "youtube#commentThread", "id": "Ug2", "snippet": {"topLevelComment": top}}
    page = {"kind": "youtube#commentThreadListResponse", "items": [thread]}
    read = Read(written(tmp_path / "api", {"page.json": page}) / "page.json")
    assert read.texts == ["Hear hear"] and read.posts[0].user == "Eve"


def test_tiktok(tmp_path: Path) -> None:
    told = {
        "Comment": {
            "Comments": {"CommentsList": [{"date": "2022-01-02 03:04:05", "comment": "ha #x"}]}
        },
        "Direct Messages": {
            "Chat History": {"ChatHistory": {"Chat with z:": [{"Date": "1", "Content": "psst"}]}}
        },
        "Video": {
            "Videos": {
                "VideoList": [
                    {"Date": "2022-01-03 03:04:05", "Link": "https://t/1", "Title": "My cat"},
                    {"Date": "2022-01-03 03:04:05", "Link": "https://t/2"},
                ]
            }
        },
        "Activity": {
            "Video Browsing History": {"VideoList": [{"Date": "1", "Link": "https://t/9"}] * 3}
        },
    }
    read = Read(written(tmp_path, {"user_data.json": told}) / "user_data.json")
    assert read.texts == ["ha #x", "My cat"] and read.posts[0].tags == ("x",)
    assert read.left["direct messages, which are private"] == 1
    assert read.left["videos without words or a file"] == 1
    assert read.left["items of “Activity › Video Browsing History › VideoList”"] == 3
    video = {"id": "7", "desc": "Dance", "createTime": 1600000000, "stats": {"diggCount": 3}}
    video |= {"author": {"uniqueId": "bo", "nickname": "Bo"}, "challenges": [{"title": "fyp"}]}
    read = Read(samples.lines(tmp_path / "v.jsonl", [video]))
    (post,) = read.posts
    assert (post.user, post.tags, post.labels) == ("bo", ("fyp",), {"likes": "3"})


def test_linkedin(tmp_path: Path) -> None:
    files: dict[str, object] = {
        "Shares.csv": "Date,ShareLink,ShareCommentary,SharedUrl,MediaUrl,Visibility\n"
        '2022-01-02 03:04:05,https://l/1,"We hire #jobs",,,MEMBER_NETWORK\n'
        '2022-01-02 03:04:05,https://l/2,"Among us",,,CONNECTIONS_ONLY\n',
        "Comments.csv": "Date,Link,Message\n2022-01-03 03:04:05,https://l/3,Well said\n",
        "messages.csv": "CONVERSATION ID,FROM,CONTENT\n1,a,psst\n",
        "Connections.csv": "First Name,Last Name,Email Address\nA,B,a@example.org\n",
    }
    read = Read(written(tmp_path, files))
    assert sorted(map(str, read.texts)) == ["We hire #jobs", "Well said"]
    assert read.left["posts that not everybody may see"] == 1
    assert read.left["private messages"] == 1


def test_tumblr(tmp_path: Path) -> None:
    post = {"blog_name": "inky", "id_string": "12", "type": "text", "timestamp": 1600000000}
    post |= {"post_url": "https://inky.example/12", "tags": ["ink", "pen"], "note_count": 7}
    rows = [
        post | {"title": "On ink", "body": "<p>Blue &amp; black</p>"},
        post | {"id_string": "13", "state": "draft", "body": "<p>not yet</p>"},
        post | {"id_string": "14", "content": [{"type": "text", "text": "Blocks"}]},
    ]
    read = Read(written(tmp_path, {"t.json": {"response": {"posts": rows}}}) / "t.json")
    assert read.texts == ["Blue & black", "Blocks"] and read.posts[0].tags == ("ink", "pen")
    assert read.posts[0].user == "inky" and read.left == {"drafts and private posts": 1}


def test_weibo(tmp_path: Path) -> None:
    table = "id,bid,user_id,用户昵称,微博正文,话题,转发数,评论数,点赞数,发布时间\n"
    table += "49,Mx1,77,小明,今天 #天气# 很好,天气,1,2,3,2022-01-02 03:04\n"
    read = Read(written(tmp_path, {"w.csv": table}) / "w.csv")
    (post,) = read.posts
    assert (post.id, post.user, post.tags) == ("49", "77", ("天气",))
    assert post.text == "今天 #天气# 很好" and post.labels["likes"] == "3"
    assert read.drafts[0].user and read.drafts[0].user.name == "小明"
    user = {"id": 77, "screen_name": "小明"}
    said = {"id": "49", "mblogid": "Mx1", "text": "<a>#天气#</a> 很好<br/>", "user": user}
    said |= {"created_at": "Sun Jan 02 03:04:05 +0800 2022", "attitudes_count": 3, "pics": []}
    api = {"data": {"cards": [{"mblog": said | {"reposts_count": 0}}]}}
    (post,) = Read(written(tmp_path, {"w.json": api}) / "w.json").posts
    assert (post.text, post.user) == ("#天气# 很好", "77")


def test_vk(tmp_path: Path) -> None:
    sizes = [{"url": "https://v/s.jpg", "width": 10}, {"url": "https://v/l.jpg", "width": 99}]
    wall = {"id": 5, "owner_id": -3, "from_id": 8, "date": 1600000000, "text": "Привет #друзья@x"}
    wall |= {"likes": {"count": 2}, "attachments": [{"type": "photo", "photo": {"sizes": sizes}}]}
    people = [{"id": 8, "first_name": "Анна", "last_name": "П"}]
    told = {"response": {"count": 1, "items": [wall, wall | {"id": 6, "friends_only": 1}],
                         "profiles": people}}  # fmt: skip
    read = Read(written(tmp_path, {"wall.json": told}) / "wall.json")
    (post,) = read.posts
    assert (post.id, post.user, post.tags) == ("-3_5", "8", ("друзья",))
    assert read.drafts[0].user and read.drafts[0].user.name == "Анна П"
    assert read.left == {"posts for friends, which are private": 1}
    table = "id,owner_id,from_id,date,text,likes.count\n5,-3,8,1600000000,Привет всем,2\n"
    (post,) = Read(written(tmp_path, {"w.csv": table}) / "w.csv").posts
    assert (post.id, post.labels["likes"]) == ("-3_5", "2")


def test_crowdtangle(tmp_path: Path) -> None:
    table = "Page Name,User Name,Post Created,Type,Likes,Message,URL,Link Text,Description\n"
    table += (
        'A Page,apage,2021-03-15 16:05:00 UTC,Photo,"1,204",Words of ours,https://f/1,l,theirs\n'
    )
    (post,) = Read(written(tmp_path, {"c.csv": table}) / "c.csv").posts
    assert (post.text, post.user, post.labels["likes"]) == ("Words of ours", "apage", "1204")
    said = {"platformId": "1_2", "platform": "Facebook", "date": "2021-03-15 16:05:00"}
    said |= {"message": "Hi", "account": {"handle": "apage", "name": "A Page"}}
    api = {"status": 200, "result": {"posts": [said], "pagination": {}}}
    (post,) = Read(written(tmp_path, {"c.json": json.dumps(api)}) / "c.json").posts
    assert (post.text, post.user) == ("Hi", "apage")
