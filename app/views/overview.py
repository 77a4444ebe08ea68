"""Overview: what is loaded, what the corpus holds, and where to start."""

from __future__ import annotations

import re

import streamlit as st

from app.common.markup import esc, show
from app.common.palette import EMOTION_COLOURS, MODALITY_NAMES, SENTIMENT_COLOURS
from app.components.analyse.emotion_wheel import rim_of, wheel
from app.components.search.index_status import search_status
from app.components.shared.better_models import show_better_models
from app.components.shared.charts import show_shares, show_stack, show_timeline
from app.components.shared.corpus_picker import show_corpora
from app.components.shared.encoded_with import encoded_with
from app.components.shared.licences import show_sources
from app.data import url_state
from app.data.session import overview
from backend.domain import EMOTIONS_AND_NEUTRAL, SENTIMENTS, Modality
from backend.settings import SHIPPED_CORPUS, SYNTHETIC_CORPUS
from backend.text.language_names import language

st.set_page_config(page_title="Kindred")
url_state.enter("overview")
loaded = overview()

CLAIM = "Posts, the people who write them and the words they use, in one space"
SHIPPED = (
    "The corpus that comes with Kindred: drawings, emoji, stickers, sounds and music from open "
    "communities, some rated tweets, and a few posts that were made to show what is read in them."
)
SYNTHETIC = (
    "Six weeks of an invented harbour town, with replies, reactions, events and copies: made to "
    "show what pages about time, families and reactions find."
)
show(f'<h1 class="k-hero">{CLAIM}</h1>')
if loaded.corpus == SHIPPED_CORPUS:
    show(f'<p class="k-lead">{SHIPPED}</p>')
elif loaded.corpus == SYNTHETIC_CORPUS:
    show(f'<p class="k-lead">{SYNTHETIC}</p>')
show_corpora()

with st.grid(3, min_column_width=270):
    with st.container(border=True, height="stretch"):
        st.subheader("Analyse a post", anchor=False)
        st.markdown(
            "Write a text, upload an image or a sound, or all three. See their emotion and "
            "sentiment, and why."
        )
        st.space("stretch")
        if st.button("Start here", type="primary", icon=":material/arrow_forward:"):
            st.switch_page("views/analyse.py")
    with st.container(border=True, height="stretch"):
        st.subheader("Search anything", anchor=False)
        st.markdown(
            "Combine words, images, sounds and users, add and subtract, and find posts, "
            "images, sounds, users or words."
        )
        st.space("stretch")
        if st.button("Search", icon=":material/search:"):
            st.switch_page("views/search.py")
    with st.container(border=True, height="stretch"):
        st.subheader("What is loaded", anchor=False)
        facts = (("Corpus", loaded.corpus), ("Bundle", loaded.bundle), ("Runs on", loaded.device))
        rows = "".join(f"<div>{esc(a)} <b>{esc(b)}</b></div>" for a, b in facts)
        encoders = ", ".join(
            f"{MODALITY_NAMES[Modality(m)].lower()}: {name}" for m, name in loaded.encoders.items()
        )
        show(
            f"{rows}<div class='k-note'>{esc(loaded.device_reason)}</div>"
            f"<div class='k-note'>Encoders for {esc(encoders)}</div>"
            f"<div class='k-note'>{esc(encoded_with(loaded))}</div>"
            f"<div class='k-note'>{esc(search_status(loaded.searched))}</div>"
        )
        show_better_models(loaded)

names = {"posts": "Posts", "users": "Users", "reactions": "Reactions"}
counts = {k: n for k, n in loaded.counts.items() if n or k != "reactions"}
with st.grid(len(counts) + 2, min_column_width=130):
    for name, n in counts.items():
        st.metric(names.get(name, name.capitalize()), f"{n:,}", border=True)
    st.metric("Languages", len(loaded.language_counts.keys() - {"unknown"}), border=True)
    st.metric("Sources", len(loaded.sources), border=True)

posts = loaded.counts["posts"]
one, two = st.columns(2, gap="large")
with one:
    st.header("Emotion and sentiment", anchor=False)
    if loaded.emotion_profile:
        rim = rim_of(loaded.emotion_profile)
        wheel(loaded.emotion_profile, rim)
        st.caption(
            f"Mean predicted probability of each emotion over all {posts:,} posts. "
            f"The rim stands for {rim:.0%}."
        )
        show_stack(
            "Sentiment", {s: loaded.sentiments.get(s, 0) for s in SENTIMENTS}, SENTIMENT_COLOURS
        )
        if loaded.top_emotions:
            show_shares(
                "Strongest emotion of a post",
                {e: n for e in EMOTIONS_AND_NEUTRAL if (n := loaded.top_emotions.get(e, 0))},
                posts,
                colours=EMOTION_COLOURS,
                most=9,
            )
    else:
        st.caption("The posts of this corpus have no predictions yet.")
with two:
    st.header("Contents", anchor=False)
    show_shares(
        "Posts with",
        {MODALITY_NAMES[Modality(m)]: n for m, n in loaded.modality_counts.items()},
        posts,
    )
    show_shares("Languages", {language(c): n for c, n in loaded.language_counts.items()}, posts)
    if loaded.timeline:
        show_timeline(loaded.timeline, loaded.timeline_unit)
        if loaded.undated:
            st.caption(f"{loaded.undated:,} of {posts:,} posts have no date.")
    else:
        st.caption("These posts have no dates, so there is no timeline.")

st.header("Sources and licences", anchor=False)
show_sources(loaded.sources)


@st.fragment
def show_model_card(text: str) -> None:
    """Render the model card only once it is opened: its tables take half a second."""
    card = st.expander(
        "Model card: training data, methods and quality", key="card", on_change="rerun"
    )
    if card.open:
        # Its headings are subordinate to those of the page.
        card.markdown(re.sub(r"^#", "###", text, flags=re.MULTILINE))


show_model_card(loaded.model_card)
url_state.leave("overview")
