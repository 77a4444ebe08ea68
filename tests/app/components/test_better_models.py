"""The offer of larger models."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


@pytest.mark.parametrize(
    ("other", "offered"),
    [
        ({}, True),
        ({"image": "timm:resnet18"}, False),
        # CLIP would take their place, though they leave the pictures to the default one.
        ({"text": "clap:x/y:text", "audio": "clap:x/y:audio"}, False),
    ],
)
def test_it_is_made_where_no_other_models_are_in_use(other: dict[str, str], offered: bool) -> None:
    def page(other: dict[str, str]) -> None:
        from dataclasses import replace

        from app.components.shared.better_models import show_better_models
        from app.data.session import workspace

        loaded = workspace().overview()
        show_better_models(replace(loaded, encoders={**loaded.encoders, **other}))

    at = AppTest.from_function(page, kwargs={"other": other}).run()
    assert not at.exception
    assert bool(at.code) == offered
