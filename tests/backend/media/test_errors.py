"""What is logged of a file that no decoder reads."""

from __future__ import annotations

import logging

import pytest

from backend.media.errors import MediaError, decoding


@pytest.mark.parametrize(("what", "said"), [("image", "an image"), ("sound", "a sound")])
def test_the_cause_is_logged_in_a_sentence(
    caplog: pytest.LogCaptureFixture, what: str, said: str
) -> None:
    with caplog.at_level(logging.INFO), pytest.raises(MediaError), decoding(what):
        raise OSError("cut short")
    assert f"Could not decode {said}: OSError('cut short')" in caplog.text
