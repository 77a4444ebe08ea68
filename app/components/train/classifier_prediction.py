"""What a trained classifier predicts for a post, next to emotion and sentiment."""

from __future__ import annotations

import streamlit as st

from app.common.markup import bar, esc, plain, show
from app.components.shared.charts import PLAIN
from app.data.session import workspace
from app.data.training import answer
from backend.domain import Content

MAX_CLASSES = 5  # classes


def show_answer(post: Content, text: str, image: str, sound: str) -> None:
    """Show the prediction of the active bundle's classifier, if it has one."""
    result = answer(post, text, image, sound, workspace().training.active)
    if result is None:
        return
    label, model, probabilities = result
    st.subheader(plain(label.capitalize()), anchor=False)
    rows = "".join(
        f"<b>{esc(name)}</b>{bar(p, PLAIN)}<span>{p:.0%}</span>"
        for name, p in list(probabilities.items())[:MAX_CLASSES]
    )
    n = len(probabilities)
    shown = f" The {MAX_CLASSES} most likely of {n} classes." if n > MAX_CLASSES else ""
    show(f'<div class="k-rows">{rows}</div>')
    st.caption(f"Predicted by {plain(model)}, trained here; not calibrated.{shown}")
