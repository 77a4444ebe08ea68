"""What was read is shown plainly, with how sure it is, and never as markup."""

from __future__ import annotations

from app.components.analyse.readings import describe
from backend.text.reading import Reading


def test_how_sure_a_reading_is() -> None:
    assert describe(Reading("Hello", confidence=0.93)) == "Read with 93 % confidence."
    unsure = describe(Reading("Oh", confidence=0.2, language="en"))
    assert unsure.startswith("Uncertain") and "Language: en." in unsure
    assert describe(Reading(note="It is in another script.")) == "It is in another script."
    assert describe(Reading()) == ""
