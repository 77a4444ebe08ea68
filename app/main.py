"""Streamlit entry point: sign-in, navigation and error display."""

from __future__ import annotations

import sys
from itertools import accumulate
from pathlib import Path

import streamlit as st

HERE = Path(__file__).resolve().parent
# `streamlit run app/main.py` puts app/ on the path, not the repository.
if str(HERE.parent) not in sys.path:
    sys.path.insert(0, str(HERE.parent))

from app.common.markup import plain, with_commands  # noqa: E402
from app.components.shared.damage import show_damaged_bundle  # noqa: E402
from app.components.shared.synthetic import show_synthetic  # noqa: E402
from app.data.preload import load_rest  # noqa: E402
from app.data.session import corpus, missing_corpus, workspace  # noqa: E402
from app.freeze_gc import freeze  # noqa: E402
from app.sign_in import admit  # noqa: E402
from backend.domain import KindredError  # noqa: E402
from backend.settings import settings  # noqa: E402

# By section: file, title, icon, help
PAGES = {
    "": (
        ("overview", "Overview", "home",
         "What the corpus holds, which models are in use, licences."),
        ("analyse", "Analyse a post", "psychology_alt",
         "Emotion and sentiment of any mix of text, image and sound, and why."),
        ("search", "Search", "search",
         "Find posts, texts, images, sounds, users and words with any mix of them."),
        ("corpora", "Corpora", "library_books", "Import your own posts, and manage corpora."),
    ),
    "Maps": (
        ("users", "Users", "group",
         "A map of users by what they post. Select some to profile them."),
        ("posts", "Posts", "scatter_plot", "A map of posts. Select some to profile them."),
        ("words", "Words", "abc", "Words, images and sounds near a word, or near a sum of words."),
        ("user", "A user", "person",
         "One user: posts, emotions over time, interests, similar users."),
    ),
    "What happened": (
        ("trends", "Over time", "timeline",
         "What is new, bursts, changes of feeling, topics and emotions over time."),
        ("families", "Families", "account_tree",
         "Posts that are the same thing again: variants, how they spread, coordinated posting."),
        ("reactions", "Reactions", "hub",
         "Who replies to, shares, likes whom: communities, bridges, and what draws reactions."),
        ("compare", "Compare", "compare",
         "Before and after, two platforms, two corpora: side by side on one map."),
    ),
    "Labels and models": (
        ("label", "Label", "label",
         "Give posts labels of your own; the queue asks for the most useful ones."),
        ("train", "Train", "model_training",
         "Train models on your own labels and compare them."),
        ("errors", "Errors", "troubleshoot", "Where models fail on labelled posts, and why."),
    ),
}  # fmt: skip
SIDEBAR = 215  # px, as narrow as the names allow: the maps need the width


def section_headings() -> str:
    """Return the style that writes the name of a section above its first page.

    With sections of its own, Streamlit makes a list that is none for screen readers.
    """
    starts = accumulate((len(pages) for pages in PAGES.values()), initial=1)
    item = "[data-testid=stSidebarNavItems] > li"
    return "".join(
        f'{item}:nth-child({start})::before{{content:"{section}"}}'
        for section, start in zip(PAGES, starts, strict=False)
        if section
    )


st.set_page_config(
    page_title="Kindred",
    page_icon=str(HERE / "brand" / "icon.png"),
    layout="wide",
    initial_sidebar_state=SIDEBAR,
)
st.logo(str(HERE / "brand" / "logo.svg"), size="large")
st.html(HERE / "brand" / "style.css")
st.html(f"<style>{section_headings()}</style>")
admit()

page = st.navigation(
    [
        st.Page(
            HERE / "views" / f"{name}.py",
            title=title,
            icon=f":material/{icon}:",
            default=name == "overview",
            help=help_,
        )
        for pages in PAGES.values()
        for name, title, icon, help_ in pages
    ]
)
try:
    workspace().corpus(corpus()).refresh()  # other processes may have written to it
    if name := missing_corpus():
        st.warning(
            f"Corpus {plain(name[:80])} was not found. Showing {plain(settings().corpus)} instead.",
            icon=":material/warning:",
        )
    show_damaged_bundle()
    note = st.empty()
    show_synthetic(note)
    page.run()
    show_synthetic(note)  # the page may have restored an address with another corpus
except KindredError as error:  # no corpus, no bundle: show the reason, not a stack trace
    st.error(with_commands(error.message), icon=":material/error:")
finally:
    freeze()
    load_rest()
