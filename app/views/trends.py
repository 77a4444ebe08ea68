"""Over time: what is new, bursts, changes of feeling, topics and emotions."""

from __future__ import annotations

import streamlit as st

from app.common.markup import with_commands
from app.common.palette import EMOTION_COLOURS, SENTIMENT_COLOURS
from app.components.shared.actions import show_segments
from app.components.shared.corpus_picker import show_corpora
from app.components.trends.found import heading, show_bursts, show_changes
from app.components.trends.lines import show_lines
from app.components.trends.week import show_week
from app.data import url_state
from app.data.map_colours import CATEGORIES
from app.data.maps import map_of
from app.data.session import corpus, workspace
from app.data.trends import emotions, found, has_map, topics
from backend.domain import Kind, KindredError
from backend.trends import FEWEST

TOPICS = 12

st.set_page_config(page_title="Over time · Kindred")
url_state.enter("trends")

st.title("Over time", anchor=False)
level = "medium"
with st.container(horizontal=True, vertical_alignment="bottom"):
    if has_map():
        shown_map = map_of(Kind.POST)
        names = {one.name: one.name.capitalize() for one in shown_map.levels}
        level = show_segments(
            "Clusters", names, key="trends_level", name="level", default=shown_map.level().name
        )
    show_corpora()
try:
    with st.spinner("Looking through the posts …"):
        bursts, changes = found(level)
    dated = workspace().trends.dated(corpus())
    undated = len(dated.items) - len(dated.rows)
    if undated:
        st.caption(f"{undated:,} of {len(dated.items):,} posts have no time and are left out.")
    if not has_map():
        st.caption("There is no map of posts yet, so all posts are one group. Build it on Posts.")
    heading("What is new", "A week against the eight before it, among the posts with a time.")
    show_week()
    heading("Bursts", "Clusters that suddenly take far more of the posts, and for how long.")
    show_bursts(bursts, level)
    heading("Changes of feeling", "Clusters whose mean emotion is no longer what it was.")
    show_changes(changes, level)
    if has_map():
        heading("Topics", "The share of each of the largest clusters among all posts.")
        steps, lines = topics(level)
        largest = sorted(lines, key=lambda line: -line.counts.sum())[:TOPICS]
        order = [line.name for line in lines]
        colours = {n: CATEGORIES[i % len(CATEGORIES)] for i, n in enumerate(order)}
        show_lines(steps, largest, colours, fewest=FEWEST)
    heading("Emotions", "The mean predicted probability of each, over all posts.")
    steps, lines = emotions()
    show_lines(steps, lines[:-1], EMOTION_COLOURS)
    show_lines(steps, lines[-1:], {"positive": SENTIMENT_COLOURS["positive"]})
    with st.expander("How this is found", icon=":material/rule:"):
        st.markdown(
            "**Bursts**: a two-state model of the cluster's share of all posts (Kleinberg 2002); "
            "kept where so many posts in any period would be unlikely (binomial tail times the "
            "number of periods, adjusted over all clusters, p below .05).\n\n"
            "**Changes**: the CUSUM test on the predicted probabilities in the order of time, cut "
            "again in each part; adjusted over all clusters and emotions, p below .05, and a "
            "difference of 5 points or more, half of which remains without the posts in bursts.\n\n"
            "**Intervals**: Wilson for shares, Student for means, Newcombe for differences; 95 %. "
            "Times are in UTC."
        )
except KindredError as error:
    if error.code != "no_times":
        raise
    st.info(with_commands(error.message), icon=":material/event_busy:")

url_state.leave("trends")
