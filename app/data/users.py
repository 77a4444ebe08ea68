"""Single users as their page sees them; computed once each."""

from __future__ import annotations

import streamlit as st

from app.data.maps import stamp
from app.data.session import corpus, workspace
from backend.domain import Kind
from backend.workspace.users import Affinity, Interests, Timeline


def timeline(user: str) -> Timeline:
    """What a user feels, over time where posts carry times."""
    return _timeline(user, stamp(Kind.USER), corpus())


@st.cache_resource(max_entries=50, show_spinner=False)
def _timeline(user: str, stamp: str, where: str | None) -> Timeline:
    return workspace().user_profiles.timeline(user, where)


def interests(user: str) -> Interests:
    """What a user posts about more than others do."""
    return _interests(user, stamp(Kind.USER), corpus())


@st.cache_resource(max_entries=50, show_spinner=False)
def _interests(user: str, stamp: str, where: str | None) -> Interests:
    return workspace().user_profiles.interests(user, 12, where)


def nearest(user: str) -> list[Affinity]:
    """Users who post alike, with the reasons."""
    return _nearest(user, stamp(Kind.USER), corpus())


@st.cache_resource(max_entries=50, show_spinner=False)
def _nearest(user: str, stamp: str, where: str | None) -> list[Affinity]:
    return workspace().user_profiles.nearest(user, 6, where)


def post_ids(user: str) -> tuple[str, ...]:
    """Ids of a user's posts, newest first."""
    return _post_ids(user, stamp(Kind.USER), corpus())


@st.cache_resource(max_entries=200, show_spinner=False)
def _post_ids(user: str, stamp: str, where: str | None) -> tuple[str, ...]:
    return workspace().user_profiles.posts(user, where)
