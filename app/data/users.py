"""What a user's page shows, computed once until the corpus changes."""

from __future__ import annotations

from app.data.maps import cached
from app.data.session import corpus, workspace
from backend.workspace.users import Affinity, Interests, Timeline


@cached(50)
def timeline(user: str) -> Timeline:
    """Return a user's emotions, over time if the posts are dated."""
    return workspace().user_profiles.timeline(user, corpus())


@cached(50)
def interests(user: str) -> Interests:
    """Return what a user posts about more than others do."""
    return workspace().user_profiles.interests(user, 12, corpus())


@cached(50)
def nearest(user: str) -> list[Affinity]:
    """Return users with similar posts, and why they are similar."""
    return workspace().user_profiles.nearest(user, 6, corpus())


@cached(200)
def post_ids(user: str) -> tuple[str, ...]:
    """Return the ids of a user's posts, newest first."""
    return workspace().user_profiles.posts(user, corpus())
