"""Single users of the shipped corpus."""

from __future__ import annotations

from collections import Counter

import pytest

from backend.corpus.model_outputs import REACTIONS
from backend.domain import Kind, KindredError
from backend.settings import SYNTHETIC_CORPUS
from backend.workspace.workspace import Workspace


@pytest.fixture(scope="module")
def busy(workspace: Workspace) -> str:
    return workspace.find_users(limit=1)[0].id


def test_the_nearest_come_with_reasons(workspace: Workspace, busy: str) -> None:
    found = workspace.user_profiles.nearest(busy, k=5)
    assert [one.hit.rank for one in found] == [1, 2, 3, 4, 5]
    assert busy not in [one.hit.id for one in found]
    assert any(one.words for one in found) and any(one.pairs for one in found)
    for one in found:
        for pair in one.pairs:
            posts = workspace.posts([pair.own, pair.other])
            assert posts[pair.own].user == busy and posts[pair.other].user == one.hit.id
            assert posts[pair.own].image and posts[pair.other].image
        assert [p.score for p in one.pairs] == sorted((p.score for p in one.pairs), reverse=True)


def test_reactions_to_each_other_are_a_reason(workspace: Workspace) -> None:
    table = workspace.corpus(SYNTHETIC_CORPUS).side_table(REACTIONS)
    assert table is not None
    user = Counter(table["user"].to_pylist()).most_common(1)[0][0]
    near = workspace.user_profiles.nearest(user, corpus=SYNTHETIC_CORPUS)
    assert any(one.reactions for one in near)
    commons = workspace.find_users(limit=1)[0].id
    assert not any(one.reactions for one in workspace.user_profiles.nearest(commons))


def test_images_that_are_not_alike_are_no_reason(workspace: Workspace) -> None:
    users = [user.id for user in workspace.find_users(limit=40)]
    found = [one for user in users for one in workspace.user_profiles.nearest(user)]
    assert any(one.pairs for one in found) and any(not one.pairs for one in found)
    assert min(pair.score for one in found for pair in one.pairs) > 0.3


def test_interests_are_what_they_post_more_than_others(workspace: Workspace, busy: str) -> None:
    found = workspace.user_profiles.interests(busy)
    assert found.near and (found.tags or found.words)
    own = {
        t.lower()
        for id_ in workspace.user_profiles.posts(busy)
        for t in workspace.posts([id_])[id_].tags
    }
    for over in found.tags:
        assert over.share > over.rest_share and over.p < 0.05
        assert any(over.term.rstrip("s") in tag for tag in own)


def test_a_timeline_has_every_post_once(workspace: Workspace) -> None:
    for user in workspace.find_users(limit=8):
        told = workspace.user_profiles.timeline(user.id)
        assert sum(moment.posts for moment in told.moments) + told.undated == user.posts
        periods = [moment.period for moment in told.moments]
        assert periods == sorted(periods) and len({len(period) for period in periods}) <= 1
        assert 0 <= told.sentiment.mean <= 1


def test_nobody_of_that_name(workspace: Workspace) -> None:
    for ask in (
        workspace.user_profiles.nearest,
        workspace.user_profiles.interests,
        workspace.user_profiles.timeline,
    ):
        with pytest.raises(KindredError) as error:
            ask("nobody")
        assert error.value.code == "no_user"


def test_users_are_found_in_their_own_space(workspace: Workspace, busy: str) -> None:
    users = workspace.searcher().users()
    assert users is not None
    own = users.vector(busy)
    assert own is not None
    wanted = users.index.search(own, 5, exclude=[busy]).ids.tolist()
    assert [one.hit.id for one in workspace.user_profiles.nearest(busy, k=5)] == wanted
    found = workspace.search(f"@{busy}", [Kind.USER], k=5).hits[Kind.USER]
    assert [hit.id for hit in found] == wanted


def test_authors_of_posts_are_among_the_users_found(workspace: Workspace, busy: str) -> None:
    posts = workspace.user_profiles.posts(busy)[:20]
    found = [
        [hit.id for hit in workspace.search(f"post:{post}", [Kind.USER], k=5).hits[Kind.USER]]
        for post in posts
    ]
    assert sum(busy in ids for ids in found) > 0.6 * len(posts)
