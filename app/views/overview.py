"""Overview: what is loaded, what it is made of, and where to start."""

from __future__ import annotations

import re

import streamlit as st

from app.common.markup import esc, show
from app.common.palette import EMOTION_COLOURS, MODALITY_NAMES, SENTIMENT_COLOURS, language
from app.components.analyse.emotion_wheel import wheel
from app.components.search.index_status import told
from app.components.shared.charts import show_shares, show_stack, show_timeline
from app.components.shared.corpus_picker import show_corpora
from app.components.shared.licences import show_sources
from app.data import url_state
from app.data.session import overview
from backend.domain import EMOTIONS, SENTIMENTS, Modality
from backend.settings import SHIPPED_CORPUS

st.set_page_config(page_title="Kindred")
url_state.enter("overview")
loaded = overview()

CLAIM = "Posts, the people who wrote them and the words they use, in one space"
SHIPPED = (
    "The corpus that comes with Kindred holds drawings, emoji, stickers, sounds and music from "
    "open communities and some rated tweets, with their licences and, where known, their authors."
)
show(f'<div class="k-hero">{CLAIM}</div>')
if loaded.corpus == SHIPPED_CORPUS:
    show(f'<p class="k-lead">{SHIPPED}</p>')
show_corpora()

with st.grid(3, min_column_width=270):
    with st.container(border=True, height="stretch"):
        st.subheader("Analyse a post", anchor=False)
        st.markdown(
            "Drop in a photo, a sentence and a sound. See which emotion they carry, "
            "which of them drives it, and why."
        )
        st.space("stretch")
        if st.button("Start here", type="primary", icon=":material/arrow_forward:"):
            st.switch_page("views/analyse.py")
    with st.container(border=True, height="stretch"):
        st.subheader("Search anything", anchor=False)
        st.markdown(
            "Mix words, pictures, sounds and people, add and take away, "
            "and find posts, images, sounds, users or words."
        )
        st.space("stretch")
        if st.button("Search", icon=":material/search:"):
            st.switch_page("views/search.py")
    with st.container(border=True, height="stretch"):
        st.subheader("What is loaded", anchor=False)
        facts = (
            ("Corpus", loaded.corpus),
            ("Bundle", loaded.bundle),
            ("Runs on", loaded.device),
        )
        rows = "".join(f"<div>{esc(a)} <b>{esc(b)}</b></div>" for a, b in facts)
        encoders = ", ".join(f"{m} by {name}" for m, name in loaded.encoders.items())
        show(
            f"{rows}<div class='k-note'>{esc(loaded.device_reason)}</div>"
            f"<div class='k-note'>Encoders: {esc(encoders)}</div>"
            f"<div class='k-note'>{esc(told(loaded.searched))}</div>"
        )

names = {"posts": "Posts", "users": "Users", "reactions": "Reactions"}
counts = {k: n for k, n in loaded.counts.items() if n or k != "reactions"}
with st.grid(len(counts) + 2, min_column_width=130):
    for name, n in counts.items():
        st.metric(names.get(name, name.capitalize()), f"{n:,}", border=True)
    st.metric("Languages", len(loaded.language_counts), border=True)
    st.metric("Sources", len(loaded.sources), border=True)

posts = loaded.counts["posts"]
one, two = st.columns(2, gap="large")
with one:
    st.header("How the corpus feels", anchor=False)
    if loaded.emotion_profile:
        wheel(loaded.emotion_profile, full=0.01)
        st.caption(
            f"Mean predicted probability of each emotion over all {posts:,} posts; "
            "the longest petal is the most common emotion."
        )
        show_stack(
            "Sentiment",
            {s: loaded.sentiments.get(s, 0) for s in SENTIMENTS},
            SENTIMENT_COLOURS,
        )
        if loaded.top_emotions:
            order = [*EMOTIONS, "neutral"]
            show_shares(
                "Strongest emotion of a post",
                {e: loaded.top_emotions[e] for e in order if loaded.top_emotions.get(e)},
                posts,
                colours=EMOTION_COLOURS,
                most=9,
            )
    else:
        st.caption("These posts have no predictions yet.")
with two:
    st.header("What it is made of", anchor=False)
    show_shares(
        "Posts with",
        {MODALITY_NAMES[Modality(m)]: n for m, n in loaded.modality_counts.items()},
        posts,
    )
    show_shares("Languages", {language(c): n for c, n in loaded.language_counts.items()}, posts)
    if loaded.timeline:
        show_timeline(loaded.timeline)
        if loaded.undated:
            st.caption(f"{loaded.undated:,} of {posts:,} posts carry no time.")
    else:
        st.caption("These posts carry no times, so there is no timeline.")

st.header("Sources and licences", anchor=False)
show_sources(loaded.sources)


@st.fragment
def show_card(told: str) -> None:
    """Show the model card when somebody opens it: its tables take a browser half a second."""
    card = st.expander(
        "Model card: what was learnt from what, and how good it is", key="card", on_change="rerun"
    )
    if card.open:
        # Its headings stand below those of the page.
        card.markdown(re.sub(r"^#", "###", told, flags=re.MULTILINE))


show_card(loaded.model_card)
url_state.leave("overview")
