"""Selections of the shipped corpus."""

from __future__ import annotations

import io
import json

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from backend.domain import EMOTIONS, Kind, KindredError, Selection
from backend.search import Filter
from backend.selections.export import harmless
from backend.workspace.workspace import Workspace


@pytest.fixture(scope="module")
def flags(workspace: Workspace) -> Selection:
    return workspace.selections.where(Filter(tags=("flag",)), Kind.POST)


def test_a_profile_counts_what_is_there(workspace: Workspace, flags: Selection) -> None:
    table = workspace.corpus().table(["id", "source", "image"])
    inside = table.filter(pc.is_in(table["id"], value_set=pc.cast(list(flags.ids), "string")))
    profile = workspace.selections.profile(flags)
    assert (profile.count, profile.total) == (len(inside), len(table))
    assert profile.missing == 0 and profile.posts == profile.count
    sources = {part.name: (part.count, part.total) for part in profile.legends["source"]}
    for name in ("openclipart", "openmoji"):
        assert sources[name] == (
            pc.sum(pc.equal(inside["source"], name)).as_py() or 0,
            pc.sum(pc.equal(table["source"], name)).as_py(),
        )
    for name, parts in profile.legends.items():
        if name != "modality":
            assert sum(part.count for part in parts) == profile.count
            assert sum(part.total for part in parts) == profile.total
    assert [told.name for told in profile.emotions] == list(EMOTIONS)
    assert all(0 <= t.low <= t.mean <= t.high <= 1 for t in profile.emotions)
    assert profile.tags[0].term == "flag" and profile.tags[0].p < 1e-10
    assert "flag" in {over.term for over in profile.words} | {over.term for over in profile.tags}
    images = workspace.posts(profile.images)
    assert images and all(post.image and post.id in flags.ids for post in images.values())


def test_users_are_profiled_by_user(workspace: Workspace, flags: Selection) -> None:
    users = workspace.selections.where(Filter(tags=("flag",)), Kind.USER)
    profile = workspace.selections.profile(users)
    assert profile.count == len(users) < len(flags)
    flag = next(over for over in profile.tags if over.term == "flag")
    assert flag.count == profile.count  # each of them once, however many flags they have
    posts = workspace.selections.posts_of(users)
    signed = {post.id for post in workspace.posts(flags.ids).values() if post.user}
    assert set(posts) > signed
    assert profile.posts == len(posts)


def test_two_are_compared(workspace: Workspace, flags: Selection) -> None:
    birds = workspace.selections.where(Filter(tags=("bird",)), Kind.POST)
    both = workspace.selections.compare(flags, birds)
    assert both.one.tags[0].term == "flag" and both.two.tags[0].term == "bird"
    assert both.common == len(set(flags.ids) & set(birds.ids))
    assert both.one.count + both.common == len(flags) and -1 <= both.similarity < 0.5
    same = workspace.selections.where(Filter(tags=("flag",)), Kind.USER)
    with pytest.raises(KindredError) as error:
        workspace.selections.compare(flags, same)
    assert error.value.code == "not_comparable"
    with pytest.raises(KindredError):
        workspace.selections.compare(flags, flags)


def test_members_come_in_their_order(workspace: Workspace, flags: Selection) -> None:
    ids = tuple(reversed(flags.ids[:30]))
    some = workspace.selections.of(Kind.POST, [*ids, "gone"], "test")
    page = workspace.selections.members(some, offset=10, limit=5)
    assert page["id"].to_pylist() == list(ids[10:15])
    post = workspace.posts([ids[10]])[ids[10]]
    row = page.to_pylist()[0]
    assert row["text"] == post.text and row["user"] == post.user
    assert row["name"] == (workspace.user(post.user).name if post.user else None)
    assert workspace.selections.profile(some).missing == 1


@pytest.mark.parametrize("kind", [Kind.POST, Kind.USER])
def test_an_export_opens_in_pandas(workspace: Workspace, kind: Kind) -> None:
    some = workspace.selections.where(Filter(tags=("bird",)), kind)
    csv = pd.read_csv(io.BytesIO(workspace.selections.export(some, "csv")))
    whole = pq.read_table(io.BytesIO(workspace.selections.export(some, "parquet")))
    rows = json.loads(workspace.selections.export(some, "json"))["rows"]
    for ids in (csv["id"].tolist(), whole["id"].to_pylist(), [row["id"] for row in rows]):
        assert ids == list(some.ids)
    assert csv["name"].notna().any()
    if kind is Kind.POST:
        assert csv["user"].notna().any()
    about = json.loads(whole.schema.metadata[b"kindred"])
    assert about["corpus"] == "commons" and about["count"] == len(some)
    with pytest.raises(KindredError, match="csv, json, parquet"):
        workspace.selections.export(some, "xls")


def test_an_export_has_the_labels_of_the_posts(workspace: Workspace) -> None:
    some = workspace.selections.of(Kind.POST, ["tux-0121", "tweet-0010", "tweet-0011"], "test")
    csv = pd.read_csv(io.BytesIO(workspace.selections.export(some, "csv")))
    whole = pq.read_table(io.BytesIO(workspace.selections.export(some, "parquet"))).to_pandas()
    rows = pd.DataFrame(json.loads(workspace.selections.export(some, "json"))["rows"])
    posts = workspace.posts(some.ids)
    for read in (csv, whole, rows):
        given = read.set_index("id")
        assert pd.isna(given.loc["tux-0121", "label: rating"])
        for id_ in some.ids[1:]:
            labels = posts[id_].labels
            assert given.loc[id_, "label: sentiment"] == labels["sentiment"]
            assert given.loc[id_, "label: rating"] == float(labels["rating"])  # a number


def test_formulas_are_defused() -> None:
    for text in ("=1+1", "+1", "-1", "@x", "\t=1", " =cmd|x", "|x"):
        assert str(harmless(text)).startswith("'")
    assert harmless("plain = text") == "plain = text" and harmless("") == ""


def test_search_within(workspace: Workspace, flags: Selection) -> None:
    found = workspace.selections.search(flags, "word:bird", [Kind.POST, Kind.USER], k=5)
    assert {hit.id for hit in found.hits[Kind.POST]} <= set(flags.ids)
    assert found.candidates[Kind.POST] == len(flags)


def test_a_selection_of_nothing_that_is_there(workspace: Workspace) -> None:
    gone = workspace.selections.of(Kind.POST, ["gone"], "test")
    with pytest.raises(KindredError) as error:
        workspace.selections.profile(gone)
    assert error.value.code == "empty_selection"


def test_saved_and_opened_again(workspace: Workspace, flags: Selection) -> None:
    named = workspace.selections.save(flags, "  my  flags ")
    assert named.name == "my flags" and "my flags" in workspace.selections.names()
    assert workspace.selections.open("my flags") == named
    workspace.selections.delete("my flags")
    assert "my flags" not in workspace.selections.names()
