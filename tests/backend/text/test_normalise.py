from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.text.normalise import normalise

ROOT = Path(__file__).parents[3]
PARTS = (
    *("RT", "@anna", "@a.b@c.org", "https://t.co/x", "www.x.org.", "#MondayBlues", "#a#b", "(1/3)"),
    *(
        "2/",
        "1/2",
        "🧵",
        "via",
        "&amp;amp;lt;br&gt;",
        "&#38;#x26;lt;",
        "<br/>",
        "<a href='x'>",
        "<3",
    ),
    *(
        "sooooo",
        "hahahaha",
        "!!!!!",
        "😂😂",
        "👩🏽‍🚀👩🏽‍🚀",
        "🇩🇪🇩🇪",
        "a\u00adb",
        "\u200b",
        "लंबाा",
        "ไทย",
        "ﷺ",
    ),
    *("late", "again", "C#", "#1", "a@b.c", ":)", "-", ".", "http", "9/11"),
)
POST = st.lists(st.sampled_from(PARTS) | st.text(max_size=4)).flatmap(
    lambda parts: st.sampled_from(["", " ", "\n"]).map(lambda gap: gap.join(parts))
)


@given(st.text() | POST)
def test_any_text_is_normalised_once(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert once == " ".join(once.split())


@given(POST)
def test_words_are_never_lost(text: str) -> None:
    assert "sunset" in normalise(f"{text} sunset {text}")
    seen = any(c.isalnum() for c in text) and not set("<&") & set(text)  # HTML is not seen
    assert normalise(text).strip(" .,:;!?") or not seen


@pytest.mark.parametrize(
    "noisy",
    [
        "@anna The train is late again",
        "The train is late again @DB_Bahn @city.news@mastodon.social",
        "The train is late again https://t.co/Ab3dE9",
        "RT @tom: The train is late again",
        "RT @tom: RT @anna_k: The train is late again via @tom",
        "(1/3) The train is late again",
        "The train is late again [2/14]",
        "The train is late again 1/",
        "🧵 1/n The train is late again 🧵👇",
        "The train is la\u00adte\u200b again",
        "<p>The train&nbsp;is late<br/>again</p>",
        "The train is laaaaate again",
        "Ｔhe train is late again",
        ".@anna The train is late again",
        "The train is late again https…",
        "@user http The train is late again http",
        "RT : The train is late again (via @tom)",
        "Thread: 1/5 The train is late again — @anna",
        "🧵1/5 The train is late again example.org/a?b=c",
    ],
)
def test_noise_leaves_the_sentence(noisy: str) -> None:
    assert normalise(noisy) == "The train is late again"


@pytest.mark.parametrize(
    "plain",
    [
        "1/2 cup of sugar",
        "we remember 9/11",
        "open 24/7",
        "see you on 3/12",
        "C# is fun and we are #1",
        "<i think so> I <3 you, a < b > c",
        "mail me at a@b.c",
        "100000 people, World War III, hmm",
        "AT&T; R&B",
        "می‌خواهم",
    ],
)
def test_what_only_looks_like_noise_stays(plain: str) -> None:
    assert normalise(plain) == plain


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("@anna @tom", "anna tom"),
        ("https://example.org/cats", "example org cats"),
        ("#nosleep", "no sleep"),
        ("I met @NASAHubble today", "I met NASAHubble today"),
        ("#हिन्दी", "हिन्दी"),
    ],
)
def test_names_stay_findable(text: str, words: str) -> None:
    assert normalise(text) == words


def test_a_post_in_capitals_reads_as_one_in_small_letters() -> None:
    assert normalise("@anna I AM SO PROUD OF YOU!!! 🎉") == "I am so proud of you!!! 🎉"
    assert normalise("SCHÖN, DASS DU DA BIST") == "Schön, dass du da bist"
    assert normalise("I am SO PROUD of you") == "I am SO PROUD of you"


def test_equal_emoji_count_once() -> None:
    assert normalise("fine 😂😂 😂 👩🏽‍🚀👩🏽‍🚀 🇩🇪🇩🇪 😭😂") == "fine 😂 👩🏽‍🚀 🇩🇪 😭😂"
    assert normalise("\u200b\u00ad ") == ""


def test_cost_grows_with_the_length_only() -> None:
    """Quadratic work on any of these would take minutes of processor time."""
    hostile = [
        *PARTS,
        "&",
        "<a ",
        "<",
        "@",
        "#",
        "😂\u200d",
        "😂",
        "1/3 ",
        "=",
        "<a x=",
        "&#38;",
        "a@",
    ]
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_CPU, (40, 40))\n"
        "from backend.text.normalise import normalise\n"
        "for unit in sys.argv[1:]: normalise((unit * 20_000)[:20_000])"
    )
    subprocess.run([sys.executable, "-c", code, *hostile], cwd=ROOT, check=True)
