"""Recognise tables of users beside a table of posts: their rows are no posts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from backend.ingest.readers.column_names import normalise

# Normalised names of columns, best first.
KEYS = ("userid", "authorid", "accountid", "uid", "id", "idstr", "user")
HANDLES = ("username", "screenname", "handle", "acct", "login", "nickname")
NAMES = ("displayname", "fullname", "realname", "name")
_WORDS = {"text", "fulltext", "content", "body", "message", "tweet", "caption", "selftext"}
_WORDS |= {"post", "comment", "title", "posttext", "tweettext", "rawcontent", "utterance"}
_ABOUT = {"followers", "followerscount", "followercount", "following", "followingcount", "bio"}
_ABOUT |= {"friendscount", "description", "verified", "joined", "statusescount", "tweetcount"}
_ABOUT |= {"profileimageurl", "avatar", "gender", "age", "karma", "location"}
_FILE = re.compile(r"(^|[\W_])(users?|authors?|accounts?|profiles?|people|members?)([\W_]|$)", re.I)


def is_people(file: str, columns: Iterable[str]) -> bool:
    """Whether a table holds users: a key, a name, something about them, and no words of posts.

    Examples
    --------
    >>> is_people("users.csv", ["id", "username", "bio"]), is_people("a.csv", ["id", "text"])
    (True, False)
    """
    names = {normalise(column) for column in columns}
    named = names & {*HANDLES, *NAMES}
    is_about_people = len(names & _ABOUT) > 0 or _FILE.search(PurePosixPath(file).stem) is not None
    return bool(named) and is_about_people and not names & _WORDS and bool(names & set(KEYS))
