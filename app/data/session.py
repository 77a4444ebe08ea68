"""The one workspace of this process, as the pages see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.data import preload
from backend.domain import Affect, Content, Explanation, Modality, Post, Prediction, User
from backend.settings import SHIPPED_CORPUS, settings

if TYPE_CHECKING:
    from backend.workspace.workspace import Example, Overview, Workspace

OWN = "mine"  # the corpus that "Add to corpus" writes to


@st.cache_resource(show_spinner="Opening the corpus …")
def workspace() -> Workspace:
    """Open the workspace once; every session shares it."""
    return preload.workspace()


def corpora() -> list[str]:
    """Names of the corpora that can be looked at."""
    return workspace().corpora()


def corpus() -> str | None:
    """The corpus that the address names; None for the one of the settings."""
    return here(st.query_params.get("corpus"))


def here(name: str | None) -> str | None:
    """A name, where a corpus goes by it."""
    return name if name and name in corpora() else None


def default_corpus() -> str:
    """The corpus that is looked at where the address names none."""
    return settings().corpus


def in_address(name: str) -> str | None:
    """What an address says of a corpus: its name, and nothing of the default one."""
    return None if name == default_corpus() else name


def demo() -> bool:
    """Whether nothing may be stored."""
    return settings().demo


def shipped() -> bool:
    """Whether the corpus that is looked at is the one that comes with Kindred."""
    return (corpus() or default_corpus()) == SHIPPED_CORPUS


def missing() -> str:
    """The corpus that the address names and that is not here; empty when there is none."""
    return st.query_params.get("corpus", "") if corpus() is None else ""


def look_again() -> None:
    """See what other processes wrote into the corpus that is looked at; a millisecond."""
    workspace().corpus(corpus()).refresh()


def overview() -> Overview:
    """What is loaded; counted once until the corpus changes."""
    with st.spinner("Counting …"):
        return workspace().overview(corpus())


@st.cache_resource(ttl=600, show_spinner=False)
def examples() -> Sequence[Example]:
    """Posts to click for those who bring nothing, their media kept as uploads."""
    return workspace().examples()


def posts(ids: Sequence[str]) -> Mapping[str, Post]:
    """Posts of the corpus that is looked at."""
    return workspace().posts(list(ids), corpus()) if ids else {}


def users(ids: Sequence[str]) -> Mapping[str, User]:
    """Users of the corpus that is looked at."""
    return workspace().users(list(ids), corpus()) if ids else {}


def affects(ids: Sequence[str]) -> Mapping[str, Affect]:
    """Stored predictions of posts of the corpus that is looked at."""
    return workspace().predictions(list(ids), corpus()) if ids else {}


def media(post: Post, modality: Modality) -> Path:
    """Where the image or the sound of a post lies."""
    return workspace().corpus(corpus()).media_of(post, modality)


def add(given: Content) -> Post:
    """Add a post to the visitor's own corpus."""
    return workspace().add_post(given, OWN)


def content(text: str | None, image: str | None, audio: str | None) -> Content | None:
    """Decode what the page state names.

    Parameters
    ----------
    text : str or None
    image, audio : str or None
        Keys of uploads.

    Returns
    -------
    Content or None
        None when there is nothing in it.

    Raises
    ------
    backend.domain.KindredError
        When an upload is gone or unreadable.
    """
    text = (text or "").strip() or None
    if not (text or image or audio):
        return None
    given = workspace().content(text=text, image_key=image or None, audio_key=audio or None)
    if not audio and Modality.AUDIO in given.modalities and len(given.modalities) > 1:
        # A video brings its soundtrack; who took the sound away does not want it.
        given = given.only(tuple(m for m in given.modalities if m is not Modality.AUDIO))
    return given


@st.cache_data(max_entries=200, show_spinner=False)
def analyse(text: str | None, image: str | None, audio: str | None, bundle: str) -> Prediction:
    """Predict from every subset; the arguments are hashable so that a rerun costs nothing.

    Parameters
    ----------
    text : str or None
    image, audio : str or None
        Keys of uploads.
    bundle : str
        Name of the bundle: another bundle, another answer.
    """
    given = content(text, image, audio)
    assert given is not None, "the page asks only when something was given"
    return workspace().analyse(given)


@st.cache_data(max_entries=200, show_spinner=False)
def explain(
    _given: Content, text: str | None, image: str, audio: str, target: str, bundle: str
) -> Explanation:
    """Explain a prediction; once, because it takes seconds.

    Parameters
    ----------
    _given : Content
        What the next three name.
    text : str or None
    image, audio : str
        Keys of uploads.
    target : str
        An emotion or a sentiment label.
    bundle : str
    """
    return workspace().explain(_given, target=target)
