"""What a trained classifier says of a post, beside emotion and sentiment."""

from __future__ import annotations

import streamlit as st

from app.common.markup import bar, esc, plain, show
from app.components.shared.charts import PLAIN
from app.data.training import answer, trainer
from backend.domain import Content

MOST = 5  # classes


def show_answer(given: Content, text: str, image: str, sound: str) -> None:
    """Show the answer of the classifier of the bundle in use, when it has one."""
    found = answer(given, text, image, sound, trainer().active)
    if found is None:
        return
    label, model, shares = found
    st.subheader(plain(label.capitalize()), anchor=False)
    rows = "".join(
        f"<b>{esc(name)}</b>{bar(share, PLAIN)}<span>{share:.0%}</span>"
        for name, share in list(shares.items())[:MOST]
    )
    more = f", the first {MOST} of {len(shares)} classes" if len(shares) > MOST else ""
    show(f'<div class="k-rows">{rows}</div>')
    st.caption(f"By {plain(model)}, trained here{more}; not calibrated.")
