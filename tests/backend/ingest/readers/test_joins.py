"""Tables of users are joined to the posts that refer to them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.backend.ingest.readers.platforms.sources import Read, written

POSTS = (
    "id,user_id,text\n1,10,A long day at the harbour\n2,11,Nothing but rain today\n3,12,Who am I\n"
)
USERS = [(10, "ana", "Ana"), (11, "ben", "Ben")]
LONG = "a very long bio of somebody " * 20


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_users_are_joined_whatever_their_table(ending: str, tmp_path: Path) -> None:
    if ending == "csv":
        users = "id,username,name,bio\n" + "".join(f"{i},{h},{n},{LONG}\n" for i, h, n in USERS)
    else:
        rows = [{"id": i, "username": h, "name": n, "bio": LONG} for i, h, n in USERS]
        users = "".join(json.dumps(row) + "\n" for row in rows)
    read = Read(written(tmp_path, {"posts.csv": POSTS, f"users.{ending}": users}))
    assert [p.text for p in read.posts][:2] == [
        "A long day at the harbour",
        "Nothing but rain today",
    ]
    assert len(read.posts) == 3 and LONG.strip() not in repr(read.posts)
    people = [d.user for d in read.drafts]
    assert people[0] and {people[0].id, people[0].name} & {"ana", "Ana"}
    assert read.report.unread == 0
